"""Published test cases of CMS measures come out as their official measure reports say."""

import json
import os
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from domain.measures.names import VariableName
from tests.conformance.ecqm_measures import CMS122, CMS130, CMS165, lines
from tests.unit.projections.measures.running import (
    ACCOUNT,
    cells,
    compiled,
    connected,
)
from tests.unit.projections.measures.world import Person, Seen, store

SHARED = Path(os.environ.get("ATTESTOR_SHARED") or Path(__file__).parents[3] / "shared")
DECKS = SHARED / "data" / "ecqm"
if not DECKS.is_dir():
    pytest.skip(f"no decks of test cases at {DECKS}", allow_module_level=True)

FORMULAS = {"CMS122": CMS122, "CMS165": CMS165, "CMS130": CMS130}
NUMERICAL = {
    "obs.hba1c_laboratory_test",
    "obs.glucose_management_indicator",
    "obs.systolic_blood_pressure",
    "obs.diastolic_blood_pressure",
}


def deck(measure: str) -> list[dict[str, Any]]:
    (path,) = DECKS.glob(f"{measure}.*.json")
    cases: list[dict[str, Any]] = json.loads(path.read_text())["cases"]
    return cases


def values(event: dict[str, Any]) -> Iterator[tuple[str, float | None]]:
    """The names an event is recorded under, with the number it has there."""
    for name in event["variables"]:
        yield name, event.get("value")
        yield from ((f"{name} = {code}", None) for code in event.get("coded", ()))
        yield from ((f"{name} > {end}", None) for end in event.get("disposition", ()))
        if event.get("has_value"):
            yield f"{name} with value", None
    if "class" in event:
        yield f"encounter {event['class']}", None
    for component in event.get("components", ()):
        yield component["variable"], component.get("value")


class Chart:
    """The variables of a deck and its formula, and each case as a patient."""

    def __init__(self, cases: list[dict[str, Any]], formula: str) -> None:
        names = {name for case in cases for e in case["events"] for name, _ in values(e)}
        names |= {name for name in re.findall(r'"([^"]+)"', formula) if "." in name}
        self.variables = {
            name: VariableName(
                number,
                "number" if name in NUMERICAL else "date",
                name,
                is_interval=name.startswith(("dx.", "med.")),
            )
            for number, name in enumerate(sorted(names), start=1)
        }
        self._last_id = 0

    def person(self, number: int, case: dict[str, Any]) -> Person:
        patient = case["patient"]
        seen = [
            self._seen(name, value, event)
            for event in case["events"]
            for name, value in values(event)
        ]
        born = date.fromisoformat(patient["birth_date"])
        return Person(number, dob=born, sex=patient["gender"], seen=tuple(seen))

    def _seen(self, name: str, value: float | None, event: dict[str, Any]) -> Seen:
        self._last_id += 1
        variable = self.variables[name]
        start = date.fromisoformat(event["start"][:10])
        if variable.kind == "number":
            number = None if value is None else Decimal(str(value))
            return Seen(self._last_id, variable.id, start, None, number, None, str(value))
        end = None if event["end"] is None else date.fromisoformat(event["end"][:10])
        return Seen(self._last_id, variable.id, start, end, text=start.isoformat())


@pytest.fixture(scope="module", params=FORMULAS)
def results(request: pytest.FixtureRequest, database_url: str) -> dict[str, Any]:
    """Per case: what the formula says and what the official report says."""
    cases, formula = deck(request.param), FORMULAS[request.param]
    chart = Chart(cases, formula)
    people = [chart.person(number, case) for number, case in enumerate(cases, start=1)]
    with connected(database_url) as connection:
        connection.execute("TRUNCATE patients, observations")
        store(connection, ACCOUNT, people)
        _, statement = compiled(lines(formula), list(chart.variables.values()))
        found = cells(connection, statement)
    return {
        case["id"]: (
            case["description"],
            dict(zip(statement.cells[:4], map(int, found[number][:4]), strict=True)),
            case["expected"][0],
        )
        for number, case in enumerate(cases, start=1)
    }


def test_all_published_cases_are_tried() -> None:
    assert {measure: len(deck(measure)) for measure in FORMULAS} == {
        "CMS122": 41,
        "CMS165": 59,
        "CMS130": 58,
    }


def test_every_case_is_in_the_populations_of_its_official_report(results: dict[str, Any]) -> None:
    wrong = {
        key: (description, found, expected)
        for key, (description, found, expected) in results.items()
        if any(found[name] != count for name, count in expected.items() if name in found)
    }
    assert not wrong
