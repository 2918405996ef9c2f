"""Waiting for a condition, never for a time."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

PATIENCE_SECONDS = 90.0
"""Far above what anything here takes: reaching it means that the awaited never comes."""


def wait_until(condition: Callable[[], T], what: str) -> T:
    """The first true answer of `condition`. Raises AssertionError when there is none in time."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {PATIENCE_SECONDS:.0f} s: {what}")
        time.sleep(0.02)
    return answer


def wait_until_gone(token: Path) -> None:
    """Until a process has come to the failpoint that this file arms, and has died there."""
    wait_until(lambda: not token.exists(), f"a process comes to {token.name}")
