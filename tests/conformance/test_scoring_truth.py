"""The nine patients of the HL7 quality measure guide get its published populations and scores."""

import json
import os
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.unit.projections.measures.running import (
    ACCOUNT,
    Connection,
    cells,
    compiled,
    connected,
    scores,
)
from tests.unit.projections.measures.world import Person, store

SHARED = Path(os.environ.get("ATTESTOR_SHARED") or Path(__file__).parents[3] / "shared")
TRUTH_FILE = SHARED / "data" / "cqm" / "scoring-truth.json"
if not TRUTH_FILE.is_file():
    pytest.skip(f"no scoring truth table at {TRUTH_FILE}", allow_module_level=True)

TRUTH = json.loads(TRUTH_FILE.read_text())
PATIENTS = tuple(TRUTH["proportion"])[:-1]
YEAR = (date(2024, 1, 1), date(2024, 12, 31))
CRITERIA = ("ip", "den", "denex", "denexcep", "num", "numex")
CODES = dict(
    zip(
        CRITERIA,
        (
            "initial-population",
            "denominator",
            "denominator-exclusion",
            "denominator-exception",
            "numerator",
            "numerator-exclusion",
        ),
        strict=True,
    )
)
IN_NUMERATOR_OF_RATIO = ("ada", "dev", "eve", "gus", "cyd")
PROPORTION = [
    "initial population: patient.ip",
    "denominator: patient.den",
    "denominator exclusions: patient.denex",
    "denominator_exceptions: patient.denexcep",
    "numerator: patient.num",
    "numerator exclusion: patient.numex",
]
RATIO = [
    "scoring: ratio",
    "initial population: patient.ip",
    "initial population for numerator: patient.ratio_num",
    "denominator: patient.den",
    "denominator exclusion: patient.denex",
    "numerator: patient.ratio_num",
    "numerator exclusion: patient.numex",
]


def criteria(name: str) -> dict[str, Any]:
    """What is true of a patient before gating: what the file counts, and what its notes add."""
    counted = {key: bool(TRUTH["proportion"][name][key]) for key in CRITERIA}
    gated = {"dev": {"num": True}, "gus": {"denexcep": True}}.get(name, {})
    observed = TRUTH["continuous_variable"]["observations"].get(name)
    return {
        **counted,
        **gated,
        "ratio_num": name in IN_NUMERATOR_OF_RATIO,
        "observed": observed,
    }


@pytest.fixture(scope="module")
def database(database_url: str) -> Iterator[Connection]:
    people = [
        Person(number, attributes=tuple(criteria(name).items()))
        for number, name in enumerate(PATIENTS, start=1)
    ]
    with connected(database_url) as connection:
        store(connection, ACCOUNT, people)
        yield connection


@pytest.mark.parametrize("name", PATIENTS)
def test_each_patient_is_in_the_published_populations(database: Connection, name: str) -> None:
    measure, statement = compiled(PROPORTION, [])
    number = PATIENTS.index(name) + 1
    own = {number: cells(database, statement, period=YEAR)[number]}
    found = scores(measure, statement, own)
    assert found.populations == {CODES[key]: TRUTH["proportion"][name][key] for key in CRITERIA}
    assert found.score == TRUTH["proportion"][name]["score"]


def test_the_proportion_has_the_published_counts_and_score(database: Connection) -> None:
    measure, statement = compiled(PROPORTION, [])
    found = scores(measure, statement, cells(database, statement, period=YEAR))
    summary = TRUTH["proportion"]["summary"]
    assert found.populations == {CODES[key]: summary[key] for key in CRITERIA}
    assert found.score == Decimal(str(summary["score"]))
    assert (found.performance_met, found.performance_not_met) == (2, 2)
    assert found.performance_rate == Decimal("50.00")


def test_the_ratio_has_the_published_counts_and_score(database: Connection) -> None:
    measure, statement = compiled(RATIO, [])
    found = scores(measure, statement, cells(database, statement, period=YEAR))
    summary = TRUTH["ratio"]["summary"]
    assert found.populations == {
        "initial-population": summary["ip1"],
        "initial-population-for-numerator": summary["ip2"],
        "denominator": summary["den"],
        "denominator-exclusion": summary["denex"],
        "numerator": summary["num"],
        "numerator-exclusion": summary["numex"],
    }
    assert found.score == Decimal(str(summary["score"]))


@pytest.mark.parametrize(
    ("method", "score"),
    [("median", "1"), ("sum", "6"), ("mean", "1.2"), ("count", "5"), ("min", "0"), ("max", "3")],
)
def test_the_continuous_variable_has_the_published_counts_and_score(
    database: Connection, method: str, score: str
) -> None:
    lines = [
        f"scoring: continuous-variable ({method})",
        "initial population: patient.ip",
        "measure population: patient.den",
        "measure population exclusion: patient.denex",
        "measure observation: patient.observed",
    ]
    measure, statement = compiled(lines, [])
    found = scores(measure, statement, cells(database, statement, period=YEAR))
    summary = TRUTH["continuous_variable"]["summary"]
    assert found.populations == {
        "initial-population": summary["ip"],
        "measure-population": summary["measure_population"],
        "measure-population-exclusion": summary["measure_population_exclusion"],
        "measure-observation": summary["observations"],
    }
    assert found.score == Decimal(score)


def test_the_cohort_counts_its_initial_population(database: Connection) -> None:
    measure, statement = compiled(["initial population: patient.ip"], [])
    found = scores(measure, statement, cells(database, statement, period=YEAR))
    assert measure.scoring == "cohort"
    assert found.populations == {"initial-population": TRUTH["cohort"]["summary"]["ip"]}
    assert found.score == TRUTH["cohort"]["summary"]["score"]
