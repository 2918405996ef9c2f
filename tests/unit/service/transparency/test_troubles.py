"""The sealer signs nothing that does not follow from what it signed: it stops, and says so."""

import pytest

from service.doctor import Finding, examine
from service.health import check
from service.trouble import Trouble
from tests.factories import tenant
from tests.unit.service.transparency.sealing import Installation


@pytest.fixture
def signed(installation: Installation) -> Installation:
    """Checkpoint of 300 events: two tiles of leaves, one above."""
    installation.append_many(300)
    installation.seal_all()
    return installation


def go_on(installation: Installation) -> dict[str, str]:
    """Append, let time pass, step; the troubles then."""
    installation.append_many(2)
    installation.clock.pass_by(minutes=1)
    installation.seal_all()
    return installation.troubles()


def flip(installation: Installation, table: str, column: str, byte: int, where: str) -> None:
    """Change one bit of the only row."""
    installation.tamper(
        f"UPDATE {table} SET {column} = set_byte({column}, {byte}, get_byte({column}, {byte}) # 1)"  # noqa: S608
        f" WHERE {where}"
    )


@pytest.mark.parametrize(("level", "index", "byte"), [(0, 1, 0), (0, 1, 44 * 32 - 1), (1, 0, 7)])
def test_a_changed_tile_is_not_extended(
    signed: Installation, level: int, index: int, byte: int
) -> None:
    flip(signed, "transparency_tiles", "hashes", byte, f"level = {level} AND index = {index}")
    assert go_on(signed) == {
        "sealing": "the tiles do not give the root of the checkpoint of 300 events"
    }
    assert signed.services.transparency.checkpoint().size == 300
    assert signed.services.transparency.status().sealed == 300


def test_a_changed_checkpoint_is_not_followed_by_another(signed: Installation) -> None:
    flip(signed, "transparency_checkpoints", "root", 0, "true")
    assert "do not give the root" in go_on(signed)["sealing"]


def test_a_tile_that_is_gone_stops_the_sealer(signed: Installation) -> None:
    signed.tamper("DELETE FROM transparency_tiles WHERE level = 1")
    assert "tile 1/000.p/1 has 0 bytes" in go_on(signed)["sealing"]


def test_a_log_that_was_cut_behind_the_checkpoint_is_not_sealed_anew(signed: Installation) -> None:
    signed.tamper("DELETE FROM events WHERE position > 250")
    signed.tamper("UPDATE transparency_head SET sealed = 250")
    assert "do not give the root" in go_on(signed)["sealing"]


def test_sealed_events_that_are_gone_from_the_end_are_missed_at_once(signed: Installation) -> None:
    signed.tamper("DELETE FROM events WHERE position > 290")
    signed.seal_all()
    assert signed.troubles() == {"sealing": "10 sealed events are gone from the end of the log"}


def test_a_log_that_forgot_how_far_it_is_sealed_does_not_begin_again(
    installation: Installation,
) -> None:
    installation.append_many(3)
    installation.tamper("DELETE FROM transparency_head")
    installation.append_many(1)
    with pytest.raises(Trouble, match="how far the log is sealed"):
        installation.sealer.seal()


def test_a_hash_that_was_changed_after_the_checkpoint_and_before_the_next_is_not_signed(
    signed: Installation,
) -> None:
    signed.append_many(300)
    signed.seal_all()
    # The root over tile 0/001, which was completed after the checkpoint.
    flip(signed, "transparency_tiles", "hashes", 32, "level = 1")
    assert go_on(signed) == {"sealing": "the tiles do not follow from the checkpoint of 300 events"}
    assert signed.services.transparency.checkpoint().size == 300


def test_an_event_that_is_missing_is_named_and_nothing_after_it_is_sealed(
    signed: Installation,
) -> None:
    signed.append_many(5)
    signed.tamper("DELETE FROM events WHERE position = 303")
    signed.seal_all()
    assert signed.troubles() == {"sealing": "an event is missing after position 300"}
    assert signed.services.transparency.status().sealed == 300


@pytest.fixture
def clinic(installation: Installation) -> Installation:
    """A log of real events, with a checkpoint of two of them: an account and its key."""
    tenant(installation.services)
    installation.seal_all()
    return installation


def finding(installation: Installation) -> Finding:
    """What the doctor says of the log."""
    (found,) = (f for f in examine(installation.services) if f.what == "transparency log")
    return found


def test_trouble_makes_the_service_degraded_until_it_is_mended(clinic: Installation) -> None:
    flip(clinic, "transparency_tiles", "hashes", 0, "level = 0")
    tenant(clinic.services, "South Clinic")
    clinic.seal_all()
    assert shown(clinic) == ("degraded", ["sealing"])
    assert not finding(clinic).is_well
    flip(clinic, "transparency_tiles", "hashes", 0, "level = 0")
    clinic.seal_all()
    assert shown(clinic) == ("ready", [])
    assert finding(clinic).is_well


def shown(installation: Installation) -> tuple[str, list[str]]:
    """The status and the troubles that probes see, while a runner leads."""
    installation.services.database.execute(
        "INSERT INTO projections (name, version, heartbeat) VALUES ('some', 1, now())"
        " ON CONFLICT (name) DO UPDATE SET heartbeat = now()"
    )
    health = check(installation.services.database)
    return health.body["status"], health.body["transparency"]["troubles"]


def test_the_doctor_tells_how_far_the_log_is_signed(clinic: Installation) -> None:
    assert finding(clinic).detail.startswith("sealed up to 2, checkpoint of 2 events ")


def test_the_doctor_finds_a_log_that_nobody_seals(clinic: Installation) -> None:
    tenant(clinic.services, "South Clinic")
    clinic.tamper(
        "UPDATE events SET recorded_at = now() - interval '11 minutes' WHERE position > 2"
    )
    found = finding(clinic)
    assert (found.is_well, found.detail) == (
        False,
        "nothing is sealed after position 2: does the worker run?",
    )
