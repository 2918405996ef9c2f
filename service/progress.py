"""Progress bars for people; silent where nobody looks."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm


@contextmanager
def progress(verb: str, what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on the terminal's standard error; the block tells it how much is done, of how much."""
    with tqdm(desc=f"{verb} {what}", unit=" events", disable=not sys.stderr.isatty()) as bar:

        def report(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield report
