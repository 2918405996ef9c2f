"""An account says who submits to CMS for it."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.api.caller import Caller

# 1234567893 is the sample NPI of the CMS check digit rule; its check digit is 3.
INDIVIDUAL = {"entity_type": "individual", "tin": "123456789", "npi": "1234567893"}


def test_an_account_shows_null_until_somebody_says_who_submits(
    new_caller: Callable[[str], Caller],
) -> None:
    caller = new_caller("Harbor Clinic")
    before = caller.get("/account").json["data"]
    assert before == {
        "id": caller.account_id,
        "name": "Harbor Clinic",
        "zone": "UTC",
        "submitter": None,
        "version": 1,
    }
    changed = caller.put("/account", json={"submitter": INDIVIDUAL})
    assert changed.status_code == 200
    assert changed.json["data"]["submitter"] == {
        **INDIVIDUAL,
        "entity_id": None,
        "cehrt_id": None,
        "program": "mips",
        "name": "Harbor Clinic",
    }
    assert caller.get("/account").json["data"] == changed.json["data"]


def test_a_submitter_is_replaced_as_a_whole(caller: Caller) -> None:
    caller.put("/account", json={"submitter": INDIVIDUAL})
    group = {"entity_type": "group", "tin": "123456789", "name": "Harbor Group"}
    shown = caller.put("/account", json={"submitter": group}).json["data"]["submitter"]
    assert (shown["entity_type"], shown["npi"]) == ("group", None)
    assert shown["name"] == "Harbor Group"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"npi": "1234567890"}, "#/submitter/npi"),
        ({"npi": None}, "#/submitter/npi"),
        ({"tin": "12-3456789"}, "#/submitter/tin"),
        ({"tin": None}, "#/submitter/tin"),
        ({"cehrt_id": "0014E00000000AB"}, "#/submitter/cehrt_id"),
        ({"entity_type": "hospital"}, "#/submitter/entity_type"),
        ({"entity_type": "apm"}, "#/submitter/entity_id"),
        ({"entity_type": "group"}, "#/submitter/npi"),
        ({"performance_year": 2025}, "#/submitter/performance_year"),
    ],
)
def test_a_submitter_that_cms_could_not_know_is_a_422_at_the_field(
    caller: Caller, changes: dict[str, Any], pointer: str
) -> None:
    answer = caller.put("/account", json={"submitter": {**INDIVIDUAL, **changes}})
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json["errors"]] == [pointer]


def test_an_account_is_not_changed_over_a_version_that_was_not_seen(caller: Caller) -> None:
    tag = caller.get("/account").headers["etag"]
    assert caller.get("/account", headers={"If-None-Match": tag}).status_code == 304
    body = {"submitter": {**INDIVIDUAL, "program": "app1"}}
    first = caller.put("/account", json=body, headers={"If-Match": tag})
    assert first.status_code == 200
    body = {"submitter": INDIVIDUAL}
    assert caller.put("/account", json=body, headers={"If-Match": tag}).status_code == 412
