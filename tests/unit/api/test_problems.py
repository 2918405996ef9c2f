"""Every error is a problem document, and none tells what happened inside."""

import json
from typing import Any

import pytest
from falcon.testing import TestClient

from api.app import App
from api.problems import BY_SLUG, PROBLEMS
from domain import errors
from domain.errors import AttestorError
from tests.unit.api.caller import Caller

FIELDS = {"type", "title", "status", "detail", "instance", "request_id", "errors"}


def subclasses(cls: type[AttestorError]) -> set[type[AttestorError]]:
    direct = {c for c in cls.__subclasses__() if c.__module__ == errors.__name__}
    return direct.union(*map(subclasses, direct))


def test_every_refusal_of_the_domain_has_a_status_and_a_name() -> None:
    assert set(PROBLEMS) == subclasses(AttestorError)


def test_no_two_refusals_have_the_same_name() -> None:
    slugs = [problem.slug for problem in PROBLEMS.values()]
    assert len(slugs) == len(set(slugs))


@pytest.mark.parametrize("slug", sorted(BY_SLUG))
def test_the_type_of_a_problem_can_be_looked_up(anyone: TestClient, slug: str) -> None:
    answer = anyone.simulate_get(f"/problems/{slug}")
    assert answer.status_code == 200
    assert answer.json["data"]["status"] == BY_SLUG[slug].status


@pytest.mark.parametrize("accept", ["*/*", "text/html", "application/xml", "image/png"])
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/patients/999999999", 404),
        ("PATCH", "/patients", 405),
        ("GET", "/patients?limit=x", 400),
        ("POST", "/patients", 400),
    ],
)
def test_an_error_is_problem_json_whatever_the_client_accepts(
    caller: Caller, method: str, path: str, status: int, accept: str
) -> None:
    answer = caller(method, path, headers={"Accept": accept})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json
    assert set(problem) == FIELDS
    assert problem["status"] == status
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert problem["type"].startswith("/problems/")


def test_a_wrong_method_is_told_the_right_ones(caller: Caller) -> None:
    allowed = caller("DELETE", "/patients").headers["allow"]
    assert {"GET", "HEAD", "POST"} <= set(allowed.split(", "))
    assert "PUT" not in allowed


def test_a_media_type_that_is_not_json_is_415(caller: Caller) -> None:
    answer = caller.post("/patients", body=b"<a/>", headers={"Content-Type": "text/xml"})
    assert answer.status_code == 415


@pytest.mark.parametrize(
    "media_type", [None, "application/json", "application/json; charset=utf-8", "text/json",
                   "application/merge-patch+json"]
)  # fmt: skip
def test_json_is_read_under_all_its_names_and_without_any(
    caller: Caller, media_type: str | None
) -> None:
    headers = {"Content-Type": media_type} if media_type else {}
    answer = caller.post("/patients", body=b'{"name": "Ann"}', headers=headers)
    assert answer.status_code == 201


class Broken:
    """A resource that fails in a way nobody foresaw."""

    def on_get(self, req: Any, resp: Any) -> None:
        raise ValueError("Ann Example, born 1950-02-03")


def test_a_surprise_shows_the_request_id_and_nothing_else(
    app: App, anyone: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    app.add_route("/broken", Broken())
    answer = anyone.simulate_get("/broken", headers={"X-Request-ID": "find-me"})
    assert answer.status_code == 500
    assert answer.json["request_id"] == "find-me"
    assert "Ann" not in answer.text
    assert "ValueError" not in answer.text
    (record,) = [r for r in caplog.records if r.name == "attestor.error"]
    assert record.request_id == "find-me"  # type: ignore[attr-defined]
    assert "Ann" not in record.getMessage()


def test_a_refusal_names_the_field_and_the_rule(caller: Caller) -> None:
    answer = caller.post("/patients", json={"name": "Ann", "dob": "1950-02-30", "sax": "F"})
    assert answer.status_code == 422
    assert {fault["pointer"] for fault in answer.json["errors"]} == {"#/dob", "#/sax"}


def test_a_broken_rule_inside_an_object_has_its_whole_pointer(caller: Caller) -> None:
    patient, variable = caller.make("/patients", name="A"), caller.make("/variables", name="V")
    box = {"x1": 5, "y1": 1, "x2": 4, "y2": 2}
    answer = caller.put(
        f"/patients/{patient}/variables/{variable}", json={"value": "1", "highlight": box}
    )
    assert [fault["pointer"] for fault in answer.json["errors"]] == ["#/highlight/x2"]


def test_a_problem_is_json_even_where_the_path_is_not_text(anyone: TestClient) -> None:
    answer = anyone.simulate_get("/patients/%ff%00")
    assert answer.status_code == 404
    assert json.loads(answer.content)["status"] == 404
