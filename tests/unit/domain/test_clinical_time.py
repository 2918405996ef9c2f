"""The clinical day is the day there, not the day here."""

from datetime import UTC, date, datetime

import pytest

from domain.clinical_time import clinical_day, instant, parse_date
from domain.errors import Invalid

# 02:30 UTC on the first of March: still the 28th of February in New York, and noon in Auckland
# is the 1st.
NOW = datetime(2025, 3, 1, 2, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("observed_on", "zone", "day"),
    [
        ("2024-02-29", "America/New_York", date(2024, 2, 29)),
        ("2025-01-31T23:30:00-05:00", "UTC", date(2025, 1, 31)),
        ("2025-01-31T00:30:00+13:00", "UTC", date(2025, 1, 31)),
        ("2025-01-31T23:30:00", "America/New_York", date(2025, 1, 31)),
        ("2025-01-31T23:59:59Z", "Pacific/Auckland", date(2025, 1, 31)),
        (None, "UTC", date(2025, 3, 1)),
        (None, "America/New_York", date(2025, 2, 28)),
        (None, "Pacific/Auckland", date(2025, 3, 1)),
    ],
)
def test_the_day_is_the_one_where_the_patient_was(
    observed_on: str | None, zone: str, day: date
) -> None:
    assert clinical_day(observed_on, zone, NOW) == day


@pytest.mark.parametrize("text", ["yesterday", "2025-02-30", "2025-13-01", "", "2025-02-30T10:00"])
def test_what_is_no_day_of_the_calendar_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        clinical_day(text, "UTC", NOW)
    assert refused.value.faults[0].pointer == "#/observed_on"


@pytest.mark.parametrize(
    "text", ["2025-02-29", "20250301", "2025-3-1", "2025-03-01T00:00", "01.03.2025"]
)
def test_a_date_is_ten_characters_and_exists(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_date(text, "dob")
    assert refused.value.faults[0].pointer == "#/dob"


def test_instants_are_shown_in_utc() -> None:
    eastern = datetime.fromisoformat("2025-03-01T10:00:00.000250-05:00")
    assert instant(eastern) == "2025-03-01T15:00:00.000250Z"
