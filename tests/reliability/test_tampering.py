# ruff: noqa: S608  (the attacker writes what SQL he likes)
"""Every way to tamper with a log is found, and found where it is; an untouched log is not accused.

The attacker is the database's superuser and no trigger stops him. What he cannot have is the
signing key, or the checkpoints that others kept.
"""

import threading
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.transparency import checkpoint as checkpoints
from domain.transparency.checkpoint import Checkpoint
from domain.transparency.leaf import entry, leaf_hash
from domain.transparency.merkle import verify_inclusion
from domain.transparency.note import VerifierKey
from examples import verify_bundle as stand_alone
from projections.transparency import last_checkpoint
from service.bootstrap import Services, now
from service.signing import signing_keys
from service.verification.snapshot import snapshot
from service.verification.whole import verify_read_models, verify_reports
from tests.factories import services_on
from tests.reliability.sealed_log import ORIGIN, SealedLog, attacker, places

Column = tuple[str, str]
_POSITIONS = (1, 2, 57, 256, 257, 300)
_FLIPS = {
    "bytea": "set_byte({0}, length({0}) / 2, get_byte({0}, length({0}) / 2) # 1)",
    "bigint": "{0} # 1048576",
    "text": "left({0}, -1) || chr(ascii(right({0}, 1)) # 1)",
    "uuid": "overlay({0}::text PLACING 'f' FROM 36)::uuid",
    "timestamp with time zone": "{0} + interval '1 microsecond'",
}


@pytest.fixture(scope="module")
def new_services(
    new_database: Callable[[], str], new_directory: Callable[[], Path]
) -> Iterator[Callable[[], Services]]:
    made: list[Services] = []

    def make() -> Services:
        made.append(services_on(new_database(), new_directory()))
        return made[-1]

    yield make
    for services in made:
        services.close()


@pytest.fixture(scope="module")
def log(new_services: Callable[[], Services]) -> SealedLog:
    """More than 300 events under three checkpoints; what a test does to it is undone."""
    sealed = SealedLog.of(new_services(), [20, 20, 22])
    assert sealed.verify().sealed > 300
    return sealed


@pytest.fixture
def own_log(new_services: Callable[[], Services]) -> SealedLog:
    """A small log of the test's own, under two checkpoints."""
    return SealedLog.of(new_services(), [3, 3])


def size(log: SealedLog) -> int:
    return log.verify().sealed


def test_an_untouched_log_is_not_accused(log: SealedLog) -> None:
    verified = log.verify(kept=log.saved)
    assert (verified.damages, verified.checkpoints, verified.unsealed) == ([], 6, 0)


def quiet(done: int, total: int) -> None:
    """Nobody watches."""


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


# T-T5


def rewrite(log: SealedLog, key: VerifierKey, signer: Ed25519PrivateKey) -> None:
    """Change event 25, and everything that follows from it, as far as the key allows."""
    with attacker(log.url) as connection:
        connection.execute("UPDATE events SET actor = 'key:0' WHERE position = 25")
        connection.execute("DELETE FROM transparency_tiles")
        kept = connection.execute("DELETE FROM transparency_checkpoints RETURNING size").fetchall()
        connection.execute("UPDATE transparency_head SET sealed = 0")
    log.seal()
    with attacker(log.url) as connection:
        made = last_checkpoint(log.services.database)
        assert made is not None
        assert kept
        forged = checkpoints.sign(Checkpoint(ORIGIN, made.size, made.root), key, signer.sign)
        connection.execute("UPDATE transparency_checkpoints SET note = %s", (forged,))


def test_whoever_recomputes_everything_lacks_the_key_or_is_caught_by_what_others_kept(
    own_log: SealedLog,
) -> None:
    true_key = own_log.key
    saved = list(own_log.saved)
    signer = Ed25519PrivateKey.generate()
    his = VerifierKey(ORIGIN, signer.public_key().public_bytes_raw())
    rewrite(own_log, his, signer)
    assert [str(each.kind) for each in own_log.verify().damages] == ["forged"]

    with attacker(own_log.url) as connection:
        connection.execute(
            "UPDATE transparency_keys SET vkey = %s, key_id = %s", (his.text, his.key_id)
        )
    assert own_log.verify().damages == []
    assert [str(each.kind) for each in own_log.verify(keys=[true_key]).damages] == ["forged"]
    found = own_log.verify(keys=[true_key, his], kept=saved)
    assert places(found) == [("rewritten", 19, 33)]


def test_tiles_that_were_changed_are_told_from_events_that_were_changed(log: SealedLog) -> None:
    leaf = log.after("UPDATE transparency_tiles SET hashes = set_byte(hashes, 320, 1)"
                     " WHERE level = 0 AND index = 0")  # fmt: skip
    assert [(str(d.kind), d.place) for d in leaf.damages] == [("changed", "leaf of position 11")]
    upper = log.after("UPDATE transparency_tiles SET hashes = set_byte(hashes, 3, 1)"
                      " WHERE level = 1")  # fmt: skip
    assert [(str(d.kind), d.place) for d in upper.damages] == [("changed", "tile 1/000")]
    for level, tile in ((0, "tile 0/000"), (1, "tile 1/000")):
        gone = log.after(f"DELETE FROM transparency_tiles WHERE level = {level} AND index = 0")
        assert ("missing", tile) in [(str(d.kind), d.place[:10]) for d in gone.damages]


def test_a_checkpoint_that_was_changed_is_named(log: SealedLog) -> None:
    last = size(log)
    note = log.after(f"UPDATE transparency_checkpoints SET note = replace(note, E'\\n{last}\\n',"
                     f" E'\\n{last + 1}\\n') WHERE size = {last}")  # fmt: skip
    assert ("forged", f"checkpoint of {last} events") in [
        (str(d.kind), d.place) for d in note.damages
    ]
    root = log.after(f"UPDATE transparency_checkpoints SET root = '\\x00' WHERE size = {last}")
    assert [(str(d.kind), d.place) for d in root.damages] == [
        ("changed", f"checkpoint of {last} events")
    ]


# T-T6


def test_both_verifiers_refuse_every_forged_proof_of_this_log(log: SealedLog) -> None:
    whole = size(log)
    root = last_checkpoint(log.services.database)
    assert root is not None
    (proof,) = log.services.transparency.proofs([200], whole).values()
    leaf = leaf_hash(log.services.transparency.entries([200])[200])
    good = (leaf, 199, whole, proof, root.root)
    forged = [
        (leaf, 198, whole, proof, root.root),
        (leaf, 199, whole - 1, proof[:-1], root.root),
        (leaf, 199, whole, proof[::-1], root.root),
        (leaf, 199, whole, proof, bytes(32)),
        (bytes(32), 199, whole, proof, root.root),
    ]
    for at in range(len(proof)):
        for byte in range(32):
            bent = bytearray(proof[at])
            bent[byte] ^= 0x10
            forged.append(
                (leaf, 199, whole, [*proof[:at], bytes(bent), *proof[at + 1 :]], root.root)
            )
    for verify in (verify_inclusion, stand_alone.verify_inclusion):
        assert verify(*good)
        assert not any(verify(*each) for each in forged)


def test_a_checkpoint_of_another_installation_is_refused(
    log: SealedLog, own_log: SealedLog
) -> None:
    found = log.verify(kept=own_log.saved[:1])
    assert [str(each.kind) for each in found.damages] == ["forged"]


# T-T7


@pytest.mark.parametrize(
    ("edit", "table"),
    [
        ("UPDATE observations SET number = 99 WHERE id = (SELECT min(id) FROM observations)",
         "observations"),
        ("DELETE FROM patients WHERE id = (SELECT max(id) FROM patients)", "patients"),
        ("UPDATE cms_reports SET totals[1] = totals[1] + 1", "cms_reports"),
        ("UPDATE measure_results SET cells[1] = 0", "measure_results"),
    ],
)  # fmt: skip
def test_a_read_model_that_was_edited_is_named(own_log: SealedLog, edit: str, table: str) -> None:
    own_log.clinic.metric("initial population: age >= 18", "numerator: systolic < 140")
    own_log.project()
    assert verify_read_models(own_log.services, quiet) == []
    with attacker(own_log.url) as connection:
        assert connection.execute(edit.encode()).rowcount > 0
    found = verify_read_models(own_log.services, quiet)
    assert table in [each.detail.split(":")[0] for each in found]


def test_a_frozen_report_whose_patients_were_edited_no_longer_follows_from_the_log(
    own_log: SealedLog,
) -> None:
    own_log.clinic.metric("initial population: age >= 18", "numerator: systolic < 140")
    frozen = own_log.services.reports.freeze(own_log.clinic.asks(), None, None)
    assert verify_reports(own_log.services, quiet) == (1, [])
    with attacker(own_log.url) as connection:
        connection.execute("DELETE FROM patients WHERE id = (SELECT max(id) FROM patients)")
    _, (damage,) = verify_reports(own_log.services, quiet)
    assert damage.place == f"report {frozen.id}"


# T-T8


def test_old_checkpoints_verify_after_a_rotation_and_no_unknown_key_does(
    own_log: SealedLog,
) -> None:
    first = own_log.key
    keys = signing_keys(own_log.services.settings)
    second = keys.rotate(own_log.services.database, now(), is_lost=False)
    own_log.fill(1)
    own_log.seal()
    assert own_log.verify(kept=own_log.saved).damages == []
    assert own_log.verify(keys=[first], kept=own_log.saved).damages == []
    only_new = own_log.verify(keys=[second], kept=own_log.saved)
    assert {str(each.kind) for each in only_new.damages} == {"forged"}

    stranger = VerifierKey(ORIGIN, Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    found = own_log.verify(keys=[stranger])
    assert [str(each.kind) for each in found.damages] == ["forged"] * 3


def test_a_key_that_follows_a_lost_one_is_believed_by_those_who_are_told_of_it_only(
    own_log: SealedLog,
) -> None:
    lost = own_log.key
    keys = signing_keys(own_log.services.settings)
    following = keys.rotate(own_log.services.database, now(), is_lost=True)
    own_log.fill(1)
    own_log.seal()
    assert [str(each.kind) for each in own_log.verify(keys=[lost]).damages] == ["forged"]
    assert own_log.verify(keys=[lost, following], kept=own_log.saved).damages == []


def test_a_signature_of_ones_own_below_a_true_checkpoint_is_no_handover(
    own_log: SealedLog,
) -> None:
    first = own_log.key
    signer = Ed25519PrivateKey.generate()
    his = VerifierKey(ORIGIN, signer.public_key().public_bytes_raw())
    true_note = own_log.saved[-1].note
    text = true_note.split("\n\n")[0] + "\n"
    own_line = checkpoints.note.signature_line(his, text, signer.sign)
    with attacker(own_log.url) as connection:
        connection.execute("UPDATE transparency_keys SET retired_at = now()")
        connection.execute(
            "INSERT INTO transparency_keys (key_id, vkey, valid_from, handover)"
            " VALUES (%s, %s, now(), %s)",
            (his.key_id, his.text, true_note + own_line),
        )
        made = last_checkpoint(own_log.services.database)
        assert made is not None
        forged = checkpoints.sign(Checkpoint(ORIGIN, made.size, made.root), his, signer.sign)
        connection.execute("UPDATE transparency_checkpoints SET note = %s WHERE size = %s",
                           (forged, made.size))  # fmt: skip
    assert [str(d.kind) for d in own_log.verify(keys=[first]).damages] == ["forged"]


# T-T9


def test_a_log_that_is_being_written_and_sealed_is_not_accused(own_log: SealedLog) -> None:
    stopping, failures = threading.Event(), []

    def write() -> None:
        try:
            while not stopping.is_set():
                own_log.fill(1)
                own_log.seal()
        except Exception as error:
            failures.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    verified = [own_log.verify(kept=[]) for _ in range(25)]
    stopping.set()
    writer.join(60)
    assert failures == []
    assert [each.damages for each in verified] == [[]] * 25
    assert own_log.verify(kept=own_log.saved).sealed > verified[0].sealed
