"""The sealer puts every event under the root once, whatever comes between."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.transparency import checkpoint as checkpoints
from domain.transparency.checkpoint import Checkpoint
from domain.transparency.leaf import COLUMNS
from domain.transparency.merkle import EMPTY_ROOT
from service.bootstrap import Services
from service.signing import verify
from tests.unit.domain.transparency import reference
from tests.unit.service.transparency.sealing import Installation, connect, leaves

ORIGIN = "attestor.local/log"


def signed(installation: Installation) -> Checkpoint:
    """The last checkpoint, as somebody reads it who has the log's keys."""
    transparency = installation.services.transparency
    keys = [each.key for each in transparency.public_keys()]
    return checkpoints.verify(transparency.checkpoint().note, ORIGIN, keys, verify)


def tiles(services: Services) -> dict[tuple[int, int], bytes]:
    with connect(services) as connection:
        rows = connection.execute("SELECT level, index, hashes FROM transparency_tiles").fetchall()
    return {(level, index): hashes for level, index, hashes in rows}


def test_the_entry_covers_every_column_of_an_event(installation: Installation) -> None:
    with connect(installation.services) as connection:
        rows = connection.execute(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_schema = 'attestor' AND table_name = 'events'"
        ).fetchall()
    assert {name for (name,) in rows} == set(COLUMNS.split(", "))


@pytest.mark.parametrize("number", [1, 255, 256, 257, 700])
def test_the_root_is_that_of_all_events(installation: Installation, number: int) -> None:
    installation.append_many(number - 1)
    installation.append_many(1, account_id=None)
    installation.seal_all()
    made = signed(installation)
    assert (made.size, made.signed_at) == (number, installation.clock.at)
    assert made.root == reference.tree_root(leaves(installation.services))


def test_an_empty_log_is_neither_sealed_nor_signed(installation: Installation) -> None:
    assert not installation.sealer.step()
    status = installation.services.transparency.status()
    assert (status.sealed, status.checkpoint_size, status.troubles) == (0, None, {})
    assert EMPTY_ROOT not in tiles(installation.services).values()


@pytest.fixture(scope="module")
def shared(services: Services) -> Installation:
    """One growing log for all examples of a property."""
    return Installation(services)


@given(st.lists(st.tuples(st.integers(1, 300), st.integers(1, 40), st.integers(0, 5)), max_size=5))
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pieces_and_restarts_do_not_change_the_tree(
    shared: Installation, pieces: list[tuple[int, int, int]]
) -> None:
    for events, batch, steps in pieces:
        shared.append_many(events)
        # A sealer that is new each time remembers nothing.
        sealer = Installation(shared.services, batch * 10).sealer
        for _ in range(steps):
            sealer.step()
    shared.seal_all()
    shared.sealer.sign()
    expected = leaves(shared.services)
    assert shared.services.transparency.status().sealed == len(expected)
    if expected:
        assert signed(shared).root == reference.tree_root(expected)
        assert tiles(shared.services)[0, 0][:32] == expected[0]


def test_sealers_at_the_same_time_seal_every_event_once(installation: Installation) -> None:
    installation.append_many(2000)
    sealers = [Installation(installation.services, 70).sealer for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda sealer: all(iter(sealer.step, False)), sealers))
    installation.sealer.sign()
    assert signed(installation).root == reference.tree_root(leaves(installation.services))


def test_what_fails_before_its_commit_leaves_nothing_behind(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    installation.append_many(300)
    installation.seal_all()
    before = tiles(installation.services)
    installation.append_many(300)
    with monkeypatch.context() as patched:
        patched.setattr("service.sealer.failpoint", partial(_fail_at, "before_seal_commit"))
        with pytest.raises(ConnectionError):
            installation.sealer.step()
    assert tiles(installation.services) == before
    installation.seal_all()
    installation.sealer.sign()
    assert signed(installation).root == reference.tree_root(leaves(installation.services))


def _fail_at(place: str, name: str) -> None:
    if name == place:
        raise ConnectionError


def sizes(installation: Installation) -> list[int]:
    """Of all checkpoints, the last first."""
    return [each.size for each in installation.services.transparency.checkpoints(100)[1]]


def test_a_checkpoint_is_signed_a_minute_after_the_one_before_and_not_sooner(
    installation: Installation,
) -> None:
    installation.append_many(3)
    installation.seal_all()
    installation.append_many(2)
    installation.clock.pass_by(seconds=59)
    installation.seal_all()
    assert sizes(installation) == [3]
    installation.clock.pass_by(seconds=1)
    installation.seal_all()
    assert sizes(installation) == [5, 3]


def test_no_checkpoint_is_signed_when_nothing_is_new(installation: Installation) -> None:
    installation.append_many(3)
    for _ in range(3):
        installation.seal_all()
        installation.clock.pass_by(hours=1)
    assert sizes(installation) == [3]


def test_a_frozen_report_is_signed_at_once(installation: Installation) -> None:
    installation.append_many(3)
    installation.seal_all()
    installation.append_many(4)
    installation.seal_all()
    installation.append_report()
    installation.append_many(1)
    installation.seal_all()
    installation.append_many(1)
    installation.seal_all()
    assert sizes(installation) == [9, 3]


def test_a_report_that_was_sealed_before_a_restart_is_signed_after_it(
    installation: Installation,
) -> None:
    installation.append_many(3)
    installation.seal_all()
    installation.append_report()
    installation.sealer.seal()
    restarted = Installation(installation.services, clock=installation.clock)
    restarted.seal_all()
    assert sizes(installation) == [4, 3]


def test_a_clock_that_was_set_back_does_not_keep_the_log_from_being_signed(
    installation: Installation,
) -> None:
    installation.append_many(3)
    installation.seal_all()
    installation.append_many(1)
    installation.clock.pass_by(days=-1)
    installation.seal_all()
    assert sizes(installation) == [4, 3]
