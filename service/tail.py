"""The log as it grows, for the terminal."""

import time

from domain.clinical_time import instant
from domain.ids import kind_of, number_of
from projections.database import Database

_POLL_SECONDS = 0.2
_SHOWN_AT_FIRST = 10


def tail(database: Database, after: int | None, *, is_following: bool) -> None:
    """Print position, time, topic, aggregate, version and actor of each event, no content."""
    position = _begin(database) if after is None else after
    while True:
        rows = database.rows(
            "SELECT position, recorded_at, topic, originator_id, originator_version, actor"
            " FROM events WHERE position > %s ORDER BY position LIMIT 500",
            (position,),
        )
        for position, recorded_at, topic, originator_id, version, actor in rows:
            what = f"{kind_of(originator_id).name.lower()} {number_of(originator_id)}"
            print(position, instant(recorded_at), topic, f"{what} v{version}", actor, sep="  ")
        if not rows:
            if not is_following:
                return
            time.sleep(_POLL_SECONDS)


def _begin(database: Database) -> int:
    row = database.row("SELECT coalesce(max(position), 0) FROM events")
    return max(0, (row[0] if row else 0) - _SHOWN_AT_FIRST)
