"""The composite example of the HL7 quality measure guide comes out with its published scores."""

import json
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from domain.measures.parser import Names, PartMetric, parse
from domain.measures.scoring import Scores
from projections.measures.compiler import compile_measure
from tests.unit.projections.measures.running import ACCOUNT, Connection, cells, connected, scores
from tests.unit.projections.measures.world import Person, store

SHARED = Path(os.environ.get("ATTESTOR_SHARED") or Path(__file__).parents[3] / "shared")
GOLDEN_FILE = SHARED / "data" / "cqm" / "composite-golden.json"
if not GOLDEN_FILE.is_file():
    pytest.skip(f"no composite example at {GOLDEN_FILE}", allow_module_level=True)

GOLDEN = json.loads(GOLDEN_FILE.read_text())
MATRIX = GOLDEN["rows_are_measures"]
EXPECT = GOLDEN["expect"]


def component(number: int) -> PartMetric:
    """The measure in one row of the example; n/a is not in its denominator."""
    lines = [
        f"initial population: patient.m{number} != 'n/a'",
        f"numerator: patient.m{number} = 'T'",
    ]
    return PartMetric(parse(lines, Names([])))


@pytest.fixture(scope="module")
def database(database_url: str) -> Iterator[Connection]:
    people = [
        Person(s + 1, attributes=tuple((f"m{m}", row[s]) for m, row in enumerate(MATRIX)))
        for s in range(len(GOLDEN["subjects"]))
    ]
    people += [
        Person(100 + n, attributes=(("a", n < 80), ("b", n < 80), ("c", n < 20)))
        for n in range(100)
    ]
    with connected(database_url) as connection:
        store(connection, ACCOUNT, people)
        yield connection


def scored(database: Connection, method: str, patients: list[int]) -> Scores:
    components = ", ".join(f"metric({n})" for n in range(len(MATRIX)))
    metrics = {n: component(n) for n in range(len(MATRIX))}
    measure = parse([f"composite: {method} of {components}"], Names([]), metrics=metrics)
    statement = compile_measure(measure, {})
    return scores(measure, statement, cells(database, statement, patient_ids=patients))


EVERYONE = list(range(1, len(GOLDEN["subjects"]) + 1))


def test_opportunity_is_met_of_all_that_applies(database: Connection) -> None:
    found = scored(database, "opportunity", EVERYONE)
    assert found.populations == {
        "denominator": EXPECT["opportunity_den"],
        "numerator": EXPECT["opportunity_num"],
    }
    assert round(float(found.score or 0) * 100, 1) == EXPECT["opportunity"]


def test_patient_linear_is_the_mean_of_the_patients_shares(database: Connection) -> None:
    found = scored(database, "patient-linear", EVERYONE)
    assert round(float(found.score or 0) * 100, 1) == EXPECT["subject_level_linear"]
    assert float(found.score or 0) == pytest.approx(GOLDEN["recomputed"]["linear_exact"], abs=1e-15)


@pytest.mark.parametrize("patient", EVERYONE)
def test_each_patient_has_the_published_share(database: Connection, patient: int) -> None:
    found = scored(database, "patient-linear", [patient])
    assert round(float(found.score or 0) * 100, 1) == EXPECT["patient_percent"][patient - 1]


def test_all_or_nothing_counts_patients_who_meet_all(database: Connection) -> None:
    found = scored(database, "all-or-nothing", EVERYONE)
    assert found.score == Decimal(str(GOLDEN["recomputed"]["all_or_nothing_derived"]))
    assert found.populations == {"denominator": 10, "numerator": 2}


@pytest.mark.parametrize(
    ("weights", "score"), [("", "0.8"), (" weight 2", "0.8"), (" weight 0", "0.8")]
)
def test_weighted_turns_a_component_around_where_less_is_better(
    database: Connection, weights: str, score: str
) -> None:
    lines = [f"composite: weighted of metric(1){weights}, metric(2), metric(3)"]
    parts = {
        number: PartMetric(
            parse(["initial population: true", f"numerator: patient.{key}"], Names([])), is_better
        )
        for number, (key, is_better) in enumerate([("a", True), ("b", True), ("c", False)], start=1)
    }
    measure = parse(lines, Names([]), metrics=parts)
    statement = compile_measure(measure, {})
    found = cells(database, statement, patient_ids=list(range(100, 200)))
    assert scores(measure, statement, found).score == Decimal(score)
