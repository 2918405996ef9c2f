"""For random formulas and patients the compiled SQL and a plain interpreter say the same."""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import Any

import psycopg
import pytest
from lark import Token, Tree
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from domain.measures.names import Names, fold
from domain.measures.parser import parse
from domain.measures.syntax import grammar
from projections.measures.compiler import compile_measure
from tests.unit.projections.measures import oracle
from tests.unit.projections.measures.formulas import proportions
from tests.unit.projections.measures.world import (
    BY_ID,
    NOW,
    VARIABLES,
    Inventor,
    Person,
    known_at,
    store,
)

ACCOUNT, OTHER_ACCOUNT = 1, 2
PERIOD = (date(2025, 1, 1), date(2025, 12, 31))
NAMES = Names(VARIABLES)
INVENTOR = Inventor(7)
PEOPLE = INVENTOR.people(70, first_id=1)
STRANGERS = INVENTOR.people(5, first_id=900)
VARIABLES_BY_NAME = {fold(each.name): each for each in VARIABLES}


@pytest.fixture(scope="module")
def database(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database_url, autocommit=True, prepare_threshold=None) as connection:
        connection.execute("SET search_path = attestor")
        connection.execute("SET jit = off")
        store(connection, ACCOUNT, PEOPLE)
        store(connection, OTHER_ACCOUNT, STRANGERS)
        connection.execute("ANALYZE")
        yield connection


def computed(
    database: psycopg.Connection[Any],
    lines: list[str],
    position: int = NOW,
    patient_ids: list[int] | None = None,
    filter_variable_id: int | None = None,
) -> dict[int, list[Any]]:
    compiled = compile_measure(parse(lines, NAMES), BY_ID, filter_variable_id)
    scope = {
        "account_id": ACCOUNT,
        "patient_ids": patient_ids,
        "start": PERIOD[0],
        "end": PERIOD[1],
        "position": position,
    }
    return dict(database.execute(compiled.sql, {**compiled.parameters, **scope}).fetchall())


def trees(lines: list[str]) -> dict[str, Tree[Token]]:
    """The syntax tree of each line by its name."""
    return {
        name: grammar().parse(body.strip()).children[0]
        for name, body in (line.split(":", 1) for line in lines)
    }


def expected(lines: dict[str, Tree[Token]], person: Person) -> list[int]:
    """Membership by the rules of the measure's lines, population by population."""
    said: dict[str, bool] = {}
    for name, tree in lines.items():
        context = oracle.Context(person, PERIOD, VARIABLES_BY_NAME, populations=dict(said))
        said[name] = oracle.truth(oracle.evaluate(tree, context)) is True
    ip = said["initial population"]
    den = ip and said.get("denominator", True)
    denex = den and said.get("denominator exclusion", False)
    num = den and not denex and said["numerator"]
    numex = num and said.get("numerator exclusion", False)
    denexcep = den and not denex and not num and said.get("denominator exception", False)
    found = {
        "initial population": ip, "denominator": den, "denominator exclusion": denex,
        "denominator exception": denexcep, "numerator": num, "numerator exclusion": numex,
    }  # fmt: skip
    return [int(v) for k, v in found.items() if k in said or k == "denominator"]


@settings(max_examples=int(__import__("os").environ.get("N","400")), suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(lines=proportions(2), position=st.sampled_from([NOW, NOW, 20]))
def test_populations_of_random_measures_are_the_same(
    database: psycopg.Connection[Any], lines: list[str], position: int
) -> None:
    people = known_at(PEOPLE, position)
    read = trees(lines)
    assert computed(database, lines, position) == {p.id: expected(read, p) for p in people}
