"""kill -9 of the projection runner at each of its steps."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from eventsourcing.persistence import StoredEvent

from projections.database import Database
from service import failpoints
from service.recorder import Append, Recorder
from tests.reliability import invariants
from tests.reliability.cluster import Cluster
from tests.reliability.counting import counts, make_table
from tests.reliability.load import Ward
from tests.reliability.waiting import wait_until_gone

STEPS = (
    failpoints.AFTER_FETCH,
    failpoints.AFTER_VIEW_WRITE,
    failpoints.BEFORE_CHECKPOINT_COMMIT,
    failpoints.AFTER_CHECKPOINT_COMMIT,
)
EVENTS_OF = {101: 9, 102: 4}
"""How many events each account gets."""


@pytest.mark.parametrize("step", STEPS)
def test_the_report_goes_on_counting_right_after_the_runner_was_killed(
    cluster: Cluster, step: str
) -> None:
    ward = Ward.open(cluster.open_account(step))
    high, low = ward.admit("High"), ward.admit("Low")
    ward.client.call("PUT", ward.level_of(high), {"value": "80"})
    token = cluster.arm(step)
    ward.client.call("PUT", ward.level_of(low), {"value": "10"})
    wait_until_gone(token)

    last = ward.client.call("PUT", ward.level_of(high), {"value": "81"})

    invariants.equals_the_oracle("report", ward.counts(int(last.headers["x-log-position"])), (2, 1))
    with cluster.services() as services:
        invariants.read_models_equal_a_rebuild(services)


def test_no_event_is_counted_twice_or_missed_wherever_the_runner_is_killed(
    log_url: str, tmp_path: Path
) -> None:
    for step in STEPS:
        assert follow_log(log_url, "whole", tmp_path, kill_at=step) == -signal.SIGKILL
    assert follow_log(log_url, "whole", tmp_path) == 0

    invariants.equals_the_oracle("counts", counts(log_url), EVENTS_OF)


def test_a_checkpoint_in_a_transaction_of_its_own_is_found_out(
    log_url: str, tmp_path: Path
) -> None:
    killed = follow_log(log_url, "torn", tmp_path, kill_at=failpoints.AFTER_VIEW_WRITE)
    assert killed == -signal.SIGKILL
    assert follow_log(log_url, "torn", tmp_path) == 0

    with pytest.raises(invariants.Violation, match="counts"):
        invariants.equals_the_oracle("counts", counts(log_url), EVENTS_OF)


@pytest.fixture
def log_url(new_database: Callable[[], str]) -> str:
    """A database whose log has the events of EVENTS_OF, turn by turn."""
    url = new_database()
    make_table(url)
    database = Database(url)
    recorder = Recorder(database)
    for number in range(max(EVENTS_OF.values())):
        for account_id, events in EVENTS_OF.items():
            if number < events:
                event = StoredEvent(uuid4(), 1, "a topic", b"a state")
                recorder.append(Append([event], account_id))
    database.close()
    return url


def follow_log(url: str, runner: str, folder: Path, kill_at: str | None = None) -> int:
    """Let a process of its own follow the log; its exit code."""
    if kill_at is not None:
        (folder / kill_at).touch()
    command = [sys.executable, "-m", "tests.reliability.counting", url, runner]
    environment = {**os.environ, "ATTESTOR_FAILPOINT": str(folder)}
    return subprocess.run(command, env=environment, check=False).returncode
