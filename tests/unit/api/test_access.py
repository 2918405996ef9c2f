"""Nothing is reachable without a key, outside its scopes, or in another account."""

from collections.abc import Callable
from typing import Any

import pytest
from falcon.testing import TestClient

from api.operation import FIELD, Operation
from api.operations import OPERATIONS
from domain.account import ALL_SCOPES, Scope
from service.bootstrap import Services
from service.keys import make_secret
from tests.unit.api.caller import Caller

GUARDED = [operation for operation in OPERATIONS if operation.scope is not None]
DOCUMENT = "pdf_000000000000000000000000"

SCOPES = {
    Scope.PATIENTS_READ: {"list_patients", "get_patient", "list_documents", "list_observations",
                          "get_document", "get_document_file", "get_document_words",
                          "get_document_page", "list_metric_patients", "get_patient_report",
                          "list_patient_scrapes"},
    Scope.PATIENTS_WRITE: {"register_patient", "change_patient", "upload_document", "put_value",
                           "scrape_value", "put_date_value", "scrape_date_value",
                           "add_observation", "import_patients", "get_job", "scrape_patient",
                           "scrape_many", "review_value", "choose_candidate"},
    Scope.DEFINITIONS_READ: {"list_variables", "get_variable", "list_date_variables",
                             "get_date_variable", "list_metrics", "get_metric", "get_account"},
    Scope.DEFINITIONS_WRITE: {"define_variable", "change_variable", "define_date_variable",
                              "change_date_variable", "define_metric", "change_metric"},
    Scope.REPORTS_READ: {"get_cms_reports", "list_frozen_reports", "get_frozen_report",
                         "verify_report", "compare_reports"},
    Scope.REPORTS_WRITE: {"freeze_report", "attest_report", "submit_report", "restate_report"},
    Scope.AUDIT_READ: {"list_accesses", "get_patient_history", "get_variable_history",
                       "get_date_variable_history", "get_metric_history", "get_report_history",
                       "get_api_key_history", "list_events", "get_event", "get_report_bundle",
                       "draw_sample", "compare_abstraction", "prove_event", "get_checkpoint",
                       "list_checkpoints", "list_log_keys", "get_tile", "prove_consistency"},
    Scope.KEYS_ADMIN: {"list_api_keys", "issue_api_key", "get_api_key", "revoke_api_key",
                       "rotate_api_key", "get_api_key_usage", "change_account"},
}  # fmt: skip


def path_of(operation: Operation, ids: dict[str, Any] | None = None) -> str:
    """The path with ids filled in; unknown ones where none are given."""
    known = {"document_id": DOCUMENT, **(ids or {})}
    return FIELD.sub(lambda field: str(known.get(field[1], 999_999_999)), operation.path)


@pytest.mark.parametrize("operation", GUARDED, ids=lambda operation: operation.id)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-API-Key": ""},
        {"X-API-Key": "attestor_live_x"},
        {"X-API-Key": make_secret()},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "Bearer"},
        {"Authorization": f"Bearer {make_secret()}"},
    ],
    ids=["none", "empty", "malformed", "unknown", "basic", "no-token", "unknown-bearer"],
)
def test_without_a_valid_key_nothing_is_read_not_even_the_body(
    anyone: TestClient, operation: Operation, headers: dict[str, str]
) -> None:
    answer = anyone.simulate_request(
        operation.method, path_of(operation), headers=headers, body=b"{broken"
    )
    assert answer.status_code == 401
    assert "www-authenticate" in answer.headers
    assert answer.json["title"] == "A valid key is needed"


def test_the_key_may_come_as_a_bearer_token(caller: Caller, anyone: TestClient) -> None:
    for scheme in ("Bearer", "bearer", "ApiKey"):
        headers = {"Authorization": f"{scheme} {caller.key}"}
        assert anyone.simulate_get("/patients", headers=headers).status_code == 200


def test_the_matrix_names_every_guarded_operation() -> None:
    assert {operation.id for operation in GUARDED} == set().union(*SCOPES.values())


@pytest.mark.parametrize("scope", ALL_SCOPES)
def test_a_key_reaches_what_its_only_scope_allows_and_nothing_else(
    caller: Caller, scope: str
) -> None:
    made = caller.post("/api-keys", json={"name": scope, "scopes": [scope]}).json["data"]
    limited = Caller(caller.client, caller.account_id, made["api_key"])
    for operation in GUARDED:
        answer = limited(operation.method, path_of(operation), body=b"{broken")
        is_allowed = operation.id in SCOPES.get(Scope(scope), set())
        assert (answer.status_code != 403) == is_allowed, operation.id


@pytest.fixture(scope="module")
def theirs(new_caller: Callable[[str], Caller]) -> dict[str, Any]:
    """One resource of each kind in another account, with a text that must never be seen."""
    other = new_caller("Other clinic")
    patient = other.make("/patients", name="CANARY", external_id="CANARY")
    file = b"--b\r\nContent-Disposition: form-data; name=file; filename=CANARY.pdf\r\n\r\n%PDF-1.7"
    form = {"Content-Type": "multipart/form-data; boundary=b"}
    position = other.get(f"/patients/{patient}").json["meta"]["position"]
    upload = other.post(f"/patients/{patient}/pdf", body=file + b"\r\n--b--\r\n", headers=form)
    job = other.post("/imports", body=b'{"name": "CANARY"}', headers={"Content-Type": "text/csv"})
    return {
        "patient_id": patient,
        "variable_id": other.make("/variables", name="CANARY"),
        "date": other.make("/date-variables", name="CANARY"),
        "metric_id": other.make("/metrics", name="CANARY", calculation_formula=["count(patients)"]),
        "report_id": other.make("/cms-reports"),
        "document_id": upload.json["data"]["id"],
        "job_id": job.json["data"]["id"],
        "position": position,
        "key_id": other.get("/api-keys").json["data"][0]["id"],
    }


BODIES: dict[str, Any] = {
    "change_patient": {"name": "Mine now"},
    "put_value": {"value": "1"},
    "put_date_value": {"value": "2025-01-01"},
    "change_variable": {"name": "Mine now"},
    "change_date_variable": {"name": "Mine now"},
    "change_metric": {"name": "Mine now"},
    "attest_report": {"attested_by": "Me", "statement": "Mine now"},
    "restate_report": {"reason": "Mine now"},
    "review_value": {"decision": "accept"},
    "choose_candidate": {"variable_id": 1, "candidate": 0},
    "compare_abstraction": {"percent": 5, "seed": "s", "worksheet": "Mine now"},
}
# The tiles of the log are everybody's: hashes alone.
WITH_IDS = [each for each in GUARDED if FIELD.search(each.path) and each.id != "get_tile"]


@pytest.mark.parametrize("operation", WITH_IDS, ids=lambda operation: operation.id)
def test_another_accounts_resource_is_forbidden_and_shows_nothing(
    caller: Caller, theirs: dict[str, Any], operation: Operation
) -> None:
    ids = {**theirs, "variable_id": theirs["date" if "date" in operation.path else "variable_id"]}
    options: dict[str, Any] = {"json": BODIES.get(operation.id, {})}
    if operation.id == "upload_document":
        body = b"--b\r\nContent-Disposition: form-data; name=file; filename=a.pdf\r\n\r\n%PDF-1.7"
        options = {"body": body + b"\r\n--b--\r\n",
                   "headers": {"Content-Type": "multipart/form-data; boundary=b"}}  # fmt: skip
    if operation.id == "add_observation":
        options["json"] = {"variable_id": caller.make("/variables", name="Mine"), "value": "1"}
    if operation.id == "compare_reports":
        options = {"params": {"against": caller.make("/cms-reports")}}
    if operation.id == "draw_sample":
        options = {"params": {"percent": 5, "seed": "s"}}
    if operation.id == "list_metric_patients":
        options = {"params": {"population": "numerator"}}
    answer = caller(operation.method, path_of(operation, ids), **options)
    assert answer.status_code == 403, answer.text
    assert "CANARY" not in answer.text + str(answer.headers)


def test_lists_filters_and_reports_hold_nothing_of_another_account(
    caller: Caller, theirs: dict[str, Any]
) -> None:
    one_report = f"/cms-reports?metric_id={theirs['metric_id']}"
    past_report = f"{one_report}&as_of=2026-01-01T00:00:00Z"
    for path in ("/patients", "/patients?q=CANARY", "/variables", "/date-variables", "/metrics",
                 "/api-keys", "/cms-reports", one_report, past_report,
                 "/cms-reports?format=csv", "/cms-reports/frozen", "/account"):  # fmt: skip
        answer = caller.get(path)
        assert answer.status_code == 200
        assert "CANARY" not in answer.text, path


def test_a_report_cannot_be_compared_with_another_accounts(
    caller: Caller, theirs: dict[str, Any]
) -> None:
    mine = caller.make("/cms-reports")
    answer = caller.get(f"/cms-reports/{mine}/diff?against={theirs['report_id']}")
    assert answer.status_code == 403


def test_ids_of_another_account_inside_a_body_are_refused(
    caller: Caller, theirs: dict[str, Any]
) -> None:
    patient, variable = caller.make("/patients", name="A"), caller.make("/variables", name="V")
    bodies = [
        ("PUT", f"/patients/{patient}/variables/{theirs['variable_id']}", {"value": "1"}),
        ("PUT", f"/patients/{patient}/variables/{variable}",
         {"value": "1", "document_id": theirs["document_id"]}),
        ("POST", f"/patients/{patient}/observations",
         {"variable_id": theirs["variable_id"], "value": "1"}),
        ("POST", f"/patients/{patient}/variables/{variable}/scrape",
         {"document_id": theirs["document_id"]}),
        ("POST", "/cms-reports", {"metric_ids": [theirs["metric_id"]]}),
        ("POST", "/metrics", {"name": "M", "calculation_formula": ["count(patients)"],
                              "filter_variable_id": theirs["variable_id"]}),
        ("POST", "/metrics", {"name": "M", "calculation_formula":
                              [f"count(patients where variable({theirs['variable_id']}) > 1)"]}),
    ]  # fmt: skip
    for method, path, body in bodies:
        answer = caller(method, path, json=body)
        assert answer.status_code in (403, 422), (path, body, answer.text)
        assert "CANARY" not in answer.text


@pytest.mark.parametrize(
    "stolen", [{"account_id": 1}, {"user_id": 1}, {"id": 1}, {"version": 9}, {"position": "9"},
               {"recorded_at": "2020-01-01T00:00:00Z"}, {"actor": "key:1"},
               {"patient_values_count": 5}]
)  # fmt: skip
def test_what_only_the_service_decides_cannot_be_sent(
    caller: Caller, stolen: dict[str, Any]
) -> None:
    patient, variable = caller.make("/patients", name="A"), caller.make("/variables", name="V")
    for path, body in (
        (f"/patients/{patient}", {"name": "B"}),
        (f"/variables/{variable}", {"name": "B"}),
        (f"/patients/{patient}/variables/{variable}", {"value": "1"}),
    ):
        answer = caller.put(path, json={**body, **stolen})
        assert answer.status_code == 422
        assert [fault["detail"] for fault in answer.json["errors"]] == ["Unknown field"]


def test_a_revoked_key_and_an_expired_one_no_longer_work(
    caller: Caller, services: Services
) -> None:
    made = caller.post("/api-keys", json={"name": "Short", "scopes": ["patients:read"]}).json
    short = Caller(caller.client, caller.account_id, made["data"]["api_key"])
    revoked = caller("DELETE", f"/api-keys/{made['data']['id']}")
    assert revoked.json["data"]["revoked_at"] is not None
    assert short.get("/patients").status_code == 401


def test_a_key_cannot_give_away_a_scope_it_lacks(caller: Caller) -> None:
    admin = caller.post("/api-keys", json={"name": "Admin", "scopes": ["keys:admin"]}).json["data"]
    limited = Caller(caller.client, caller.account_id, admin["api_key"])
    answer = limited.post("/api-keys", json={"name": "More", "scopes": ["patients:read"]})
    assert answer.status_code == 403


def test_a_key_in_the_query_is_refused_and_not_used(caller: Caller, anyone: TestClient) -> None:
    answer = anyone.simulate_get("/patients", params={"api_key": caller.key})
    assert answer.status_code == 401
