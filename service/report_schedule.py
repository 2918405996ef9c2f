"""Reports that freeze themselves when their month, quarter or year is over."""

from domain.account import ALL_SCOPES
from domain.measures.period import last_ended
from projections.database import Database
from service.context import Context, Principal
from service.reports import Reports

_DUE = (
    "SELECT s.account_id, s.every, s.metric_ids, a.zone, (now() AT TIME ZONE a.zone)::date"
    " FROM report_schedules s JOIN accounts a ON a.id = s.account_id ORDER BY 1, 2"
)
_IS_FROZEN = (
    "SELECT FROM reports WHERE account_id = %s AND period_start = %s AND period_end = %s"
    " AND frozen_by = 'system:attestor'"
)


class ReportSchedule:
    """What is frozen by itself, and when. One worker acts on it, so nothing is frozen twice."""

    def __init__(self, database: Database, reports: Reports) -> None:
        self._database = database
        self._reports = reports

    def set(self, account_id: int, every: str, metric_ids: list[int] | None) -> None:
        """From now on freeze these metrics (None: all) after each month, quarter or year."""
        self._database.execute(
            "INSERT INTO report_schedules AS s (account_id, every, metric_ids)"
            " VALUES (%s, %s, %s) ON CONFLICT (account_id, every)"
            " DO UPDATE SET metric_ids = excluded.metric_ids",
            (account_id, every, metric_ids),
        )

    def remove(self, account_id: int, every: str) -> None:
        """Freeze no more by itself."""
        self._database.execute(
            "DELETE FROM report_schedules WHERE account_id = %s AND every = %s",
            (account_id, every),
        )

    def freeze_due(self) -> int:
        """Freeze what is due and not frozen yet; how many reports."""
        frozen = 0
        for account_id, every, metric_ids, zone, today in self._database.rows(_DUE):
            period = last_ended(every, today)
            if self._database.row(_IS_FROZEN, (account_id, period.start, period.end)) is not None:
                continue
            principal = Principal(account_id, zone, frozenset(ALL_SCOPES))
            context = Context(
                principal, f"schedule-{every}-{period}", channel="system",
                correlation_id=f"schedule:{every}",
            )  # fmt: skip
            chosen = None if metric_ids is None else tuple(metric_ids)
            self._reports.freeze(context, period, chosen)
            frozen += 1
        return frozen
