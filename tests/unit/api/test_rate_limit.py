"""A bucket holds a minute's worth of requests and fills up evenly."""

import pytest

from api.rate_limit import RateLimit


class Clock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_the_sixty_first_request_of_a_minute_is_refused_and_one_a_second_later_granted() -> None:
    clock = Clock()
    limit = RateLimit(60, 1, clock)
    taken = [limit.take(7) for _ in range(61)]
    assert [allowance.is_granted for allowance in taken if allowance] == [True] * 60 + [False]
    assert taken[60] is not None
    assert taken[60].retry_seconds == 1
    clock.seconds = 1.0
    again = limit.take(7)
    assert again is not None
    assert again.is_granted


def test_the_headers_count_down_and_name_the_policy() -> None:
    limit = RateLimit(60, 1, Clock())
    first, second = limit.take(7), limit.take(7)
    assert first is not None
    assert second is not None
    assert first.headers == {
        "ratelimit-policy": '"key";q=60;w=60',
        "ratelimit": '"key";r=59;t=1',
        "x-ratelimit-limit": "60",
        "x-ratelimit-remaining": "59",
        "x-ratelimit-reset": "1",
    }
    assert (second.remaining, second.reset_seconds) == (58, 2)


def test_one_key_does_not_use_up_the_bucket_of_another() -> None:
    limit = RateLimit(1, 1, Clock())
    assert [limit.take(key).is_granted for key in (1, 1, 2)] == [True, False, True]  # type: ignore[union-attr]


def test_each_of_three_workers_grants_a_third() -> None:
    limit = RateLimit(60, 3, Clock())
    granted = [limit.take(1).is_granted for _ in range(30)]  # type: ignore[union-attr]
    assert sum(granted) == 20


@pytest.mark.parametrize("workers", [2, 100])
def test_a_share_is_never_less_than_one_request(workers: int) -> None:
    allowance = RateLimit(1, workers, Clock()).take(1)
    assert allowance is not None
    assert allowance.is_granted


def test_a_limit_of_zero_grants_everything_without_headers() -> None:
    assert RateLimit(0, 2, Clock()).take(1) is None
