"""The CMS report: ready counts for maintained periods, one statement for any other."""

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from domain.clinical_time import instant
from domain.measures.period import Period, calendar_year, maintained, year_of
from projections.database import Reader
from projections.measures.entries import entries_at
from projections.moments import Moment
from projections.queries import load

_QUERIES = load("cms_reports")
_WAIT_SECONDS = 0.2
_POLL_SECONDS = 0.002


@dataclass(frozen=True)
class Report:
    """The report of an account for a period. It reflects the log up to `position`; where the
    account's line has stopped, `is_stale` says so and the position is where it stopped."""

    position: int
    is_stale: bool
    period: Period
    entries: list[orjson.Fragment]

    @property
    def body(self) -> dict[str, Any]:
        """`data` of the answer (contract section 4)."""
        return {
            "period": {"start": self.period.start.isoformat(), "end": self.period.end.isoformat()},
            "generated_at": instant(datetime.now(UTC)),
            "position": str(self.position),
            "stale": self.is_stale,
            "reports": self.entries,
        }


def find(
    reader: Reader,
    account_id: int,
    zone: str,
    period: Period | None = None,
    metric_id: int | None = None,
    min_position: int = 0,
) -> Report:
    """The account's report, of one metric or of all; by default for the current calendar year.

    Waits up to 200 ms for the projection to reach `min_position`, then answers with what is there
    and states its position.
    """
    today = datetime.now(ZoneInfo(zone)).date()
    wanted = period or calendar_year(today.year)
    deadline = time.monotonic() + _WAIT_SECONDS
    report = _read(reader, account_id, wanted, metric_id, today)
    while report.position < min_position and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        report = _read(reader, account_id, wanted, metric_id, today)
    return report


def find_at(
    reader: Reader,
    account_id: int,
    zone: str,
    moment: Moment,
    period: Period | None = None,
    metric_id: int | None = None,
) -> Report:
    """The report as it was at a moment, with the metrics of then; by default for its year."""
    wanted = period or year_of(moment.at, zone)
    chosen = None if metric_id is None else (metric_id,)
    entries = entries_at(reader, account_id, wanted, moment.position, chosen)
    return Report(moment.position, False, wanted, entries)


def _read(
    reader: Reader, account_id: int, period: Period, metric_id: int | None, today: date
) -> Report:
    scope = {
        "account_id": account_id, "metric_id": metric_id, "start": period.start, "end": period.end
    }  # fmt: skip
    position, stopped_at, ready, bodies = reader.rows(_QUERIES["find_reports"], scope)[0]
    reached = position if stopped_at is None else stopped_at
    if ready and period in maintained(today):
        entries = [orjson.Fragment(body) for body in bodies or ()]
    else:
        chosen = None if metric_id is None else (metric_id,)
        entries = entries_at(reader, account_id, period, reached, chosen)
    return Report(reached, stopped_at is not None, period, entries)
