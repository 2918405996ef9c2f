"""Whoever sees patient data is in the access log, and so is whoever was refused."""

import csv
import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

import orjson
import psycopg
import pytest
from falcon.testing import Result, TestClient
from marshmallow import Schema
from marshmallow.fields import Field, List, Nested

from api.app import create_app
from api.operation import Operation
from api.operations import OPERATIONS
from domain.errors import Unavailable
from projections.access_log import Access
from service.access_trail import AccessTrail
from service.bootstrap import Services, build
from service.keys import make_secret
from tests.unit.api.caller import Caller
from tests.unit.api.test_access import path_of

OF_PATIENTS = {
    "dob", "external_id", "patient_id", "patient_name", "filename", "observation_id", "pdf_page",
}  # fmt: skip
"""A field of an answer that is about one patient."""
NO_PATIENT_IN_THE_FILE = {"get_tile", "get_checkpoint"}
"""Hashes and signatures of the transparency log."""


@pytest.fixture
def clinic(new_caller: Callable[[str], Caller]) -> Caller:
    return new_caller("Clinic")


@pytest.fixture
def log(services: Services, clinic: Caller) -> Callable[..., list[dict[str, Any]]]:
    """What the clinic's access log says, newest first, up to this call."""

    def entries(**query: Any) -> list[dict[str, Any]]:
        services.access_trail.flush()
        answer = clinic.get("/access-log", params=query)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json["data"]
        return found

    return entries


def fields_of(shape: type[Schema]) -> Iterator[str]:
    for name, field in shape().fields.items():
        yield name
        inner: Field[Any] = field.inner if isinstance(field, List) else field
        if isinstance(inner, Nested):
            yield from fields_of(type(inner.schema))


def may_show_patients(operation: Operation) -> bool:
    """By what the operation itself says: ids in its path, fields of its answer, or a file."""
    if operation.scope is None:
        return False
    is_file = operation.answer is None or bool(operation.download_types)
    shown = set(fields_of(operation.answer)) if operation.answer else set()
    in_path = {"{patient_id", "{document_id", "{job_id"}
    return is_file or bool(shown & OF_PATIENTS) or any(name in operation.path for name in in_path)


def test_every_operation_that_could_show_a_patient_is_recorded() -> None:
    unrecorded = {o.id for o in OPERATIONS if may_show_patients(o) and not o.is_recorded}
    assert unrecorded == NO_PATIENT_IN_THE_FILE


def test_what_is_only_about_definitions_is_not_recorded() -> None:
    recorded = {operation.id for operation in OPERATIONS if operation.is_recorded}
    assert {"get_patient", "list_patients", "put_value", "list_accesses"} <= recorded
    assert recorded.isdisjoint({"list_variables", "get_metric", "list_api_keys", "live"})


def test_a_read_tells_who_what_when_from_where_and_the_outcome(
    services: Services, clinic: Caller, log: Callable[..., list[dict[str, Any]]]
) -> None:
    patient = clinic.make("/patients", name="Ann Oak")
    before = datetime.now(UTC)
    clinic.get(f"/patients/{patient}", headers={"X-Request-ID": "req-77"})
    (entry,) = log(operation="get_patient")
    key = clinic.get("/api-keys").json["data"][0]
    at = datetime.fromisoformat(entry.pop("at"))
    assert before <= at <= datetime.now(UTC)
    assert entry.pop("id") > 0
    assert entry == {
        "actor": f"key:{key['id']}", "name": key["name"], "operation": "get_patient",
        "status": 200, "outcome": "granted", "patient_id": patient, "shown": None, "filter": None,
        "client": "127.0.0.1", "request_id": "req-77", "times": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    "operation", [o for o in OPERATIONS if o.is_recorded], ids=lambda operation: operation.id
)
def test_each_operation_leaves_one_record_whatever_came_of_it(
    clinic: Caller, log: Callable[..., list[dict[str, Any]]], operation: Operation
) -> None:
    answer = clinic(operation.method, path_of(operation), headers={"X-Request-ID": "only-one"})
    found = [entry for entry in log() if entry["request_id"] == "only-one"]
    assert [(each["operation"], each["status"]) for each in found] == [
        (operation.id, answer.status_code)
    ]
    if "{patient_id" in operation.path:
        assert found[0]["patient_id"] == 999_999_999


def test_a_list_leaves_one_record_with_the_filter_and_the_count_but_no_name(
    clinic: Caller, log: Callable[..., list[dict[str, Any]]]
) -> None:
    for name in ("Ann Oak", "Ann Oak", "Bob Elm"):
        clinic.make("/patients", name=name)
    for query in ({"name": "Ann Oak"}, {"name": "Ann Oak", "limit": 1}, {"name": "Bob Elm"}, {}):
        clinic.get("/patients", params=query)
    unfiltered, bob, one, ann = log(operation="list_patients")
    assert [entry["shown"] for entry in (ann, one, bob, unfiltered)] == [2, 1, 1, 3]
    assert ann["filter"]["fields"] == ["name"]
    assert ann["filter"] == one["filter"] != bob["filter"]
    assert unfiltered["filter"] is None
    assert ann["patient_id"] is None
    assert "Oak" not in str(log())


def test_equal_searches_of_two_accounts_show_no_connection(
    services: Services, new_caller: Callable[[str], Caller]
) -> None:
    fingerprints = set()
    for name in ("North", "South"):
        caller = new_caller(name)
        caller.get("/patients", params={"name": "Ann Oak"})
        services.access_trail.flush()
        (entry,) = caller.get("/access-log").json["data"]
        fingerprints.add(entry["filter"]["fingerprint"])
    assert len(fingerprints) == 2


def test_a_document_names_its_patient_but_not_to_another_account(
    services: Services, clinic: Caller, log: Callable[..., list[dict[str, Any]]],
    new_caller: Callable[[str], Caller],
) -> None:  # fmt: skip
    patient = clinic.make("/patients", name="Ann")
    form = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
        b"%PDF-1.4\r\n--b--\r\n"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    uploaded = clinic.post(f"/patients/{patient}/pdf", body=form, headers=headers)
    path = f"/documents/{uploaded.json['data']['id']}"
    clinic.get(path)
    (entry,) = log(operation="get_document")
    assert entry["patient_id"] == patient

    stranger = new_caller("Stranger")
    assert stranger.get(path).status_code == 403
    services.access_trail.flush()
    (entry,) = stranger.get("/access-log").json["data"]
    assert (entry["status"], entry["patient_id"]) == (403, None)


def test_refusals_are_recorded_where_the_answer_would_have_no_patient(
    services: Services, clinic: Caller, log: Callable[..., list[dict[str, Any]]],
    new_caller: Callable[[str], Caller], anyone: TestClient,
) -> None:  # fmt: skip
    sent = {"name": "reports only", "scopes": ["reports:read"]}
    narrow = clinic.post("/api-keys", json=sent).json["data"]
    weak = Caller(anyone, clinic.account_id, narrow["api_key"])
    assert weak.get("/variables").status_code == 403
    assert weak.get("/patients/5").status_code == 403
    found = log(outcome="refused", key_id=narrow["id"])
    assert [(e["operation"], e["status"], e["patient_id"]) for e in found] == [
        ("get_patient", 403, 5), ("list_variables", 403, None)
    ]  # fmt: skip
    stranger = new_caller("Stranger")
    patient = clinic.make("/patients", name="Ann")
    assert stranger.get(f"/patients/{patient}").status_code == 403
    services.access_trail.flush()
    (entry,) = stranger.get("/access-log").json["data"]
    assert (entry["operation"], entry["status"]) == ("get_patient", 403)
    assert all(e["actor"] != entry["actor"] for e in log())


def test_failed_logins_are_recorded_without_the_key_and_counted_up(
    services: Services, database_url: str, anyone: TestClient
) -> None:
    secret = make_secret()
    for _ in range(50):
        anyone.simulate_get("/metrics", headers={"X-API-Key": secret, "X-Request-ID": "guess"})
    services.access_trail.flush()
    with psycopg.connect(database_url) as admin:
        rows = admin.execute(
            "SELECT account_id, actor, operation, status, times, a::text"
            " FROM attestor.access_log a WHERE request_id = 'guess'"
        ).fetchall()
    assert [row[:5] for row in rows] == [(None, None, "list_metrics", 401, 50)]
    assert secret not in rows[0][5]


def test_a_revoked_key_is_shown_to_its_account(
    clinic: Caller, anyone: TestClient, log: Callable[..., list[dict[str, Any]]]
) -> None:
    made = clinic.post("/api-keys", json={"name": "old", "scopes": ["patients:read"]}).json["data"]
    assert clinic("DELETE", f"/api-keys/{made['id']}").status_code == 200
    answer = anyone.simulate_get("/patients", headers={"X-API-Key": made["api_key"]})
    assert answer.status_code == 401
    (entry,) = log(outcome="refused")
    assert (entry["actor"], entry["name"], entry["status"]) == (f"key:{made['id']}", "old", 401)


def test_the_address_is_the_client_that_a_trusted_proxy_names_and_no_other(
    services: Services, database_url: str
) -> None:
    proxies = (ip_network("10.0.0.0/8"),)
    built = build(replace(services.settings, trusted_proxies=proxies))
    client = TestClient(create_app(built))
    account_id, key = built.keys.open_account("Proxied", "UTC", "test")
    for peer in ("10.1.1.1", "192.0.2.66"):
        headers = {"X-API-Key": key.secret, "X-Forwarded-For": "198.51.100.7"}
        client.simulate_get("/patients", headers=headers, remote_addr=peer)
    built.access_trail.flush()
    entries = Caller(client, account_id, key.secret).get("/access-log").json["data"]
    built.close()
    assert [entry["client"] for entry in entries] == ["192.0.2.66", "198.51.100.7"]


def test_reading_the_access_log_is_in_the_access_log(
    log: Callable[..., list[dict[str, Any]]],
) -> None:
    assert log() == []
    assert [entry["operation"] for entry in log()] == ["list_accesses"]


def test_each_filter_leaves_exactly_what_does_not_match_out(
    clinic: Caller, log: Callable[..., list[dict[str, Any]]]
) -> None:
    first, second = clinic.make("/patients", name="A"), clinic.make("/patients", name="B")
    clinic.get(f"/patients/{first}")
    (entry,) = log(patient_id=first)
    clinic.get(f"/patients/{second}")
    later = (datetime.fromisoformat(entry["at"]) + timedelta(microseconds=1)).isoformat()
    assert [e["patient_id"] for e in log(operation="get_patient")] == [second, first]
    assert [e["patient_id"] for e in log(operation="get_patient", **{"from": later})] == [second]
    assert [e["patient_id"] for e in log(operation="get_patient", to=later)] == [first]
    assert log(outcome="failed") == log(actor="user:1") == log(key_id=1) == []
    number = int(entry["actor"].removeprefix("key:"))
    assert log(key_id=number, actor="user:1") == []
    assert entry in log(key_id=number, actor=entry["actor"])
    clinic.get("/patients/999999999")
    (refused,) = log(outcome="refused")
    assert refused["status"] == 404


def test_the_pages_of_a_cursor_are_the_whole_log_once(
    clinic: Caller, log: Callable[..., list[dict[str, Any]]]
) -> None:
    for number in range(1, 8):
        clinic.get(f"/patients/{number}")
    whole = [entry["id"] for entry in log(operation="get_patient")]
    assert len(whole) == 7
    paged: list[int] = []
    query: dict[str, Any] = {"operation": "get_patient", "limit": 3}
    while True:
        answer = clinic.get("/access-log", params=query).json
        paged += [entry["id"] for entry in answer["data"]]
        if answer["pagination"]["next_cursor"] is None:
            break
        query["cursor"] = answer["pagination"]["next_cursor"]
    assert paged == whole == sorted(whole, reverse=True)


def export(clinic: Caller, written: str) -> Result:
    answer = clinic.get("/access-log", params={"format": written, "operation": "get_patient"})
    assert answer.headers["content-disposition"] == f'attachment; filename="access-log.{written}"'
    return answer


def test_both_exports_say_what_the_list_says(
    clinic: Caller, log: Callable[..., list[dict[str, Any]]]
) -> None:
    for number in range(1, 4):
        clinic.get(f"/patients/{number}", headers={"X-Request-ID": "=1+2"})
    listed = log(operation="get_patient")
    ndjson = export(clinic, "ndjson")
    assert [orjson.loads(line) for line in ndjson.content.splitlines()] == listed
    rows = list(csv.DictReader(io.StringIO(export(clinic, "csv").text)))
    assert [row["patient_id"] for row in rows] == ["3", "2", "1"]
    assert {row["request_id"] for row in rows} == {"'=1+2"}
    assert [row.keys() for row in rows] == [entry.keys() for entry in listed]
    page = clinic.get("/access-log", params={"format": "ndjson", "limit": 2, "offset": 1})
    assert len(page.content.splitlines()) == 2


def access(**changes: Any) -> Access:
    given = {"at": datetime.now(UTC), "operation": "get_patient", "status": 200,
             "client": "127.0.0.1", "request_id": "r", **changes}  # fmt: skip
    return Access(**given)


def test_while_the_log_cannot_be_written_nothing_more_is_shown(
    services: Services, database_url: str, clinic: Caller
) -> None:
    patient = clinic.make("/patients", name="Ann")
    services.access_trail.flush()
    with psycopg.connect(database_url) as other:
        other.execute("LOCK TABLE attestor.access_log IN ACCESS EXCLUSIVE MODE")
        full = AccessTrail(services.database, pending_max=3)
        for _ in range(3):
            full.record(access())
        with pytest.raises(Unavailable):
            full.require_room()
        with pytest.raises(Unavailable):
            full.flush()
        with pytest.raises(Unavailable):
            full.require_room()
    full.flush()
    full.require_room()
    assert clinic.get(f"/patients/{patient}").status_code == 200


def test_what_could_not_be_written_is_written_once_the_next_time(
    services: Services, database_url: str
) -> None:
    trail = AccessTrail(services.database)
    for number in range(4):
        trail.record(access(request_id=f"kept-{number}"))
        trail.record(access(request_id="kept-401", status=401))
    with psycopg.connect(database_url) as other:
        other.execute("LOCK TABLE attestor.access_log IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(Unavailable):
            trail.flush()
        trail.record(access(request_id="kept-401", status=401))
    trail.close()
    with psycopg.connect(database_url) as admin:
        rows = admin.execute(
            "SELECT request_id, times FROM attestor.access_log WHERE request_id LIKE 'kept-%'"
            " ORDER BY id"
        ).fetchall()
    assert rows == [*((f"kept-{number}", 1) for number in range(4)), ("kept-401", 5)]


def test_records_of_many_threads_and_processes_are_all_there_once_and_numbered_without_a_gap(
    services: Services,
) -> None:
    trails = [AccessTrail(services.database) for _ in range(2)]
    names = [f"many-{number}" for number in range(1200)]

    def keep(number: int) -> None:
        trails[number % 2].record(access(request_id=names[number]))
        if number % 100 == 0:
            trails[number % 2].flush()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(keep, range(len(names))))
    for trail in trails:
        trail.close()
    rows = services.database.rows(
        "SELECT id, request_id FROM access_log WHERE request_id LIKE 'many-%' ORDER BY id"
    )
    assert sorted(row[1] for row in rows) == sorted(names)
    ids = [row[0] for row in rows]
    assert ids == list(range(ids[0], ids[0] + len(names)))


def test_the_service_can_neither_change_nor_remove_a_record(
    services: Services, database_url: str
) -> None:
    services.access_trail.record(access())
    services.access_trail.flush()
    for statement in ("UPDATE access_log SET client = 'x'", "DELETE FROM access_log",
                      "TRUNCATE access_log"):  # fmt: skip
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            services.database.execute(statement)
        with (
            psycopg.connect(database_url, options="-c search_path=attestor") as admin,
            pytest.raises(psycopg.errors.InsufficientPrivilege, match="kept for at least six"),
        ):
            admin.execute(statement.encode())


@pytest.mark.parametrize(("years", "left"), [(6, ["new", "young"]), (7, ["new", "old", "young"])])
def test_only_what_is_older_than_the_setting_is_forgotten(
    services: Services, years: int, left: list[str]
) -> None:
    ages = {"young": 6 * 365, "old": 6 * 365 + 20, "ancient": 8 * 366}
    trail = AccessTrail(services.database)
    for name, days in ages.items():
        at = datetime.now(UTC) - timedelta(days=days)
        trail.record(access(at=at, request_id=f"{years}-{name}"))
    trail.record(access(request_id=f"{years}-new"))
    trail.flush()
    assert trail.forget(years) == 4 - len(left)
    rows = services.database.rows(
        "SELECT substr(request_id, 3) FROM access_log WHERE request_id LIKE %s", (f"{years}-%",)
    )
    assert sorted(row[0] for row in rows) == left
    services.database.execute("SELECT forget_access(6)")


def test_less_than_six_years_is_refused_even_where_the_function_is_called_directly(
    services: Services,
) -> None:
    trail = AccessTrail(services.database)
    trail.record(access(at=datetime.now(UTC) - timedelta(days=365 * 5), request_id="five"))
    trail.flush()
    assert trail.forget(1) == trail.forget(5) == 0
    assert services.database.rows("SELECT FROM access_log WHERE request_id = 'five'")
