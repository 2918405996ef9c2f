"""The operations table is the whole surface: routes, scopes, documentation and files agree."""

import hashlib
import json
from pathlib import Path

import falcon.inspect
import pytest
from openapi_spec_validator import validate

from api.app import App
from api.middleware import canonical_path
from api.openapi import specification
from api.operations import OPERATIONS

ROOT = Path(__file__).parents[3]
VENDORED = ROOT / "api" / "static" / "swagger-ui-5.35.0"

MISSION = """
GET /patients
GET /patients/{patient_id}
POST /patients/{patient_id}/pdf
GET /variables
POST /variables
PUT /variables/{variable_id}
PUT /patients/{patient_id}/variables/{variable_id}
POST /patients/{patient_id}/variables/{variable_id}/scrape
GET /date-variables
POST /date-variables
PUT /date-variables/{variable_id}
PUT /patients/{patient_id}/date-variables/{variable_id}
POST /patients/{patient_id}/date-variables/{variable_id}/scrape
GET /metrics
POST /metrics
PUT /metrics/{metric_id}
GET /metrics/{metric_id}
GET /cms-reports
"""

PUBLIC = {
    "/-/live", "/-/ready", "/-/version", "/-/metrics", "/openapi.json", "/docs", "/docs/{file}",
    "/problems/{slug}",
}  # fmt: skip


def test_every_route_of_the_application_is_an_operation_and_the_other_way_round(app: App) -> None:
    routes = {
        (route.path, method.method)
        for route in falcon.inspect.inspect_routes(app)
        for method in route.methods
        if not method.internal
    }
    table = {(operation.path, operation.method) for operation in OPERATIONS}
    heads = {(path, "HEAD") for path, method in table if method == "GET"}
    assert routes == table | heads


def test_openapi_describes_exactly_the_operations() -> None:
    described = json.loads(specification())
    paths = {(path, method.upper()) for path, item in described["paths"].items() for method in item}
    assert paths == {(operation.route, operation.method) for operation in OPERATIONS}


def test_the_documentation_ends_with_the_service_itself() -> None:
    tags = [tag["name"] for tag in json.loads(specification())["tags"]]
    assert tags == [
        "patients", "variables", "date-variables", "metrics", "cms-reports", "documents",
        "imports", "jobs", "account", "api-keys", "access-log", "events",
        "transparency", "operations",
    ]  # fmt: skip
    assert {operation.tag for operation in OPERATIONS} == set(tags)


def test_all_18_endpoints_of_the_mission_are_there() -> None:
    routes = {f"{operation.method} {operation.route}" for operation in OPERATIONS}
    wanted = MISSION.strip().splitlines()
    assert len(wanted) == 18
    assert set(wanted) <= routes


def test_only_operations_about_the_service_itself_need_no_key() -> None:
    assert {operation.route for operation in OPERATIONS if operation.scope is None} == PUBLIC


def test_operation_ids_are_unique() -> None:
    ids = [operation.id for operation in OPERATIONS]
    assert sorted(ids) == sorted(set(ids))


def test_the_description_is_valid_openapi_3_1() -> None:
    described = json.loads(specification())
    assert described["openapi"] == "3.1.0"
    validate(described)


def test_the_committed_description_is_the_present_one() -> None:
    committed = (ROOT / "docs" / "openapi.json").read_bytes()
    assert committed == specification() + b"\n", "run `make openapi`"


def test_vendored_files_are_the_ones_in_the_lock() -> None:
    lock = (VENDORED / "vendor.lock").read_text().splitlines()
    locked = {line.split()[2]: line.split()[1] for line in lock if line.startswith("sha384")}
    found = {
        path.name: hashlib.sha384(path.read_bytes()).hexdigest()
        for path in VENDORED.iterdir()
        if path.name != "vendor.lock"
    }
    assert found == locked


@pytest.mark.parametrize(
    ("method", "given", "canonical"),
    [
        ("GET", "/date_variables", "/date-variables"),
        ("PUT", "/patients/1/date_variables/2", "/patients/1/date-variables/2"),
        ("GET", "/cms_reports", "/cms-reports"),
        ("GET", "/cms_reports/frozen", "/cms-reports/frozen"),
        ("POST", "/variables/create", "/variables"),
        ("POST", "/date_variables/create", "/date-variables"),
        ("GET", "/variables/create", "/variables/create"),
        ("GET", "/documents/pdf_api_keys", "/documents/pdf_api_keys"),
    ],
)
def test_other_spellings_lead_to_the_same_path(method: str, given: str, canonical: str) -> None:
    assert canonical_path(method, given) == canonical
