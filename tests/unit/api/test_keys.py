"""API keys are shown once, rotate with an overlap, and know how much they are used."""

from typing import Any

import pytest

from service.bootstrap import Services
from tests.unit.api.caller import Caller


def issue(caller: Caller, **body: Any) -> dict[str, Any]:
    sent = {"name": "K", "scopes": ["patients:read"], **body}
    made = caller.post("/api-keys", json=sent)
    assert made.status_code == 201, made.text
    return dict(made.json["data"])


def test_a_key_is_shown_once_and_never_again(caller: Caller) -> None:
    made = issue(caller)
    secret = made.pop("api_key")
    assert secret.startswith("attestor_live_")
    for path in (f"/api-keys/{made['id']}", "/api-keys"):
        answer = caller.get(path)
        assert secret not in answer.text
        assert secret[20:-6] not in answer.text
    assert caller.get(f"/api-keys/{made['id']}").json["data"] == made
    assert (made["prefix"], made["last4"]) == (secret[:18], secret[-4:])


def test_no_table_holds_a_key_that_could_be_used(caller: Caller, services: Services) -> None:
    headers = {"Idempotency-Key": "k-1"}
    body = {"name": "K", "scopes": ["patients:read"]}
    secret = caller.post("/api-keys", json=body, headers=headers).json["data"]["api_key"]
    tables = services.database.rows(
        "SELECT table_schema || '.' || table_name FROM information_schema.tables"
        " WHERE table_schema LIKE 'attestor%'"
    )
    assert len(tables) > 10
    for (table,) in tables:
        rows = services.database.rows(f"SELECT t::text FROM {table} t")  # noqa: S608
        for (row,) in rows:
            assert secret not in row
            assert secret.encode().hex() not in row


@pytest.mark.parametrize(
    "body",
    [
        {"scopes": ["patients:read"]},
        {"name": "K"},
        {"name": "K", "scopes": []},
        {"name": "K", "scopes": ["everything"]},
        {"name": "K", "scopes": "patients:read"},
        {"name": "K", "scopes": ["patients:read"], "expires_at": "2000-01-01T00:00:00Z"},
        {"name": "K", "scopes": ["patients:read"], "expires_at": "soon"},
    ],
)
def test_a_key_that_breaks_a_rule_is_a_422(caller: Caller, body: dict[str, Any]) -> None:
    assert caller.post("/api-keys", json=body).status_code == 422


def test_a_rotated_key_ends_and_the_new_one_has_its_scopes(caller: Caller) -> None:
    old = issue(caller, scopes=["patients:read", "audit:read"])
    rotated = caller.post(f"/api-keys/{old['id']}/rotate")
    assert rotated.status_code == 201
    assert rotated.json["data"]["scopes"] == ["audit:read", "patients:read"]
    ended = Caller(caller.client, caller.account_id, old["api_key"])
    fresh = Caller(caller.client, caller.account_id, rotated.json["data"]["api_key"])
    assert (ended.get("/patients").status_code, fresh.get("/patients").status_code) == (401, 200)


def test_with_an_overlap_both_keys_work(caller: Caller) -> None:
    old = issue(caller)
    caller.post(f"/api-keys/{old['id']}/rotate", json={"overlap_hours": 1})
    assert Caller(caller.client, 0, old["api_key"]).get("/patients").status_code == 200


@pytest.mark.parametrize("hours", [-1, 721, "1", 1.5])
def test_an_overlap_is_at_most_30_days(caller: Caller, hours: Any) -> None:
    old = issue(caller)
    answer = caller.post(f"/api-keys/{old['id']}/rotate", json={"overlap_hours": hours})
    assert answer.status_code == 422


def test_a_key_cannot_revoke_itself(caller: Caller) -> None:
    own = min(key["id"] for key in caller.get("/api-keys").json["data"])
    assert caller("DELETE", f"/api-keys/{own}").status_code == 409
    assert caller.get("/patients").status_code == 200


def test_usage_is_counted_by_route_and_status(caller: Caller, services: Services) -> None:
    made = issue(caller)
    key = Caller(caller.client, caller.account_id, made["api_key"])
    for path in ("/patients/999999?envelope=false", "/patients/999998", "/variables"):
        key.get(path)
    services.usage.flush()
    calls = caller.get(f"/api-keys/{made['id']}/usage?days=1").json["data"]["calls"]
    assert {(call["endpoint"], call["status"]): call["calls"] for call in calls} == {
        ("GET /patients/{patient_id}", 404): 2,
        ("GET /variables", 403): 1,
    }
