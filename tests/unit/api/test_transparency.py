"""The transparency log over HTTP: what a client needs to check it all by himself."""

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from falcon.testing import TestClient

from api.app import create_app
from domain.transparency import checkpoint as checkpoints
from domain.transparency.merkle import verify_consistency, verify_inclusion
from domain.transparency.note import parse_key
from domain.transparency.tiles import parse
from service.bootstrap import Services, build
from service.sealer import Sealer, sealer_of
from service.settings import Settings
from service.signing import verify
from tests.unit.api.caller import Caller
from tests.unit.domain.transparency import reference

ORIGIN = "attestor.local/log"


@pytest.fixture(scope="module")
def sealer(services: Services) -> Sealer:
    return sealer_of(services)


@pytest.fixture(scope="module")
def first(caller: Caller, sealer: Sealer) -> int:
    """The size of the first checkpoint: over three patients of the caller, and what was before."""
    for number in range(3):
        caller.make("/patients", name=f"Patient {number}")
    made = sealer.seal_and_sign()
    assert made is not None
    return made.size


@pytest.fixture(scope="module")
def second(caller: Caller, sealer: Sealer, first: int) -> int:
    """The size of the second checkpoint, five patients later."""
    for number in range(5):
        caller.make("/patients", name=f"Later {number}")
    made = sealer.seal_and_sign()
    assert made is not None
    assert made.size >= first + 5
    return made.size


@pytest.fixture
def last(services: Services, second: int) -> int:
    """The size of the last checkpoint, whichever test signed it."""
    return services.transparency.checkpoint().size


def read_checkpoint(caller: Caller, note: str) -> checkpoints.Checkpoint:
    """A checkpoint as somebody reads it who got the keys over HTTP once."""
    keys = [parse_key(key["vkey"]) for key in data(caller, "/transparency/keys")]
    return checkpoints.verify(note, ORIGIN, keys, verify)


def data(caller: Caller, path: str, **options: Any) -> Any:
    answer = caller.get(path, **options)
    assert answer.status_code == 200, answer.text
    return answer.json["data"]


def octets(texts: list[str]) -> list[bytes]:
    return [base64.b64decode(text) for text in texts]


def test_before_the_first_checkpoint_clients_are_told_to_wait(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    services = build(Settings(database_url=new_database(), data_dir=tmp_path))
    account_id, key = services.keys.open_account("Early", "UTC", "test")
    early = Caller(TestClient(create_app(services)), account_id, key.secret)
    for path in (
        "/transparency/checkpoint", "/transparency/consistency?from=1", "/events/1/proof"
    ):  # fmt: skip
        answer = early.get(path)
        assert (answer.status_code, answer.json["type"]) == (503, "/problems/not-yet")
        assert answer.headers["retry-after"] == "1"
    services.close()


def test_the_checkpoint_is_a_signed_note_in_plain_text(caller: Caller, last: int) -> None:
    answer = caller.get("/transparency/checkpoint")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert read_checkpoint(caller, answer.text).size == last


def test_an_event_is_proven_with_nothing_but_what_the_client_got(
    caller: Caller, first: int, last: int
) -> None:
    for size, path in ((last, f"/events/{first}/proof"),
                       (first, f"/events/{first}/proof?size={first}")):  # fmt: skip
        proof = data(caller, path)
        trusted = read_checkpoint(caller, proof["checkpoint"]["note"])
        entry = base64.b64decode(proof["entry"])
        leaf = hashlib.sha256(b"\x00" + entry).digest()
        assert (proof["size"], proof["leaf_index"], trusted.size) == (size, first - 1, size)
        assert verify_inclusion(leaf, first - 1, size, octets(proof["hashes"]), trusted.root)


def test_an_event_is_proven_in_a_log_between_two_checkpoints(
    caller: Caller, first: int, second: int
) -> None:
    proof = data(caller, f"/events/{first}/proof?size={second - 1}")
    assert (proof["size"], proof["checkpoint"]) == (second - 1, None)


def test_the_log_is_proven_to_have_only_grown(caller: Caller, first: int, last: int) -> None:
    proof = data(caller, f"/transparency/consistency?from={first}")
    before, after = (
        read_checkpoint(caller, proof["checkpoints"][name]["note"]) for name in ("first", "second")
    )
    assert (before.size, after.size) == (first, last)
    assert verify_consistency(first, last, octets(proof["hashes"]), before.root, after.root)


def test_checkpoints_are_listed_from_the_last_to_the_first(
    caller: Caller, first: int, last: int
) -> None:
    page = caller.get("/transparency/checkpoints?limit=1").json
    assert [each["size"] for each in page["data"]] == [last]
    cursor = page["pagination"]["next_cursor"]
    *_, older = rest = data(caller, f"/transparency/checkpoints?cursor={cursor}")
    sizes = [each["size"] for each in rest]
    assert sizes == sorted(sizes, reverse=True)
    assert last > sizes[0] >= sizes[-1] == first
    assert read_checkpoint(caller, older["note"]).root == base64.b64decode(older["root"])


def test_the_tiles_give_the_root_of_each_checkpoint(
    caller: Caller, first: int, second: int
) -> None:
    for each in data(caller, "/transparency/checkpoints"):
        tile = caller.get(f"/transparency/tile/0/000.p/{each['size']}")
        leaves = [tile.content[at : at + 32] for at in range(0, len(tile.content), 32)]
        assert tile.headers["content-type"] == "application/octet-stream"
        assert reference.tree_root(leaves) == base64.b64decode(each["root"])


def test_a_tile_is_kept_for_ever_and_not_sent_twice(caller: Caller, first: int) -> None:
    path = f"/transparency/tile/{parse(f'0/000.p/{first}').path}"
    tile = caller.get(path)
    assert tile.headers["cache-control"] == "private, max-age=31536000, immutable"
    again = caller.get(path, headers={"If-None-Match": tile.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "0/000",
        "0/001.p/1",
        "1/000.p/1",
        "0/0",
        "0/000.p/0",
        "63/x999/999",
        "x",
        "a/../b",
        "0/" + "x999/" * 6 + "999",
    ],
)
def test_a_tile_that_there_is_not_is_not_found(caller: Caller, first: int, path: str) -> None:
    answer = caller.get(f"/transparency/tile/{path}")
    assert (answer.status_code, answer.json["type"]) == (404, "/problems/not-found")


def test_an_event_of_another_account_is_not_proven(
    new_caller: Callable[[str], Caller], first: int
) -> None:
    answer = new_caller("Stranger").get(f"/events/{first}/proof")
    assert (answer.status_code, answer.json["type"]) == (403, "/problems/forbidden")
    assert "entry" not in answer.text


def test_an_event_that_there_is_not_is_not_found(caller: Caller, first: int) -> None:
    assert caller.get("/events/999999999/proof").status_code == 404


def test_a_new_event_is_provable_after_the_next_checkpoint(
    new_caller: Callable[[str], Caller], sealer: Sealer, second: int
) -> None:
    fresh = new_caller("Fresh")
    made = fresh.post("/patients", json={"name": "Fresh"})
    position = made.headers["x-log-position"]
    waiting = fresh.get(f"/events/{position}/proof")
    assert (waiting.status_code, waiting.json["type"]) == (503, "/problems/not-yet")
    sealer.seal_and_sign()
    assert data(fresh, f"/events/{position}/proof")["position"] == position


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/events/{first}/proof?size=1", "size"),
        ("/events/{first}/proof?size=999999999", "size"),
        ("/transparency/consistency?from=1&to=999999999", "to"),
        ("/transparency/consistency?from=999999999", "from"),
    ],
)
def test_a_size_that_cannot_be_is_told_by_its_name(
    caller: Caller, first: int, path: str, field: str
) -> None:
    answer = caller.get(path.format(first=first))
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json["errors"]] == [f"#/{field}"]


@pytest.mark.parametrize("query", ["", "?from=0", "?from=x", "?from=1&to=0"])
def test_a_query_that_is_no_size_is_refused(caller: Caller, query: str) -> None:
    assert caller.get(f"/transparency/consistency{query}").status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "/transparency/checkpoint", "/transparency/checkpoints", "/transparency/keys",
        "/transparency/tile/0/000.p/1", "/transparency/consistency?from=1", "/events/1/proof",
    ],
)  # fmt: skip
def test_a_key_that_may_not_audit_sees_nothing_of_the_log(
    caller: Caller, first: int, path: str
) -> None:
    sent = {"name": "Nurse", "scopes": ["patients:read", "reports:read"]}
    narrow = caller.post("/api-keys", json=sent).json["data"]["api_key"]
    answer = caller.get(path, headers={"X-API-Key": narrow})
    assert (answer.status_code, answer.json["type"]) == (403, "/problems/forbidden")
