"""A repeat gets the first answer, and nobody overwrites what they have not seen."""

from typing import Any

import pytest

from tests.unit.api.caller import Caller


@pytest.fixture
def patient(caller: Caller) -> int:
    return caller.make("/patients", name="Ann")


@pytest.fixture(scope="module")
def variable(caller: Caller) -> int:
    return caller.make("/variables", name="HbA1c")


def keyed(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


def test_a_repeat_with_the_same_key_gets_the_first_answer_and_does_nothing(caller: Caller) -> None:
    first = caller.post("/patients", json={"name": "A", "sex": "F"}, headers=keyed("k-1"))
    again = caller.post("/patients", body=b'{ "sex":"F", "name":"A" }', headers=keyed("k-1"))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    for name in ("location", "etag", "x-log-position"):
        assert again.headers[name] == first.headers[name]
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    version = caller.get(first.headers["location"]).json["data"]["version"]
    assert version == 1


def test_the_same_key_with_another_body_is_refused(caller: Caller) -> None:
    caller.post("/patients", json={"name": "A"}, headers=keyed("k-2"))
    answer = caller.post("/patients", json={"name": "B"}, headers=keyed("k-2"))
    assert answer.status_code == 422
    assert answer.json["type"] == "/problems/key-reused"


def test_the_same_key_elsewhere_is_another_request(
    caller: Caller, patient: int, variable: int
) -> None:
    body = {"value": "7"}
    other = caller.make("/patients", name="B")
    for number in (patient, other):
        path = f"/patients/{number}/variables/{variable}"
        answer = caller.put(path, json=body, headers=keyed("k-3"))
        assert "idempotency-replayed" not in answer.headers
        assert caller.put(path, json=body, headers=keyed("k-3")).headers["idempotency-replayed"]
        assert caller.get(f"/patients/{number}").json["data"]["version"] == 2


def test_a_refused_request_may_be_corrected_under_the_same_key(caller: Caller) -> None:
    assert caller.post("/patients", json={"nam": "A"}, headers=keyed("k-4")).status_code == 422
    assert caller.post("/patients", json={"name": "A"}, headers=keyed("k-4")).status_code == 201


def test_spelling_of_the_path_does_not_make_another_request(caller: Caller) -> None:
    first = caller.post("/date-variables", json={"name": "D"}, headers=keyed("k-5"))
    again = caller.post("/date_variables/create/", json={"name": "D"}, headers=keyed("k-5"))
    assert again.content == first.content


@pytest.mark.parametrize("key", ["x" * 256, "two words", "k\x7f", ""])
def test_a_key_that_is_not_1_to_255_visible_characters_is_a_400(caller: Caller, key: str) -> None:
    answer = caller.post("/patients", json={"name": "A"}, headers=keyed(key))
    assert answer.status_code == 400


def test_the_longest_key_is_taken(caller: Caller) -> None:
    for _ in range(2):
        answer = caller.post("/patients", json={"name": "A"}, headers=keyed("~" * 255))
    assert answer.headers["idempotency-replayed"] == "true"


def test_a_known_body_is_not_sent_again(caller: Caller, patient: int) -> None:
    path = f"/patients/{patient}"
    tag = caller.get(path).headers["etag"]
    for known in (tag, f'"v9.9", {tag}', f"W/{tag}", "*"):
        answer = caller.get(path, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == tag
    caller.put(path, json={"sex": "F"})
    assert caller.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_a_write_to_a_version_that_is_gone_is_a_412_and_changes_nothing(
    caller: Caller, patient: int, variable: int
) -> None:
    path = f"/patients/{patient}"
    seen = caller.get(path).headers["etag"]
    value = f"{path}/variables/{variable}"
    assert caller.put(value, json={"value": "7"}, headers={"If-Match": seen}).status_code == 200
    late = caller.put(value, json={"value": "8"}, headers={"If-Match": seen})
    assert late.status_code == 412
    assert late.json["detail"] == "The resource is at version 2."
    (shown,) = caller.get(path).json["data"]["variables"]
    assert shown["value"] == "7"


def test_the_tag_of_a_written_value_is_good_for_the_next_write(
    caller: Caller, patient: int, variable: int
) -> None:
    path, tag = f"/patients/{patient}/variables/{variable}", "*"
    for value in ("7", "8", "9"):
        answer = caller.put(path, json={"value": value}, headers={"If-Match": tag})
        assert answer.status_code == 200
        tag = answer.headers["etag"]
    assert caller.get(f"/patients/{patient}").headers["etag"] == tag


@pytest.mark.parametrize("tag", ['"x"', "", 'W/"v1.1"', "v1.1", '"v1.1", "v2.2"'])
def test_a_tag_that_is_not_ours_matches_nothing(caller: Caller, patient: int, tag: str) -> None:
    answer = caller.put(f"/patients/{patient}", json={"sex": "F"}, headers={"If-Match": tag})
    assert answer.status_code == 412


@pytest.mark.parametrize("path", ["/variables", "/date-variables", "/metrics", "/api-keys"])
def test_definitions_and_keys_have_tags_too(caller: Caller, path: str) -> None:
    bodies: dict[str, dict[str, Any]] = {
        "/metrics": {"name": "M", "calculation_formula": ["count(patients)"]},
        "/api-keys": {"name": "K", "scopes": ["patients:read"]},
    }
    number = caller.make(path, **bodies.get(path, {"name": "V"}))
    answer = caller.get(f"{path}/{number}")
    assert answer.headers["etag"].startswith('"v1.')
    known = {"If-None-Match": answer.headers["etag"]}
    assert caller.get(f"{path}/{number}", headers=known).status_code == 304


def test_head_is_get_without_a_body(caller: Caller, patient: int) -> None:
    for path in (f"/patients/{patient}", "/patients", "/cms-reports", "/docs", "/openapi.json"):
        get, head = caller.get(path), caller("HEAD", path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers.get("etag") == get.headers.get("etag")
        assert head.headers["content-type"] == get.headers["content-type"]


def test_options_names_the_methods(caller: Caller, patient: int) -> None:
    answer = caller("OPTIONS", f"/patients/{patient}")
    assert answer.status_code == 200
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "PUT"}
