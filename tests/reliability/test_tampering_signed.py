# ruff: noqa: S608  (the attacker writes what SQL he likes)
"""Who tampers with signatures, proofs and read models is found out; an honest log is not accused.

The attacker is the database's superuser and no trigger stops him. What he cannot have is the
signing key, or the checkpoints that others kept.
"""

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.transparency import checkpoint as checkpoints
from domain.transparency.checkpoint import Checkpoint
from domain.transparency.leaf import entry, leaf_hash
from domain.transparency.merkle import verify_inclusion
from domain.transparency.note import VerifierKey
from examples import verify_bundle as stand_alone
from projections.transparency import last_checkpoint
from service.bootstrap import now
from service.signing import signing_keys
from service.verification.log import verify_log
from service.verification.snapshot import Snapshot
from service.verification.whole import verify_read_models, verify_reports, verify_whole_log
from tests.reliability.sealed_log import ORIGIN, SealedLog, attacker, places


def quiet(done: int, total: int) -> None:
    """Nobody watches."""


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


def test_an_event_that_was_changed_with_its_leaf_is_found_between_two_checkpoints_and_by_tile(
    log: SealedLog,
) -> None:
    changed = "UPDATE events SET actor = 'key:0' WHERE position = 150"
    with attacker(log.url) as connection, connection.transaction(force_rollback=True):
        connection.execute(changed.encode())
        (row,) = Snapshot(connection).rows(149, 150)
        connection.execute(
            "UPDATE transparency_tiles SET hashes = overlay(hashes PLACING %s FROM %s)"
            " WHERE level = 0 AND index = 0",
            (leaf_hash(entry(row)), 149 * 32 + 1),
        )
        found = verify_log(Snapshot(connection), ORIGIN)
    first, second = (int(each.place.split()[1]) for each in log.saved[:2])
    assert first < 150 <= second
    assert places(found) == [("changed", 1, 256), ("rewritten", first + 1, second)]


def test_a_checkpoint_that_was_changed_is_named(log: SealedLog) -> None:
    last = log.verify().sealed
    note = log.after(f"UPDATE transparency_checkpoints SET note = replace(note, E'\\n{last}\\n',"
                     f" E'\\n{last + 1}\\n') WHERE size = {last}")  # fmt: skip
    assert ("forged", f"checkpoint of {last} events") in [
        (str(d.kind), d.place) for d in note.damages
    ]
    root = log.after(f"UPDATE transparency_checkpoints SET root = '\\x00' WHERE size = {last}")
    assert [(str(d.kind), d.place) for d in root.damages] == [
        ("changed", f"checkpoint of {last} events")
    ]


def test_what_the_sink_kept_is_compared_without_being_asked_for(
    own_log: SealedLog, tmp_path: Path
) -> None:
    settings = replace(own_log.services.settings, checkpoint_sink=str(tmp_path))
    services = replace(own_log.services, settings=settings)
    for each in own_log.saved:
        (tmp_path / f"{each.place.split()[1]}.txt").write_text(each.note)
    verified = verify_whole_log(services, [], [], quiet)
    assert (verified.damages, verified.checkpoints) == ([], 4)
    with attacker(own_log.url) as connection:
        connection.execute("DELETE FROM events WHERE position > 30")
        connection.execute("DELETE FROM transparency_tiles")
        connection.execute("DELETE FROM transparency_checkpoints")
        connection.execute("UPDATE transparency_head SET sealed = 0, delivered = 0")
    own_log.seal()
    (damage,) = verify_whole_log(services, [], [], quiet).damages
    assert (str(damage.kind), damage.first, "33.txt" in damage.detail) == ("truncated", 31, True)


# T-T6


def test_both_verifiers_refuse_every_forged_proof_of_this_log(log: SealedLog) -> None:
    whole = log.verify().sealed
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
