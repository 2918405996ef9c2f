"""How many requests a key may make: a token bucket per key, in the memory of this worker."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from threading import Lock

WINDOW_SECONDS = 60


@dataclass(frozen=True)
class Allowance:
    """What is left for a key: in requests, and in whole seconds until the bucket is full again."""

    is_granted: bool
    limit: int
    remaining: int
    reset_seconds: int
    retry_seconds: int

    @property
    def headers(self) -> dict[str, str]:
        """RateLimit fields of the IETF draft, and the older X-RateLimit family."""
        return {
            "ratelimit-policy": f'"key";q={self.limit};w={WINDOW_SECONDS}',
            "ratelimit": f'"key";r={self.remaining};t={self.reset_seconds}',
            "x-ratelimit-limit": str(self.limit),
            "x-ratelimit-remaining": str(self.remaining),
            "x-ratelimit-reset": str(self.reset_seconds),
        }


class RateLimit:
    """`limit` requests a minute for each key, spread evenly over the workers.

    Workers do not talk to each other: each grants its share, and `remaining` is its own rest
    times the number of workers. A limit of 0 grants everything.
    """

    def __init__(
        self, limit: int, workers: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = limit
        self._workers = workers
        self._share = max(limit / workers, 1.0)
        self._clock = clock
        self._buckets: dict[int, tuple[float, float]] = {}
        self._lock = Lock()

    def take(self, key_id: int) -> Allowance | None:
        """Take one request out of the key's bucket; None when there is no limit."""
        if not self._limit:
            return None
        per_second = self._share / WINDOW_SECONDS
        now = self._clock()
        with self._lock:
            tokens, then = self._buckets.get(key_id, (self._share, now))
            tokens = min(self._share, tokens + (now - then) * per_second)
            is_granted = tokens >= 1
            tokens -= is_granted
            self._buckets[key_id] = (tokens, now)
        return Allowance(
            is_granted,
            self._limit,
            min(int(tokens) * self._workers, self._limit),
            ceil((self._share - tokens) / per_second),
            max(1, ceil((1 - tokens) / per_second)),
        )
