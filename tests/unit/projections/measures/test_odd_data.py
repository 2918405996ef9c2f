"""What happens with odd data, as docs/formulas.md says it: each case by hand on one patient."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from tests.unit.projections.measures.running import (
    ACCOUNT,
    Connection,
    cells,
    compiled,
    connected,
    scores,
)
from tests.unit.projections.measures.world import VARIABLES, Person, Seen, store

PERIOD_OF_NOBODY = (date(1900, 1, 1), date(1900, 12, 31))


def seen(number: int, variable: int, start: str, end: str | None = None) -> Seen:
    last = None if end is None else date.fromisoformat(end)
    return Seen(number, variable, date.fromisoformat(start), last, text=start)


EVE = Person(
    1,
    dob=date(2000, 6, 15),
    seen=(
        replace(seen(101, 12, "1999-01-01"), number=Decimal(5), text="5"),  # before she was born
        replace(seen(102, 12, "2025-03-01"), number=Decimal(0), text="0"),
        replace(seen(103, 12, "2026-02-01"), number=Decimal(9), text="9"),  # after the period
        seen(104, 21, "1999-01-01"),
        seen(105, 21, "2030-01-01"),
        seen(106, 23, "2025-06-10", "2025-06-01"),  # ends before it starts
        seen(107, 24, "2020-01-01", "2027-12-31"),
    ),
)


@pytest.fixture(scope="module")
def database(database_url: str) -> Iterator[Connection]:
    with connected(database_url) as connection:
        store(connection, ACCOUNT, [EVE])
        yield connection


CASES = {
    "division by zero is missing": [
        "(1 / hba1c) is missing",
        "(hba1c / hba1c) is missing and (0 / 0) is missing",
        "(1 / hba1c > 0) is missing and (1 / hba1c > 0 or true)",
        "coalesce(1 / hba1c, 3) = 3",
    ],
    "before birth there is no age, and a value counts by its day like any other": [
        "(age at @2000-06-14) is missing and age at @2000-06-15 = 0",
        "(age at @1999-01-01 >= 0) is missing and (age at @1999-01-01 < 18) is missing",
        "count(visit where age at it.start >= 0) = 1 and count(visit where true) = 2",
        "exists(visit starts before dob) and earliest(hba1c) = 5",
        "count(hba1c where it.start < dob) = 1",
    ],
    "what starts after the period is left out, unless a filter asks for it": [
        "hba1c = 0 and max(hba1c) = 5 and count(hba1c) = 2",
        "exists(hba1c on or after @2026-01-01) and count(hba1c where it.value = 9) = 1",
        "exists(visit starts after period.end) and not exists(visit during period)",
        "date of latest(visit) = @1999-01-01",
    ],
    "an interval that ends before it starts is taken as it is written": [
        "not exists(visit during [period.end, period.start])",
        "not exists(visit overlaps [@2030-12-31, @1990-01-01])",
        "not exists(hba1c during [@2025-03-02, @2025-02-28])",
        "(age between 30 and 20) is known and not age between 30 and 20",
        "not exists(housing during [@2025-12-31, @2025-01-01])",
        "exists(housing overlaps [@2025-12-31, @2025-01-01])",  # it holds both of its ends
        "exists(diabetes) and exists(diabetes overlaps period)",
        "exists(diabetes starts during period) and exists(diabetes ends during period)",
        "not exists(diabetes overlaps [@2025-06-02, @2025-06-09])",
    ],
}


@pytest.mark.parametrize(
    ("rule", "expression"),
    [(rule, expression) for rule, expressions in CASES.items() for expression in expressions],
)
def test_odd_data_has_a_defined_answer(database: Connection, rule: str, expression: str) -> None:
    _, statement = compiled([f"initial population: {expression}"], VARIABLES)
    assert cells(database, statement)[EVE.id] == [1], rule


EMPTY = [
    ["initial population: false", "numerator: true"],
    ["initial population: true", "denominator exclusion: true", "numerator: true"],
    ["initial population: true", "denominator: false", "numerator: true"],
    ["scoring: ratio", "initial population: false", "numerator: true"],
    *(
        [
            f"scoring: continuous-variable ({method})",
            "initial population: true",
            "measure population: false",
            "measure observation: hba1c",
        ]
        for method in ("median", "mean", "min", "max")
    ),
    ["avg(hba1c where false)"],
    ["count(patients where false) / count(patients where false)"],
    ["sum(hba1c) / count(patients where age > 150)"],
]


@pytest.mark.parametrize("lines", EMPTY, ids=lambda lines: "; ".join(lines))
def test_an_empty_population_has_neither_rate_nor_score(
    database: Connection, lines: list[str]
) -> None:
    measure, statement = compiled(lines, VARIABLES)
    found = scores(measure, statement, cells(database, statement))
    assert (found.performance_rate, found.score) == (None, None)


def test_a_cohort_of_nobody_counts_zero(database: Connection) -> None:
    measure, statement = compiled(["scoring: cohort", "initial population: false"], VARIABLES)
    assert scores(measure, statement, cells(database, statement)).score == 0


def test_an_account_without_patients_has_neither_rate_nor_score(database: Connection) -> None:
    measure, statement = compiled(["initial population: true", "numerator: true"], VARIABLES)
    found = scores(measure, statement, cells(database, statement, patient_ids=[]))
    assert (found.performance_rate, found.score, found.populations) == (
        None, None, {"initial-population": 0, "denominator": 0, "numerator": 0},
    )  # fmt: skip


def test_in_a_period_before_birth_nobody_has_an_age(database: Connection) -> None:
    for condition, expected in (("age >= 0", 0), ("not age >= 0", 0), ("age is missing", 1)):
        _, statement = compiled([f"initial population: {condition}"], VARIABLES)
        assert cells(database, statement, period=PERIOD_OF_NOBODY)[EVE.id] == [expected]
