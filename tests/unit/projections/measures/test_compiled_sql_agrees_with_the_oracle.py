"""For random formulas and patients the compiled SQL and a plain interpreter say the same."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.measures.names import Names
from domain.measures.parser import Measure, parse
from domain.measures.scoring import score
from projections.measures.compiler import CompiledMeasure, compile_measure
from tests.unit.projections.measures.formulas import proportions, scores
from tests.unit.projections.measures.oracle_measures import PERIOD, free_score, proportion, read
from tests.unit.projections.measures.world import (
    BY_ID,
    NOW,
    VARIABLES,
    Inventor,
    known_at,
    store,
)

ACCOUNT, OTHER_ACCOUNT = 1, 2
NAMES = Names(VARIABLES)
INVENTOR = Inventor(7)
PEOPLE = INVENTOR.people(70, first_id=1)
STRANGERS = INVENTOR.people(5, first_id=900)
POSITIONS = st.sampled_from([NOW, NOW, 20])
Connection = psycopg.Connection[Any]

many = settings(
    max_examples=400, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
fewer = settings(many, max_examples=150)


@pytest.fixture(scope="module")
def database(database_url: str) -> Iterator[Connection]:
    """The invented patients of one account, and some of another."""
    with psycopg.connect(database_url, autocommit=True, prepare_threshold=None) as connection:
        connection.execute("SET search_path = attestor")
        connection.execute("SET jit = off")
        store(connection, ACCOUNT, PEOPLE)
        store(connection, OTHER_ACCOUNT, STRANGERS)
        connection.execute("ANALYZE")
        yield connection


def cells(
    database: Connection,
    compiled: CompiledMeasure,
    position: int = NOW,
    patient_ids: list[int] | None = None,
) -> dict[int, list[Decimal | None]]:
    """The cells of each patient."""
    scope = {
        "account_id": ACCOUNT,
        "patient_ids": patient_ids,
        "start": PERIOD[0],
        "end": PERIOD[1],
        "position": position,
    }
    return dict(database.execute(compiled.sql, {**compiled.parameters, **scope}).fetchall())


def computed_score(
    database: Connection, measure: Measure, compiled: CompiledMeasure, position: int
) -> Decimal | None:
    columns = list(zip(*cells(database, compiled, position).values(), strict=True))
    totals = [sum((n for n in column if n is not None), Decimal(0)) for column in columns]
    spreads = {n: [x for x in columns[n] if x is not None] for n in compiled.spread}
    return score(measure, totals, spreads).score


@many
@given(lines=proportions(2), position=POSITIONS)
def test_populations_of_random_measures_are_the_same(
    database: Connection, lines: list[str], position: int
) -> None:
    people = known_at(PEOPLE, position)
    compiled = compile_measure(parse(lines, NAMES), BY_ID)
    definitions, others = read(lines)
    assert cells(database, compiled, position) == {
        person.id: proportion(definitions, others, person) for person in people
    }


@fewer
@given(line=scores(2), position=POSITIONS)
def test_free_scores_are_the_same(database: Connection, line: str, position: int) -> None:
    measure = parse([line], NAMES)
    found = computed_score(database, measure, compile_measure(measure, BY_ID), position)
    _, trees = read([f"score: {line}"])
    expected = free_score(trees["score"], known_at(PEOPLE, position))
    if expected is None:
        assert found is None
    else:
        assert found is not None
        assert float(found) == pytest.approx(float(expected), rel=1e-12, abs=1e-12)


@fewer
@given(lines=proportions(1), chosen=st.sets(st.integers(1, 75), max_size=5))
def test_chosen_patients_have_the_cells_they_have_among_all(
    database: Connection, lines: list[str], chosen: set[int]
) -> None:
    compiled = compile_measure(parse(lines, NAMES), BY_ID)
    everyone = cells(database, compiled)
    some = cells(database, compiled, patient_ids=sorted(chosen))
    assert some == {number: everyone[number] for number in chosen & set(everyone)}
