from service import failpoints
from tests.reliability.test_api_worker_kills import WRITTEN_BEFORE
from tests.reliability.test_runner_kills import STEPS
from tests.reliability.test_sealer_kills import STEPS as SEALING


def test_a_process_is_killed_at_every_failpoint_there_is() -> None:
    assert sorted([*WRITTEN_BEFORE, *STEPS, *SEALING]) == sorted(failpoints.NAMES)
