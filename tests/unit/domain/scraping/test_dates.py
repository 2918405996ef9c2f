from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.scraping.dates import dates_in, day_first, masked

SHAPES = [
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d-%b-%Y",
    "%d %B %Y",
    "%B %d, %Y",
    "%b %d %Y",
    "%Y%m%d",
]


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)), st.sampled_from(SHAPES))
def test_a_date_is_read_back_from_every_shape(day: date, shape: str) -> None:
    text = f"seen {day.strftime(shape)} by"
    assert [found.value for found in dates_in(text)] == [day]


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_day_and_month_are_read_in_the_order_of_the_document(day: date) -> None:
    (found,) = dates_in(day.strftime("%d/%m/%Y"), day_first=True)
    assert found.value == day
    assert found.ambiguous == (day.day <= 12)


@pytest.mark.parametrize(
    "text", ["31/31/2020", "2020-02-30", "120/80", "7.2", "May", "1.2.3.4", "555-0100", "2024"]
)
def test_what_is_no_date_is_not_read_as_one(text: str) -> None:
    assert list(dates_in(text)) == []


def test_the_dates_of_a_document_vote_on_day_or_month_first() -> None:
    assert day_first(["01/02/2024", "25/02/2024"])
    assert not day_first(["01/02/2024", "02/25/2024"])
    assert not day_first(["01/02/2024"])


def test_two_digit_years_are_of_this_century_up_to_2030() -> None:
    assert [found.value.year for found in dates_in("1/2/30 and 1/2/31")] == [2030, 1931]


def test_digits_of_dates_and_times_are_masked() -> None:
    text = "at 10:34 on 3/4/2024"
    covered = "".join(text[start:end] for start, end in sorted(masked(text)))
    assert covered == "10:343/4/2024"
