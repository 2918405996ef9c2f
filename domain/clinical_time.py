"""Clinical time: when something was true of the patient, and on which day."""

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from domain.errors import Invalid

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def parse_date(text: str, field: str) -> date:
    """An ISO calendar date `YYYY-MM-DD`, or Invalid naming the field."""
    if not _DATE.fullmatch(text):
        raise Invalid.field(field, "must be a date, YYYY-MM-DD")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Invalid.field(field, f"must be a date of the calendar ({error})") from error


def clinical_day(observed_on: str | None, zone: str, now: datetime) -> date:
    """The day there: as sent with its offset, else in the account's zone; without any, today."""
    if observed_on is None:
        return now.astimezone(ZoneInfo(zone)).date()
    if _DATE.fullmatch(observed_on):
        return parse_date(observed_on, "observed_on")
    try:
        return datetime.fromisoformat(observed_on).date()
    except ValueError as error:
        raise Invalid.field("observed_on", "must be an ISO date or instant") from error


def instant(moment: datetime) -> str:
    """RFC 3339 in UTC with `Z`, to the microsecond where there are any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
