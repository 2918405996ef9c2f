"""kill -9 of an API worker at each step of a write."""

from pathlib import Path

import pytest

from service import failpoints
from tests.reliability import invariants
from tests.reliability.cluster import Cluster
from tests.reliability.history import History, attempt, attempt_until_known
from tests.reliability.load import Load, Ward, everything_holds
from tests.reliability.waiting import wait_until_gone

WRITTEN_BEFORE = {
    failpoints.BEFORE_APPEND: False,
    failpoints.AFTER_APPEND_BEFORE_COMMIT: False,
    failpoints.AFTER_COMMIT_BEFORE_REPLY: True,
    failpoints.AFTER_REPLY: True,
}
"""Whether a request is in the log when its worker dies there."""


def times_in_log(cluster: Cluster, op: str) -> int:
    with cluster.connect() as connection:
        return sum(event.request_id == op for event in invariants.read_log(connection))


@pytest.mark.parametrize(("failpoint", "is_written"), WRITTEN_BEFORE.items())
def test_a_repeat_after_the_kill_is_done_once_and_answers_what_the_first_would_have(
    cluster: Cluster, ward: Ward, tmp_path: Path, failpoint: str, is_written: bool
) -> None:
    history = History(tmp_path / "client.jsonl")
    patient = ward.admit("Ann")
    write = ward.put(patient, 42, is_repeatable=True)
    is_after_reply = failpoint == failpoints.AFTER_REPLY
    token = cluster.arm(failpoint, write.op if is_after_reply else "")

    first = attempt(ward.client, write, history)
    wait_until_gone(token)

    assert first.outcome == ("ok" if is_after_reply else "info")
    assert times_in_log(cluster, write.op) == is_written
    second = attempt_until_known(ward.client, write, history)
    third = attempt_until_known(ward.client, write, history)
    assert (second.outcome, second.version) == ("ok", 2)
    assert third.body == second.body
    with cluster.connect() as connection:
        invariants.hold(history.read(), invariants.read_log(connection))
    assert ward.standing(patient) == "42"


def test_killing_workers_under_load_loses_nothing_and_does_nothing_twice(
    cluster: Cluster, ward: Ward, tmp_path: Path
) -> None:
    with Load(ward, tmp_path, clients=4) as load:
        for failpoint in [*WRITTEN_BEFORE] * 2:
            wait_until_gone(cluster.arm(failpoint))
            load.wait_for_acks(5)

    everything_holds(cluster, load)
    assert any(operation.outcome == "info" for operation in load.history())
