"""Each rule of the formula language on one small patient, with the answer worked out by hand."""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal

import pytest

from domain.measures.names import VariableName
from tests.unit.projections.measures.running import ACCOUNT, Connection, cells, compiled, connected
from tests.unit.projections.measures.world import Person, Seen, store

VARIABLES = (
    VariableName(11, "number", "bp"),
    VariableName(12, "number", "hba1c"),
    VariableName(13, "number", "smoker"),
    VariableName(14, "number", "late"),
    VariableName(15, "number", "empty"),
    VariableName(21, "date", "visit"),
    VariableName(22, "date", "screen"),
    VariableName(23, "date", "diabetes", is_interval=True),
    VariableName(24, "date", "stay"),
    VariableName(25, "date", "planned"),
)


def value(number: int, variable: int, day: str, text: str) -> Seen:
    parts = [Decimal(part) for part in text.split("/")] if text[0].isdigit() else []
    first, second = (*parts, None, None)[:2]
    return Seen(number, variable, date.fromisoformat(day), None, first, second, text, since=number)


def day(number: int, variable: int, start: str, end: str | None = None) -> Seen:
    last = None if end is None else date.fromisoformat(end)
    return Seen(number, variable, date.fromisoformat(start), last, text=start, since=number)


ADA = Person(
    1,
    dob=date(1960, 2, 29),
    sex=" female",
    attributes=(
        ("income", 20),
        ("zip", "02139"),
        ("races", ["White", "asian"]),
        ("deceased", "2025-06-01"),
        ("odd key!", "Yes"),
    ),
    seen=(
        value(101, 11, "2025-03-01", "150/95"),
        value(102, 11, "2025-09-01", "128/76"),
        value(103, 11, "2025-09-01", "138/95"),
        value(104, 12, "2025-01-01", "9.5"),
        value(105, 12, "2025-12-31", "7"),
        value(106, 12, "2025-12-31", "refused"),
        value(107, 13, "2025-05-05", "Yes"),
        value(108, 14, "2026-01-01", "5"),
        day(109, 21, "2024-12-31"),
        day(110, 21, "2025-01-31"),
        day(111, 21, "2025-12-31"),
        day(112, 22, "2025-01-20"),
        day(113, 23, "2024-06-01"),
        day(114, 24, "2024-12-30", "2025-01-02"),
        day(115, 25, "2026-02-01"),
    ),
)
Holds = Callable[[str], bool]


@pytest.fixture(scope="module")
def database(database_url: str) -> Iterator[Connection]:
    with connected(database_url) as connection:
        store(connection, ACCOUNT, [ADA])
        yield connection


@pytest.fixture
def holds(database: Connection) -> Holds:
    """Whether Ada is in the initial population that an expression makes."""

    def is_member(expression: str) -> bool:
        _, statement = compiled([f"initial population: {expression}"], VARIABLES)
        return cells(database, statement)[1] == [1]

    return is_member


TRUE = [
    # current value: latest clinical day, ties by position; nothing after the period
    "bp = 138/95",
    "date of bp = @2025-09-01",
    "late is missing and count(late) = 0 and not exists(late)",
    "count(late where it.value > 0) = 1",
    "planned is missing and exists(planned on or after period.start)",
    # pairs: both parts must hold; != is not =; a pair against a plain number is unknown
    "bp < 140/96 and not bp < 140/90",
    "bp != 138/94",
    "(bp > 100) is missing and (hba1c < 140/90) is missing",
    "first(bp) = 138 and second(bp) = 95 and min(first(bp)) = 128",
    "bp + 1 is missing",
    # texts: they exist, their number is unknown, = folds case
    "smoker = 'yes' and smoker != 'no' and smoker is known",
    "(smoker > 1) is missing and smoker + 1 is missing",
    "text(latest(smoker)) = 'YES'",
    "hba1c = 'refused' and count(hba1c) = 3",
    # three values of truth
    "(empty > 1) is missing and not (empty > 1 and false)",
    "empty > 1 or true",
    "(empty > 1 or false) is missing",
    "(not (empty > 1)) is missing",
    "coalesce(empty, 3) = 3",
    "empty is missing and empty is not known and not empty is known",
    # division by zero is unknown; numbers are decimal
    "(1 / 0) is missing and 1/4 = 0.25 and 0.1 + 0.2 = 0.3",
    "-2 * 3 = -6 and 7 - 2 - 1 = 4 and 2 + 3 * 4 = 14",
    # facts of the patient
    "sex = 'f' and sex != 'M'",
    "age = 65 and age at period.start = 64 and age at @2024-02-29 = 64",
    "age at @2025-02-28 = 64 and age at @2025-03-01 = 65",
    "(age at @1960-02-28) is missing",
    "patient.income = 20 and patient.zip = '02139' and patient.zip > 2000",
    "patient.races = 'Asian' and patient.races in ('black', 'white') and patient.races != 'black'",
    "patient.\"odd key!\" = 'yes' and patient.none is missing",
    "deceased during period and deceased <= period.end and deceased - 1 day = @2025-05-31",
    "dob = @1960-02-29",
    # days: ends included
    "count(visit during period) = 2",
    "count(visit on or before @2024-12-31) = 1 and not exists(visit starts before @2024-12-31)",
    "stay overlaps period and not exists(stay during period) and exists(stay ends during period)",
    "diabetes overlaps period and not exists(diabetes during period)",
    "exists(diabetes where it.end is missing)",
    "exists(visit on same day as stay) and count(visit not on same day as stay) = 2",
    "exists(screen within 11 days of visit) and not exists(screen within 10 days of visit)",
    "visit on latest day during period",
    "count(hba1c on latest day) = 2 and min(hba1c on latest day) = 7",
    "diabetes starts before period.start overlaps period",
    # calendar arithmetic: months end on their last day
    "@2025-01-31 + 1 month = @2025-02-28 and @2024-02-29 - 1 year = @2023-02-28",
    "period.start - 2 years = @2023-01-01 and period.end + 1 day = @2026-01-01",
    "date of latest(visit) - date of earliest(visit) = 365",
    "date of latest(visit) - date of earliest(visit) >= 1 year",
    "date of latest(visit) - date of earliest(visit) < 366 days",
    # series to one value
    "max(hba1c) = 9.5 and sum(hba1c) = 16.5 and avg(hba1c) = 8.25 and median(hba1c) = 8.25",
    "percentile(hba1c, 0) = 7 and percentile(hba1c, 90) = 9.25",
    "max(smoker) is missing and count(empty) = 0 and sum(empty) is missing",
    "earliest(bp) = 150/95 and value of earliest(bp) > 149/94",
    "min(visit) = @2024-12-31",
    # where, it and aliases
    "count(bp where first(it.value) > 130 and it.start > period.start) = 2",
    "exists(visit as v where exists(screen where it.start between v.start - 14 days and v.start))",
    "count(visit as v where exists(screen as s where s.start <= v.start)) = 2",
    "exists(visit where age at it.start = 65) and exists(visit where age at it.start = 64)",
    "count(visit as v where count(hba1c where it.start = v.start) = 2) = 1",
    "exists(visit as v where value of latest(bp where it.start < v.start) = 138/95)",
    "exists(stay where it overlaps period)",
    "exists(visit as v where exists(stay where v during it))",
    # unions
    "count(visit or screen) = 4 and count(union(visit, screen, visit)) = 4",
    "count((visit or screen) during period) = 3",
    "exists(visit or bp) and count(visit or bp) = 6",
]


@pytest.mark.parametrize("expression", TRUE)
def test_it_is_true_of_ada(holds: Holds, expression: str) -> None:
    assert holds(expression)
    assert not holds(f"not ({expression})")
