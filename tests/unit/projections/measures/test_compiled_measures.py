"""What a compiled measure takes and gives: cells, spreads, filters, positions, bound constants."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

import pytest

from domain.measures.names import VariableName
from tests.unit.projections.measures import running
from tests.unit.projections.measures.running import ACCOUNT, Connection, cells, compiled, connected
from tests.unit.projections.measures.world import Person, Seen, store

VARIABLES = (
    VariableName(11, "number", "bp"),
    VariableName(12, "number", "weight"),
    VariableName(21, "date", "visit"),
)
MAY = date(2025, 5, 1)
SENT = ("1", "0", "0.0", "-3", "yes", "No", "false", "NEGATIVE", " ", "128/76", "refused", None)


def person(number: int, bp: str | None, weight: int | None = None) -> Person:
    seen = []
    if bp is not None:
        parts = [Decimal(part) for part in bp.split("/")] if bp[-1].isdigit() else []
        first, second = (*parts, None, None)[:2]
        seen.append(Seen(100 + number, 11, MAY, None, first, second, bp))
    if weight is not None:
        seen.append(Seen(200 + number, 12, MAY, None, Decimal(weight), None, str(weight)))
    return Person(number, seen=tuple(seen))


@pytest.fixture(scope="module")
def database(database_url: str) -> Iterator[Connection]:
    """Patients 1 to 5 with blood pressures, 50 and on with values of a filter."""
    people = [
        person(1, "128/76", 60),
        person(2, "139/89", 70),
        person(3, "150/80", 90),
        person(4, None, 100),
        person(5, "120", None),
    ]
    people += [person(50 + n, sent) for n, sent in enumerate(SENT)]
    with connected(database_url) as connection:
        store(connection, ACCOUNT, people)
        yield connection


def scores_of(database: Connection, lines: Sequence[str]) -> running.Scores:
    measure, statement = compiled(lines, VARIABLES)
    found = cells(database, statement, patient_ids=[1, 2, 3, 4, 5])
    return running.scores(measure, statement, found)


def test_the_published_example_is_computed(database: Connection) -> None:
    formula = ["count(patients where bp < 140/90) / count(patients) * 100"]
    assert scores_of(database, formula).score == 40


@pytest.mark.parametrize(
    ("formula", "score"),
    [
        ("count(patients)", "5"),
        ("count(weight)", "4"),
        ("sum(weight)", "320"),
        ("avg(weight)", "80"),
        ("median(weight)", "80"),
        ("min(weight) + max(weight)", "160"),
        ("percentile(weight, 25)", "67.5"),
        ("stddev(weight) * stddev(weight)", "333.3333333333333333333333333"),
        ("avg(weight where bp < 140/90)", "65"),
        ("count(weight where weight > 60)", "3"),
        ("avg(first(bp))", "139"),
        ("avg(weight / 2 where weight < 100)", "36.66666666666666666666666667"),
        ("count(patients where bp is missing) * 100 / count(patients)", "20"),
        ("-count(patients) + 2 * 3 - 1", "0"),
        ("sum(count(bp or weight))", "8"),
        ("coalesce(avg(weight where weight > 1000), 7)", "7"),
    ],
)
def test_free_scores_are_what_they_are_by_hand(
    database: Connection, formula: str, score: str
) -> None:
    found = scores_of(database, [formula]).score
    assert found is not None
    assert abs(found - Decimal(score)) < Decimal("1e-20")


@pytest.mark.parametrize(
    "formula",
    [
        "count(patients) / count(patients where false)",
        "sum(weight where weight > 1000)",
        "median(weight where false)",
        "stddev(weight where weight = 60)",
        "avg(visit - period.start)",
    ],
)
def test_an_undefined_score_is_none_and_not_zero(database: Connection, formula: str) -> None:
    assert scores_of(database, [formula]).score is None


def test_cells_are_flags_after_gating_in_standard_order(database: Connection) -> None:
    lines = [
        "numerator: true",
        "denominator exclusion: weight = 70",
        "denominator: bp < 140/90",
        "initial population: bp is known",
    ]
    _, statement = compiled(lines, VARIABLES)
    assert statement.cells == (
        "initial-population",
        "denominator",
        "denominator-exclusion",
        "numerator",
    )
    assert statement.spread == ()
    assert cells(database, statement, patient_ids=[1, 2, 3, 4, 5]) == {
        1: [1, 1, 0, 1],
        2: [1, 1, 1, 0],
        3: [1, 0, 0, 0],
        4: [0, 0, 0, 0],
        5: [1, 0, 0, 0],
    }


def test_cells_of_aggregates_are_additive_or_spread(database: Connection) -> None:
    _, statement = compiled(["avg(weight) + median(weight) + count(bp)"], VARIABLES)
    assert statement.cells == ("avg: sum", "avg: count", "percentile", "count")
    assert statement.spread == (2,)
    found = cells(database, statement, patient_ids=[1, 5])
    assert found == {1: [60, 1, 60, 1], 5: [0, 0, None, 1]}


@pytest.mark.parametrize(
    ("sent", "is_kept"),
    list(
        zip(
            SENT,
            (True, False, False, True, True, False, False, False, False, True, True, False),
            strict=True,
        )
    ),
)
def test_a_filter_variable_keeps_patients_whose_value_is_not_a_no(
    database: Connection, sent: str | None, is_kept: bool
) -> None:
    number = 50 + SENT.index(sent)
    _, populations = compiled(
        ["initial population: true", "numerator: true"], VARIABLES, filter_variable_id=11
    )
    _, score = compiled(["count(patients)"], VARIABLES, filter_variable_id=11)
    assert cells(database, populations, patient_ids=[number]) == {number: [int(is_kept)] * 3}
    assert cells(database, score, patient_ids=[number]) == {number: [int(is_kept)]}


def test_strata_and_groups_have_cells_of_their_own(database: Connection) -> None:
    lines = [
        'group "all":',
        "initial population: weight is known",
        "numerator: weight > 80",
        'stratum "heavy": weight >= 90',
        'group "few":',
        "initial population: weight < 80",
        "numerator: true",
    ]
    _, statement = compiled(lines, VARIABLES)
    assert cells(database, statement, patient_ids=[1, 3, 5]) == {
        1: [1, 1, 0, 0, 0, 0, 1, 1, 1],
        3: [1, 1, 1, 1, 1, 1, 0, 0, 0],
        5: [0, 0, 0, 0, 0, 0, 0, 0, 0],
    }


def test_nothing_a_formula_says_reaches_the_statement_but_as_a_bound_constant() -> None:
    lines = [
        "initial population: bp = 'wicked' and patient.\"wicked\" = 'x' and weight > 4321",
        "numerator: exists(visit on or before @1999-12-31) and age > 77",
    ]
    _, statement = compiled(lines, VARIABLES, filter_variable_id=12)
    for said in ("wicked", "4321", "1999", "77"):
        assert said not in statement.sql
    assert {"wicked", Decimal(4321), date(1999, 12, 31), Decimal(77)} <= {
        each for each in statement.parameters.values() if not isinstance(each, list)
    }
    assert all(name.startswith("c_") for name in statement.parameters)


def test_a_construct_said_twice_is_computed_once() -> None:
    once = "initial population: exists(visit during period)"
    twice = f"{once} and exists(visit during period) or exists(visit during period)"
    _, statement = compiled([twice], VARIABLES)
    assert statement.sql.count("FROM observations") == 1


def test_a_union_of_variables_of_one_kind_is_one_scan() -> None:
    _, statement = compiled(["initial population: exists(bp or weight)"], VARIABLES)
    assert statement.sql.count("FROM observations") == 1
