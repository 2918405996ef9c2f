# ruff: noqa: S608  (the attacker writes what SQL he likes)
"""Every way to tamper with a log is found, and found where it is; an untouched log is not accused.

The attacker is the database's superuser and no trigger stops him. What he cannot have is the
signing key, or the checkpoints that others kept.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest

from domain.transparency.leaf import entry, leaf_hash
from service.bootstrap import Services
from service.verification.snapshot import snapshot
from tests.reliability.sealed_log import SealedLog, attacker, places

Column = tuple[str, str]
_POSITIONS = (1, 2, 57, 256, 257, 300)
_FLIPS = {
    "bytea": "set_byte({0}, length({0}) / 2, get_byte({0}, length({0}) / 2) # 1)",
    "bigint": "{0} # 1048576",
    "text": "left({0}, -1) || chr(ascii(right({0}, 1)) # 1)",
    "uuid": "translate({0}::text, '0123456789abcdef', '123456789abcdef0')::uuid",
    "timestamp with time zone": "{0} + interval '1 microsecond'",
}


def size(log: SealedLog) -> int:
    return log.verify().sealed


def test_an_untouched_log_is_not_accused(log: SealedLog) -> None:
    verified = log.verify(kept=log.saved)
    assert (verified.damages, verified.checkpoints, verified.unsealed) == ([], 6, 0)


def test_a_log_that_was_never_sealed_is_not_accused(new_services: Callable[[], Services]) -> None:
    unsealed = SealedLog.of(new_services(), [])
    verified = unsealed.verify()
    assert (verified.damages, verified.sealed, verified.unsealed) == ([], 0, 3)


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        ((), []),
        (("DELETE FROM events WHERE position IN (256, 257)",), [("missing", 256, 257)]),
        (("UPDATE events SET position = 0 WHERE position = 1",),
         [("inserted", 0, 0), ("reordered", 1, 1)]),
        (("UPDATE events SET position = -30 WHERE position = 30",
          "UPDATE events SET position = 30 WHERE position = 270",
          "UPDATE events SET position = 270 WHERE position = -30"),
         [("reordered", 30, 30), ("reordered", 270, 270)]),
        (("DELETE FROM events WHERE position > 255",), [("truncated", 256, None)]),
    ],
)  # fmt: skip
def test_damage_is_found_across_the_pieces_in_which_the_log_is_read(
    log: SealedLog, monkeypatch: pytest.MonkeyPatch, statements: tuple[str, ...], found: Any
) -> None:
    monkeypatch.setattr("service.verification.snapshot.TILES_AT_A_TIME", 1)
    expected = [(kind, first, size(log) if last is None else last) for kind, first, last in found]
    without_gaps = [each for each in places(log.after(*statements)) if each[1] is not None]
    assert without_gaps == expected


# T-T1


def undetected(rows: list[bytes], leaf: Callable[[bytes], bytes]) -> int:
    """How many flips of one bit in any byte of any column leave the leaf as it was."""
    missed = 0
    for row in rows:
        honest = leaf(row)
        for at in range(6, len(row)):
            flipped = row[:at] + bytes([row[at] ^ 1 << at % 8]) + row[at + 1 :]
            missed += leaf(flipped) == honest
    return missed


def test_no_byte_of_any_column_can_change_and_its_leaf_remain(log: SealedLog) -> None:
    with snapshot(log.url) as moment:
        rows = list(moment.rows(0, 300))
    assert len(rows) == 300
    assert undetected(rows, lambda row: leaf_hash(entry(row))) == 0


def test_a_leaf_that_left_out_a_column_would_be_caught_by_the_test_above(log: SealedLog) -> None:
    with snapshot(log.url) as moment:
        rows = list(moment.rows(0, 3))
    assert undetected(rows, lambda row: sha256(row[:-2]).digest()) > 0


@pytest.mark.parametrize("position", _POSITIONS)
def test_a_change_of_any_column_is_found_at_its_position(log: SealedLog, position: int) -> None:
    with attacker(log.url) as connection:
        columns: list[Column] = connection.execute(
            "SELECT column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = 'attestor' AND table_name = 'events'"
        ).fetchall()
    assert len(columns) == 9
    for column, kind in columns:
        flip = _FLIPS[kind].format(column)
        found = log.after(f"UPDATE events SET {column} = {flip} WHERE position = {position}")
        assert position in [first for _, first, _ in places(found)], column


# T-T2


@pytest.mark.parametrize("position", _POSITIONS)
def test_a_deleted_event_is_missed_at_its_position(log: SealedLog, position: int) -> None:
    found = log.after(f"DELETE FROM events WHERE position = {position}")
    assert ("missing", position, position) in places(found)


def test_a_deleted_range_is_missed_as_a_range(log: SealedLog) -> None:
    found = log.after("DELETE FROM events WHERE position BETWEEN 250 AND 261")
    assert ("missing", 250, 261) in places(found)


@pytest.mark.parametrize("left", [1, 255, 256, 299])
def test_a_log_without_its_end_is_truncated_there(log: SealedLog, left: int) -> None:
    found = log.after(f"DELETE FROM events WHERE position > {left}")
    assert ("truncated", left + 1, size(log)) in places(found)


def test_an_event_that_was_slipped_in_is_found(log: SealedLog) -> None:
    copied = (
        "INSERT INTO events SELECT {}, originator_id, 99, topic, state, account_id, actor,"
        " request_id, recorded_at FROM events WHERE position = 40"
    )
    assert ("inserted", 0, 0) in places(log.after(copied.format(0)))
    found = log.after("DELETE FROM events WHERE position = 60", copied.format(60))
    assert ("changed", 60, 60) in places(found)


# T-T3


def test_two_events_that_changed_places_are_found_as_reordered(log: SealedLog) -> None:
    found = log.after(
        "UPDATE events SET position = -30 WHERE position = 30",
        "UPDATE events SET position = 30 WHERE position = 270",
        "UPDATE events SET position = 270 WHERE position = -30",
    )
    assert places(found) == [("reordered", 30, 30), ("reordered", 270, 270)]


def test_two_contents_that_changed_places_are_found_as_reordered(log: SealedLog) -> None:
    found = log.after(
        "UPDATE events e SET state = o.state FROM events o WHERE e.position IN (31, 32)"
        " AND o.position = 63 - e.position"
    )
    assert places(found) == [("reordered", 31, 31), ("reordered", 32, 32)]


@pytest.mark.parametrize(
    "move",
    [
        "originator_id = (SELECT originator_id FROM events WHERE position = 100),"
        " originator_version = 77",
        "account_id = account_id + 1",
        "account_id = NULL",
    ],
)
def test_an_event_in_another_stream_or_account_is_found(log: SealedLog, move: str) -> None:
    found = log.after(f"UPDATE events SET {move} WHERE position = 44")
    assert ("changed", 44, 44) in places(found)


# T-T4


def test_a_truncated_log_that_grew_again_is_another_log(own_log: SealedLog) -> None:
    before = size(own_log)
    with attacker(own_log.url) as connection:
        connection.execute("DELETE FROM events WHERE position > 20")
    own_log.fill(4)
    assert ("rewritten", 21, before) in places(own_log.verify())


def test_a_log_that_was_truncated_and_sealed_anew_is_caught_by_a_saved_checkpoint_only(
    own_log: SealedLog,
) -> None:
    first, second = (int(each.place.split()[1]) for each in own_log.saved)
    saved = list(own_log.saved)
    with attacker(own_log.url) as connection:
        connection.execute("DELETE FROM events WHERE position > %s", (first + 5,))
        connection.execute("DELETE FROM transparency_tiles")
        connection.execute("DELETE FROM transparency_checkpoints")
        connection.execute("UPDATE transparency_head SET sealed = 0, delivered = 0")
    own_log.seal()
    assert own_log.verify().damages == []
    assert places(own_log.verify(kept=saved)) == [("truncated", first + 6, second)]
    own_log.fill(4)
    own_log.seal()
    assert places(own_log.verify(kept=saved)) == [("rewritten", first + 6, second)]
