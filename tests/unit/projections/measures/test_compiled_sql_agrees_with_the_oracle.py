"""For random formulas and patients the compiled SQL and a plain interpreter say the same."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.projections.measures import running
from tests.unit.projections.measures.formulas import proportions, scores
from tests.unit.projections.measures.oracle_measures import free_score, proportion, read
from tests.unit.projections.measures.running import ACCOUNT, Connection, cells, compiled, connected
from tests.unit.projections.measures.world import NOW, VARIABLES, Inventor, known_at, store

OTHER_ACCOUNT = 2
INVENTOR = Inventor(7)
PEOPLE = INVENTOR.people(70, first_id=1)
STRANGERS = INVENTOR.people(5, first_id=900)
POSITIONS = st.sampled_from([NOW, NOW, 20])

many = settings(
    max_examples=1_400, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
fewer = settings(many, max_examples=400)


@pytest.fixture(scope="module")
def database(database_url: str) -> Iterator[Connection]:
    """The invented patients of one account, and some of another."""
    with connected(database_url) as connection:
        store(connection, ACCOUNT, PEOPLE)
        store(connection, OTHER_ACCOUNT, STRANGERS)
        connection.execute("ANALYZE")
        yield connection


@many
@given(lines=proportions(2), position=POSITIONS)
def test_populations_of_random_measures_are_the_same(
    database: Connection, lines: list[str], position: int
) -> None:
    _, statement = compiled(lines, VARIABLES)
    definitions, others = read(lines)
    assert cells(database, statement, position) == {
        person.id: proportion(definitions, others, person) for person in known_at(PEOPLE, position)
    }


@fewer
@given(line=scores(2), position=POSITIONS)
def test_free_scores_are_the_same(database: Connection, line: str, position: int) -> None:
    measure, statement = compiled([line], VARIABLES)
    found = running.scores(measure, statement, cells(database, statement, position)).score
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
    _, statement = compiled(lines, VARIABLES)
    everyone = cells(database, statement)
    some = cells(database, statement, patient_ids=sorted(chosen))
    assert some == {number: everyone[number] for number in chosen & set(everyone)}
