"""The patients behind a count, with the values that put them there."""

from collections.abc import Callable
from typing import Any

import pytest

from api.openapi import describe
from tests.unit.api.caller import Caller

FORMULA = [
    "initial population: age >= 18", "denominator exclusion: hospice is known",
    "numerator: weight < 100",
]  # fmt: skip
WEIGHTS = ("90", "95", "120", "130", None)


class Clinic:
    """Five adults: two below 100 kg, two above of whom the last is in hospice, one not weighed."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.weight = caller.make("/variables", name="Weight")
        hospice = caller.make("/date-variables", name="Hospice")
        self.patients = [
            caller.make("/patients", name=f"P{n}", dob="1960-01-01") for n in range(len(WEIGHTS))
        ]
        for patient, kilograms in zip(self.patients, WEIGHTS, strict=True):
            if kilograms:
                self.put(patient, f"variables/{self.weight}", kilograms, "2025-05-01")
        self.put(self.patients[3], f"date-variables/{hospice}", "2025-02-01")
        self.metric = caller.make("/metrics", name="Light", calculation_formula=FORMULA)

    def put(self, patient: int, place: str, value: str, day: str | None = None) -> None:
        body = {"value": value} if day is None else {"value": value, "observed_on": day}
        assert self.caller.put(f"/patients/{patient}/{place}", json=body).status_code == 200

    def members(self, population: str, **query: Any) -> Any:
        params = {"population": population, "period": "2025", **query}
        answer = self.caller.get(f"/metrics/{self.metric}/patients", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json


@pytest.fixture(scope="module")
def clinic(new_caller: Callable[[str], Caller]) -> Clinic:
    return Clinic(new_caller("Harbor"))


@pytest.mark.parametrize(
    ("population", "numbers"),
    [
        ("initial-population", [0, 1, 2, 3, 4]),
        ("numerator", [0, 1]),
        ("denominator-exclusion", [3]),
        ("gap", [2, 4]),
    ],
)
def test_each_population_has_its_patients_and_the_count_of_the_report(
    clinic: Clinic, population: str, numbers: list[int]
) -> None:
    found = clinic.members(population)
    assert [member["patient_id"] for member in found["data"]] == [
        clinic.patients[number] for number in numbers
    ]
    assert found["pagination"]["total"] == len(numbers)
    frozen = clinic.caller.post("/cms-reports", json={"period": "2025"}).json["data"]
    (entry,) = (e for e in frozen["report"]["reports"] if e["metric_id"] == clinic.metric)
    names = {
        "initial-population": "initial_population",
        "denominator-exclusion": "denominator_exclusions",
        "gap": "performance_not_met",
    }
    assert entry[names.get(population, population)] == len(numbers)


def test_a_member_shows_the_value_that_put_it_there(clinic: Clinic) -> None:
    member = clinic.members("numerator")["data"][0]
    (value,) = member["evidence"]["numerator"]
    assert (value["variable_id"], value["value"]) == (clinic.weight, "90")
    assert value["observed_on"] == "2025-05-01"
    assert member["counts"]["numerator"] == 1


def test_a_gap_says_which_value_is_missing(clinic: Clinic) -> None:
    missing = {m["patient_id"]: m["missing"] for m in clinic.members("gap")["data"]}
    assert missing[clinic.patients[4]] == ["Weight"]


def test_following_the_cursor_shows_every_member_once(clinic: Clinic) -> None:
    seen, page = [], clinic.members("initial-population", limit=2)
    while page["data"]:
        seen += [member["patient_id"] for member in page["data"]]
        if page["pagination"]["next"] is None:
            break
        page = clinic.caller.get(page["pagination"]["next"]).json
    assert seen == clinic.patients


@pytest.mark.parametrize("query", ["", "?population=", "?population=numerators",
                                   "?population=numerator&period=x",
                                   "?population=numerator&offset=1"])  # fmt: skip
def test_what_cannot_be_listed_is_a_400(clinic: Clinic, query: str) -> None:
    assert clinic.caller.get(f"/metrics/{clinic.metric}/patients{query}").status_code == 400


def test_an_unknown_population_is_answered_with_those_there_are(clinic: Clinic) -> None:
    answer = clinic.caller.get(f"/metrics/{clinic.metric}/patients?population=x")
    for name in ("initial-population", "denominator", "numerator", "gap"):
        assert name in answer.json["detail"]


def test_the_population_is_described_as_required() -> None:
    described = describe()["paths"]["/metrics/{metric_id}/patients"]["get"]["parameters"]
    required = {each["name"] for each in described if each.get("required")}
    assert required == {"metric_id", "population"}


def test_a_patient_who_adds_nothing_to_a_median_counts_nothing(clinic: Clinic) -> None:
    formula = [
        "scoring: continuous-variable (median)", "initial population: age >= 18",
        "measure population: initial population", "measure observation: weight",
    ]  # fmt: skip
    metric = clinic.caller.make("/metrics", name="Median", calculation_formula=formula)
    answer = clinic.caller.get(
        f"/metrics/{metric}/patients",
        params={"population": "measure-population", "period": "2025"},
    )
    assert answer.status_code == 200, answer.text
    counts = [member["counts"]["measure-observation"] for member in answer.json["data"]]
    assert len(counts) == len(WEIGHTS)
    assert counts.count(0) == WEIGHTS.count(None)
