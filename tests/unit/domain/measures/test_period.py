"""Measurement periods as clients write them."""

from datetime import date

import pytest

from domain.errors import Invalid
from domain.measures.period import Period, last_ended, maintained, parse_period


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2025", date(2025, 1, 1), date(2025, 12, 31)),
        ("2024-Q1", date(2024, 1, 1), date(2024, 3, 31)),
        ("2025-Q3", date(2025, 7, 1), date(2025, 9, 30)),
        ("2025-Q4", date(2025, 10, 1), date(2025, 12, 31)),
        ("2024-02-29..2024-03-01", date(2024, 2, 29), date(2024, 3, 1)),
    ],
)
def test_a_period_has_both_its_ends_and_prints_as_it_was_written(
    text: str, start: date, end: date
) -> None:
    assert parse_period(text) == Period(start, end)
    assert str(parse_period(text)) == text


@pytest.mark.parametrize(
    "text",
    ["", "25", "0000", "0000-Q1", "2025-Q5", "2025-Q0", "2025-13-01..2025-12-31", "2025-01-01",
     "2025-02-30..2025-03-01", "2025-03-01..2025-02-01", "2025-01-01..", "9999-Q4"],
)  # fmt: skip
def test_what_is_no_period_is_refused_with_the_field(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_period(text)
    assert refused.value.faults[0].pointer == "#/period"


@pytest.mark.parametrize(
    ("every", "today", "ended"),
    [
        ("month", date(2026, 1, 1), "2025-12-01..2025-12-31"),
        ("month", date(2024, 3, 31), "2024-02-01..2024-02-29"),
        ("quarter", date(2026, 1, 1), "2025-Q4"),
        ("quarter", date(2026, 3, 31), "2025-Q4"),
        ("quarter", date(2026, 4, 1), "2026-Q1"),
        ("year", date(2026, 12, 31), "2025"),
    ],
)
def test_the_period_that_was_over_when_the_day_began(every: str, today: date, ended: str) -> None:
    assert str(last_ended(every, today)) == ended


def test_this_and_last_year_with_their_quarters_are_kept_up_to_date() -> None:
    assert [str(period) for period in maintained(date(2026, 2, 1))] == [
        "2026", "2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4",
        "2025", "2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4",
    ]  # fmt: skip
