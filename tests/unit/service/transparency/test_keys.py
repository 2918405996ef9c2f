"""The key of the log is made once, handed over in public, and never replaced in silence."""

from collections.abc import Callable
from pathlib import Path

import pytest

from domain.transparency import checkpoint as checkpoints
from domain.transparency import handover
from domain.transparency.note import BadNote, VerifierKey, parse_key
from service.bootstrap import Services
from service.signing import SigningKeys, verify
from tests.unit.service.transparency.sealing import Installation

ORIGIN = "attestor.local/log"


@pytest.fixture
def signed(installation: Installation) -> Installation:
    """An installation with one checkpoint, of three events."""
    installation.append_many(3)
    installation.seal_all()
    return installation


def files(installation: Installation) -> list[Path]:
    return sorted((installation.services.settings.data_dir / "transparency").iterdir())


def public_keys(installation: Installation) -> list[VerifierKey]:
    return [each.key for each in installation.services.transparency.public_keys()]


def notes(installation: Installation) -> list[str]:
    return [each.note for each in installation.services.transparency.checkpoints(100)[1]]


def rotate(installation: Installation, *, is_lost: bool = False) -> VerifierKey:
    installation.clock.pass_by(minutes=1)
    database = installation.services.database
    return installation.keys.rotate(database, installation.clock(), is_lost=is_lost)


def test_the_key_is_made_at_first_and_only_its_owner_can_read_it(signed: Installation) -> None:
    (file,) = files(signed)
    (key,) = public_keys(signed)
    assert (file.name, file.stat().st_mode & 0o777) == (f"{key.key_id.hex()}.key", 0o600)
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert file.read_text().startswith(f"PRIVATE+KEY+{ORIGIN}+{key.key_id.hex()}+A")


def test_the_key_stays_the_same_after_a_restart(signed: Installation) -> None:
    signed.append_report()
    Installation(signed.services).seal_all()
    assert len(public_keys(signed)) == len(files(signed)) == 1
    assert len(notes(signed)) == 2


def test_old_checkpoints_stay_good_after_a_rotation_and_new_ones_need_the_new_key(
    signed: Installation,
) -> None:
    (old,) = public_keys(signed)
    new = rotate(signed)
    signed.append_many(2)
    signed.seal_all()
    assert public_keys(signed) == [new, old]
    after, before = notes(signed)
    assert checkpoints.verify(before, ORIGIN, [old], verify).size == 3
    assert checkpoints.verify(after, ORIGIN, [new], verify).size == 5
    for note, key in ((after, old), (before, new)):
        with pytest.raises(BadNote, match="no known key"):
            checkpoints.verify(note, ORIGIN, [key], verify)


def test_who_trusts_the_first_key_can_follow_to_the_last(signed: Installation) -> None:
    (first,) = public_keys(signed)
    rotate(signed)
    last = rotate(signed)
    trusted = [first]
    for each in reversed(signed.services.transparency.public_keys()):
        if each.handover:
            trusted.append(handover.verify(each.handover, trusted, verify))
    assert trusted[-1] == last


def test_a_handover_that_another_key_signed_is_refused(signed: Installation) -> None:
    stranger = parse_key("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    rotate(signed)
    note = signed.services.transparency.public_keys()[0].handover
    assert note is not None
    with pytest.raises(BadNote):
        handover.verify(note, [stranger], verify)


def test_a_checkpoint_is_no_handover_and_a_handover_no_checkpoint(signed: Installation) -> None:
    rotate(signed)
    new, old = signed.services.transparency.public_keys()
    assert new.handover is not None
    with pytest.raises(BadNote):
        handover.verify(notes(signed)[0], [old.key], verify)
    with pytest.raises(BadNote):
        checkpoints.verify(new.handover, ORIGIN, [old.key], verify)


def test_the_private_half_of_a_retired_key_is_removed(signed: Installation) -> None:
    new = rotate(signed)
    assert [file.name for file in files(signed)] == [f"{new.key_id.hex()}.key"]


def test_a_lost_key_stops_signing_until_it_is_back_and_no_other_is_made(
    signed: Installation,
) -> None:
    (file,) = files(signed)
    kept = file.read_bytes()
    file.unlink()
    signed.append_many(1)
    signed.clock.pass_by(minutes=1)
    signed.seal_all()
    assert "is lost: put" in signed.troubles()["sealing"]
    assert (files(signed), len(notes(signed))) == ([], 1)
    file.write_bytes(kept)
    signed.seal_all()
    assert signed.troubles() == {}
    assert len(notes(signed)) == 2


def test_a_lost_key_is_replaced_only_when_somebody_says_so_and_nobody_vouches_for_the_new_one(
    signed: Installation,
) -> None:
    files(signed)[0].unlink()
    with pytest.raises(Exception, match="is lost"):
        rotate(signed)
    new = rotate(signed, is_lost=True)
    signed.append_many(1)
    signed.seal_all()
    assert checkpoints.verify(notes(signed)[0], ORIGIN, [new], verify).size == 4
    assert signed.services.transparency.public_keys()[0].handover is None


def test_a_log_whose_keys_were_removed_from_the_database_is_not_signed_with_another(
    signed: Installation,
) -> None:
    signed.tamper("DELETE FROM transparency_keys")
    signed.append_report()
    signed.seal_all()
    assert "no key that could have signed" in signed.troubles()["sealing"]
    assert len(notes(signed)) == 1


def test_the_key_of_the_data_directory_serves_a_log_that_has_none(
    new_services: Callable[[], Services],
) -> None:
    one, other = Installation(new_services()), Installation(new_services())
    for installation in (one, other):
        installation.append_many(1)
        installation.seal_all()
    assert public_keys(one) == public_keys(other)


@pytest.mark.parametrize("content", ["", "PRIVATE+KEY+x", "A" * 80, "\xff"])
def test_a_file_that_holds_no_key_is_told_by_its_name(signed: Installation, content: str) -> None:
    (file,) = files(signed)
    file.write_text(content, encoding="latin-1")
    signed.append_report()
    signed.seal_all()
    assert f"the key in {file} cannot be used" in signed.troubles()["sealing"]


def test_a_file_with_another_key_does_not_sign(signed: Installation, tmp_path: Path) -> None:
    (file,) = files(signed)
    other = SigningKeys(tmp_path, ORIGIN)._make()
    file.write_bytes((tmp_path / f"{other.key_id.hex()}.key").read_bytes())
    signed.append_report()
    signed.seal_all()
    assert "holds another key" in signed.troubles()["sealing"]


def test_the_name_of_a_log_does_not_change(signed: Installation) -> None:
    directory = signed.services.settings.data_dir / "transparency"
    with (
        signed.services.database.transaction() as transaction,
        pytest.raises(Exception, match="and ATTESTOR_LOG_ORIGIN says otherwise"),
    ):
        SigningKeys(directory, "other.example/log").current(transaction, signed.clock())
