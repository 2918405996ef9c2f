"""Moments of the log: where it ended at an instant, and when a version came to be."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from domain.ids import Kind, aggregate_id
from projections.database import Reader
from projections.queries import at_position, load
from projections.reports import position_at

_QUERIES = load("history")
_SETTLED = timedelta(seconds=10)
"""Longer than any append takes, from its time of recording to its commit."""


@dataclass(frozen=True)
class Moment:
    """A place in the past: what was known at that instant is the log up to this position."""

    position: int
    at: datetime


class TimedQueries:
    """Queries about what stands now, and the same about what stood at a moment.

    `replaced` names parts of the former, and what stands in their place in the latter.
    """

    def __init__(self, now: dict[str, str], replaced: Mapping[str, str] | None = None) -> None:
        self._now = now
        self._then = {name: at_position(query) for name, query in now.items()}
        for old, new in (replaced or {}).items():
            self._then = {name: query.replace(old, new) for name, query in self._then.items()}

    def at(self, moment: Moment | None) -> tuple[dict[str, str], dict[str, int]]:
        """The queries about a moment, or (None) about now, and what they are bound to."""
        return (self._now, {}) if moment is None else (self._then, {"position": moment.position})


def moment_at(reader: Reader, instant: datetime) -> Moment:
    """The moment of an instant that has come, for ever the same; position 0 before the first event.

    Of an instant just now some events may be recorded and not committed yet: they are awaited.
    """
    if datetime.now(UTC) - instant < _SETTLED:
        reader.row(_QUERIES["await_appends"])
    return Moment(position_at(reader, instant), instant)


def moment_of_version(reader: Reader, kind: Kind, number: int, version: int) -> Moment | None:
    """When this version of an aggregate came to be; None where there is no such version."""
    row = reader.row(_QUERIES["version"], {"id": aggregate_id(kind, number), "version": version})
    return Moment(*row) if row else None


def newest_version(reader: Reader, kind: Kind, number: int) -> int | None:
    """The present version of an aggregate, of whatever account; None where there is none."""
    row = reader.row(_QUERIES["newest_version"], {"id": aggregate_id(kind, number)})
    return row[0] if row else None


def account_of(reader: Reader, kind: Kind, number: int) -> int | None:
    """Which account an aggregate belongs to; None where there is none."""
    row = reader.row(_QUERIES["account_of"], {"id": aggregate_id(kind, number)})
    return row[0] if row else None
