"""Which period and which moment a page is about, as the address of the page says."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from api.answers import last_position
from api.dashboard.request import DashboardRequest
from domain.clinical_time import instant
from domain.errors import Invalid
from domain.measures.period import Period, parse_period, year_of
from projections import cms_reports
from projections.database import Reader
from projections.moments import Moment, moment_at
from service.bootstrap import Services


@dataclass(frozen=True)
class Asked:
    """What the pickers of a page say; `moment` None is now."""

    period: Period
    moment: datetime | None

    @property
    def choices(self) -> list[str]:
        """Periods that the picker offers."""
        year = datetime.now(UTC).year
        whole = [str(each) for each in range(year, year - 4, -1)]
        return [*whole, *(f"{year}-Q{n}" for n in (1, 2, 3, 4))]

    @property
    def as_of(self) -> str | None:
        """The moment as an address holds it."""
        return None if self.moment is None else instant(self.moment)

    def local(self, zone: str) -> str | None:
        """The moment as a browser's field shows it, in a zone, to the minute."""
        if self.moment is None:
            return None
        return f"{self.moment.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}"


def asked(req: DashboardRequest) -> Asked:
    """The page's `period` and `as_of`; by default this year, now. Raises Invalid."""
    text, zone = req.get_param("period"), ZoneInfo(req.principal.zone)
    moment = _moment(req.get_param("as_of"), zone)
    this_year = year_of(moment or datetime.now(UTC), req.principal.zone)
    return Asked(parse_period(text.strip()) if text else this_year, moment)


def report_of(
    reader: Reader, req: DashboardRequest, wanted: Asked, metric_id: int | None = None
) -> cms_reports.Report:
    """The CMS report that the page shows."""
    principal = req.principal
    account = (principal.account_id, principal.zone)
    moment = moment_of(reader, wanted)
    if moment is None:
        return cms_reports.find(reader, *account, wanted.period, metric_id)
    return cms_reports.find_at(reader, *account, moment, wanted.period, metric_id)


def moment_of(reader: Reader, wanted: Asked) -> Moment | None:
    """The place in the log of the page's `as_of`; None, which means now, without it."""
    return None if wanted.moment is None else moment_at(reader, wanted.moment)


def position_of(services: Services, moment: Moment | None) -> int:
    """The place in the log of a moment; None is the end of the log."""
    return moment.position if moment else last_position(services)


def _moment(text: str | None, zone: ZoneInfo) -> datetime | None:
    """An instant, or a local date and time as a browser's field sends it."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid.field("as_of", "must be a date and a time") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    if moment > datetime.now(UTC):
        raise Invalid.field("as_of", "lies in the future")
    return moment.astimezone(UTC)
