"""Nothing of one account shows in another's, and no key does more than it may.

The requests are made from /openapi.json, so that a new route is tried the day it appears.
"""

import json
import socket
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg import sql

from domain.account import ALL_SCOPES
from service.context import Context, Principal
from service.keys import Keys, make_secret
from tests.reliability.cluster import Cluster
from tests.reliability.http_client import Answer, Client
from tests.reliability.tenants import Operation, Tenant, operations_of
from tests.reliability.waiting import wait_until

REVOKED_WITHIN_SECONDS = 1.0
MASS_ASSIGNED = ("account_id", "tenant_id", "actor", "recorded_at", "version", "position", "id")
PARTS_OF_A_CHART = {"observation_id", "position"}


@pytest.fixture(scope="module")
def ours(cluster: Cluster) -> Tenant:
    return Tenant.populate(cluster.open_account("Ours"), "Alba", "1942-02-03")


@pytest.fixture(scope="module")
def theirs(cluster: Cluster) -> Tenant:
    return Tenant.populate(cluster.open_account("Zzyzx account"), "Zzyzx", "1931-07-13")


@pytest.fixture(scope="module")
def operations(ours: Tenant) -> list[Operation]:
    return operations_of(ours)


def shows(answer: Answer, canaries: Iterable[str]) -> bool:
    """Whether body or headers hold something that is not ours."""
    told = answer.body + repr(sorted(answer.headers.items())).encode()
    return any(canary.encode() in told for canary in canaries)


def issue(cluster: Cluster, tenant: Tenant, *scopes: str) -> Client:
    """A client of the account with a new key of these scopes."""
    made = tenant.client.make("/api-keys", {"name": "Limited", "scopes": list(scopes)})
    return Client(cluster.port, made["api_key"])


def test_every_route_refuses_ids_of_another_account_and_shows_nothing_of_it(
    ours: Tenant, theirs: Tenant, operations: list[Operation]
) -> None:
    wrong = []
    for operation in operations:
        for ids in operation.mixtures(ours, theirs):
            answer = operation.send(ours.client, ids)
            if answer.status != refusal(ours, ids) or shows(answer, theirs.canaries):
                wrong.append((operation.name, ids, answer.status, answer.body))
    assert wrong == []


def refusal(ours: Tenant, ids: Mapping[str, int | str]) -> int:
    """404, as for ids that nothing has, where only a part of our own chart is not ours."""
    foreign = {kind for kind, value in ids.items() if value != ours.ids[kind]}
    is_in_our_chart = ids.get("patient_id") == ours.ids["patient_id"]
    return 404 if is_in_our_chart and foreign <= PARTS_OF_A_CHART else 403


def test_no_moment_of_the_past_is_open_to_another_account(
    ours: Tenant, theirs: Tenant, operations: list[Operation]
) -> None:
    instant = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    wrong, tried = [], 0
    for operation in (past for each in operations for past in each.past(instant)):
        for ids in [*operation.mixtures(ours, theirs)] or [{}]:
            answer = operation.send(ours.client, ids)
            if answer.status != (403 if ids else 200) or shows(answer, theirs.canaries):
                wrong.append((operation.name, operation.query, ids, answer.status, answer.body))
            tried += 1
    assert wrong == []
    assert tried > 15


def test_every_route_answers_404_for_ids_that_nothing_has(
    ours: Tenant, operations: list[Operation]
) -> None:
    answers = {
        operation.name: operation.send(ours.client, operation.unknown()).status
        for operation in operations
        if operation.fields
    }
    assert answers == dict.fromkeys(answers, 404)


def test_no_list_shows_anything_of_another_account(
    ours: Tenant, theirs: Tenant, operations: list[Operation]
) -> None:
    lists = [each for each in operations if each.method == "GET" and not each.fields]
    answers = {each.name: each.send(ours.client, {}) for each in lists}
    assert {name: a.status for name, a in answers.items()} == dict.fromkeys(answers, 200)
    assert [name for name, a in answers.items() if shows(a, theirs.canaries)] == []


@pytest.mark.parametrize(
    "query",
    ["/patients?q=Zzyzx", "/patients?name=Zzyzx%20patient", "/patients?external_id=Zzyzx-mrn",
     "/patients?dob=1931-07-13&sex=Zzyzx%20sex"],
)  # fmt: skip
def test_no_filter_finds_anything_of_another_account(
    ours: Tenant, theirs: Tenant, query: str
) -> None:
    assert theirs.client.call("GET", query).headers["x-total-count"] in ("1", "2")
    answer = ours.client.call("GET", query)
    assert (answer.status, answer.headers["x-total-count"], answer.data) == (200, "0", [])


def test_ids_of_another_account_in_bodies_and_queries_are_refused(
    ours: Tenant, theirs: Tenant
) -> None:
    patient = f"/patients/{ours.ids['patient_id']}"
    value, number = f"{patient}/variables/{ours.ids['variable_id']}", theirs.ids["variable_id"]
    document, metric = theirs.ids["document_id"], theirs.ids["metric_id"]
    report = theirs.ids["report_id"]
    formula = {"name": "x", "calculation_formula": ["count(patients)"]}
    answers = [
        ours.client.call("PUT", value, {"value": "1", "document_id": document}),
        ours.client.call("PUT", value, {"value": "1", "supersedes": theirs.ids["observation_id"]}),
        ours.client.call("POST", f"{value}/scrape", {"document_id": document}),
        ours.client.call("POST", f"{patient}/observations", {"variable_id": number, "value": "1"}),
        ours.client.call("POST", "/metrics", {**formula, "filter_variable_id": number}),
        ours.client.call("GET", f"/cms-reports/{ours.ids['report_id']}/diff?against={report}"),
    ]
    assert [a.status for a in answers if not 400 <= a.status < 500] == []
    shown = [
        *answers,
        ours.client.call("GET", f"{patient}/observations?variable_id={number}"),
        ours.client.call("GET", f"/cms-reports?metric_id={metric}"),
    ]
    assert [a.body for a in shown if a.status >= 500 or shows(a, theirs.canaries)] == []


def test_an_idempotency_key_of_another_account_gives_nothing_away(
    ours: Tenant, theirs: Tenant
) -> None:
    body, headers = {"name": "Same request"}, {"Idempotency-Key": "the-same-key"}
    first = theirs.client.call("POST", "/patients", body, headers)
    second = ours.client.call("POST", "/patients", body, headers)
    assert (first.status, second.status) == (201, 201)
    assert first.data["id"] != second.data["id"]


def test_without_a_good_key_every_route_answers_401_before_it_reads_the_body(
    cluster: Cluster, theirs: Tenant, operations: list[Operation]
) -> None:
    bad_keys = {
        "none": None,
        "malformed": "attestor_live_nonsense",
        "unknown": make_secret(),
        "expired": expired_key(cluster, theirs),
        "revoked": revoked_key(cluster, theirs),
    }
    answers = {
        (operation.name, kind): operation.send(
            Client(cluster.port, key), theirs.ids, b"\xff{", **{"Content-Type": "a/b"}
        ).status
        for operation in operations
        for kind, key in bad_keys.items()
    }
    assert answers == dict.fromkeys(answers, 401)


def expired_key(cluster: Cluster, tenant: Tenant) -> str:
    """A key of the account that ended yesterday."""
    now = datetime.now(UTC)
    with cluster.services() as services:
        row = services.database.row(
            "SELECT account_id FROM api_keys WHERE id = %s", (tenant.ids["key_id"],)
        )
        assert row is not None
        context = Context(Principal(row[0], "UTC", frozenset(ALL_SCOPES)), "expired-key")
        keys = Keys(services.application, lambda: now - timedelta(days=2))
        made = keys.issue(context, "Expired", ALL_SCOPES, now - timedelta(days=1))
    return made.secret


def revoked_key(cluster: Cluster, tenant: Tenant) -> str:
    """A key that was revoked before it was used."""
    made = tenant.client.make("/api-keys", {"name": "Revoked", "scopes": list(ALL_SCOPES)})
    assert tenant.client.call("DELETE", f"/api-keys/{made['id']}").status == 200
    return str(made["api_key"])


def test_every_route_refuses_a_key_that_lacks_its_scope_and_no_other(
    cluster: Cluster, ours: Tenant, operations: list[Operation]
) -> None:
    lacking = {s: issue(cluster, ours, *({*ALL_SCOPES} - {s})) for s in ALL_SCOPES}
    having = {s: issue(cluster, ours, s) for s in ALL_SCOPES}
    wrong = []
    for operation in operations:
        assert operation.scope is not None
        # Nothing has these ids and no body is this, so that nothing is changed.
        refused = operation.send(lacking[operation.scope], operation.unknown(), b"\xff{")
        admitted = operation.send(having[operation.scope], operation.unknown(), b"\xff{")
        if refused.status != 403 or admitted.status in (401, 403):
            wrong.append((operation.name, refused.status, admitted.status))
    assert wrong == []


def test_no_field_of_ours_can_be_assigned(ours: Tenant, operations: list[Operation]) -> None:
    wrong = []
    for operation in operations:
        if operation.content_type != "application/json":
            continue
        for name in MASS_ASSIGNED:
            answer = operation.send(ours.client, ours.ids, {**operation.body, name: 1})
            pointers = [fault["pointer"] for fault in json.loads(answer.body).get("errors", ())]
            if answer.status != 422 or f"#/{name}" not in pointers:
                wrong.append((operation.name, name, answer.status, pointers))
    assert wrong == []


def test_a_revoked_key_is_refused_by_every_worker_within_a_second(
    cluster: Cluster, ours: Tenant
) -> None:
    made = ours.client.make("/api-keys", {"name": "Ending", "scopes": ["patients:read"]})
    holder = Client(cluster.port, made["api_key"])
    assert asked_of_each_worker(cluster, holder) == [200, 200]

    assert ours.client.call("DELETE", f"/api-keys/{made['id']}").status == 200
    revoked_at = time.monotonic()
    wait_until(lambda: time.monotonic() > revoked_at + REVOKED_WITHIN_SECONDS, "a second is over")

    assert asked_of_each_worker(cluster, holder) == [401, 401]


def asked_of_each_worker(cluster: Cluster, client: Client) -> list[int]:
    """What each worker answers while the others are stopped."""
    answers, workers = [], cluster.api_workers()
    for worker in workers:
        others = [each for each in workers if each != worker]
        for other in others:
            other.suspend()
        answers.append(client.call("GET", "/patients").status)
        for other in others:
            other.resume()
    return answers


def test_no_table_holds_a_usable_key(cluster: Cluster, ours: Tenant) -> None:
    assert ours.client.key is not None
    secret = ours.client.key
    with cluster.connect() as connection:
        tables = connection.execute(
            "SELECT table_schema, table_name FROM information_schema.tables"
            " WHERE table_schema IN ('attestor', 'attestor_keys')"
        ).fetchall()
        holding = [table for table in tables if holds(connection, table, secret)]
    assert len(tables) > 10
    assert holding == []


def holds(
    connection: "psycopg.Connection[tuple[str, ...]]", table: tuple[str, ...], secret: str
) -> bool:
    """Whether a row contains a text, as it is or as bytes."""
    query = sql.SQL("SELECT FROM {} AS t WHERE t::text LIKE %s OR t::text LIKE %s LIMIT 1")
    found = connection.execute(
        query.format(sql.Identifier(*table)), (f"%{secret}%", f"%{secret.encode().hex()}%")
    ).fetchone()
    return found is not None


def test_neither_logs_nor_metrics_hold_anything_of_a_patient(
    cluster: Cluster, theirs: Tenant
) -> None:
    for request in broken_requests(theirs):
        with socket.create_connection(("127.0.0.1", cluster.port), timeout=60) as connection:
            connection.sendall(request)
            connection.recv(1 << 16)
    told = {
        "service": cluster.log.read_text(),
        "database": (cluster.data_dir / "postgres" / "server.log").read_text(),
        "metrics": Client(cluster.port).call("GET", "/-/metrics").body.decode(),
    }
    assert '"status": 422' in told["service"]
    assert {
        (place, canary) for place, text in told.items() for canary in theirs.canaries
        if canary in text
    } == set()  # fmt: skip


def broken_requests(tenant: Tenant) -> list[bytes]:
    """Requests with a canary wherever one fits that the service will refuse, and may log."""
    end = f"Host: localhost\r\nConnection: close\r\nX-API-Key: {tenant.client.key}\r\n"
    json_end = end + "Content-Type: application/json\r\n"
    bad = '{"name": "Zzyzx", "dob": "Zzyzx", "Zzyzx": 1}'
    return [
        request.encode()
        for request in (
            f"GET /patients/Zzyzx HTTP/1.1\r\n{end}\r\n",
            f"GET /patients?q=Zzyzx&Zzyzx=1 HTTP/1.1\r\n{end}\r\n",
            f"GET /patients?q=Zzyzx patient HTTP/1.1\r\n{end}\r\n",
            f"GET /patients HTTP/1.Zzyzx\r\n{end}\r\n",
            f"ZZyzx Zzyzx HTTP/1.1\r\n{end}\r\n",
            f"GET /patients HTTP/1.1\r\nZzyzx patient: Zzyzx\r\n{end}\r\n",
            f"GET /patients HTTP/1.1\r\nX-Name: a\0Zzyzx\r\n{end}\r\n",
            f"GET /patients HTTP/1.1\r\nContent-Length: Zzyzx\r\n{end}\r\n",
            f"GET /patients HTTP/1.1\r\nExpect: Zzyzx\r\n{end}\r\n",
            f"POST /patients HTTP/1.1\r\nTransfer-Encoding: Zzyzx\r\n{end}\r\n",
            f"POST /patients HTTP/1.1\r\n{json_end}Content-Length: {len(bad)}\r\n\r\n{bad}",
            f"POST /patients HTTP/1.1\r\n{json_end}Transfer-Encoding: chunked\r\n\r\nZzyzx\r\n",
        )
    ]
