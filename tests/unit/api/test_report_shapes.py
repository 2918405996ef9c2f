"""The description of reports holds for measures of every kind, with and without benchmarks."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from api.openapi import describe
from projections.benchmarks import load_benchmarks
from service.bootstrap import Services
from tests.unit.api.caller import Caller

FORMULAS = {
    "free": ["count(patients where weight >= 100) / count(patients) * 100"],
    "proportion": ["initial population: age >= 1", "numerator: weight >= 100"],
    "strata": [
        "initial population: age >= 1", "numerator: weight >= 100",
        'stratum "young": age < 65', 'stratum "old": age >= 65',
    ],
    "groups": [
        'group "heavy":', "initial population: age >= 1", "numerator: weight >= 100",
        'stratum "old": age >= 65',
        'group "light":', "initial population: age >= 1", "numerator: weight < 100",
    ],
    "ratio": ["scoring: ratio", "initial population: age >= 1", "numerator: weight >= 100"],
    "cohort": ["scoring: cohort", "initial population: age >= 1"],
    "continuous-variable": [
        "scoring: continuous-variable (median)", "initial population: age >= 1",
        "measure population: weight is known", "measure observation: weight",
    ],
}  # fmt: skip
BENCHMARK = {
    "measureId": "001",
    "performanceYear": 2025,
    "benchmarkYear": 2023,
    "submissionMethod": "electronicHealthRecord",
    "isToppedOut": False,
    "isToppedOutByProgram": False,
    "isInverse": False,
    "metricType": "singlePerformanceRate",
    "averagePerformanceRate": 42.7,
    "percentiles": {"1": 2, "10": 10, "20": 20, "30": 30, "40": 40, "50": 50, "60": 60, "70": 70,
                    "80": 80, "90": 90, "99": 99},
}  # fmt: skip


@pytest.fixture(scope="module")
def metrics(caller: Caller) -> dict[str, int]:
    """One metric of each kind, over two patients of 90 and 120 kg."""
    weight = caller.make("/variables", name="Weight")
    for kilograms, dob in (("90", "1950-01-01"), ("120", "1990-01-01")):
        patient = caller.make("/patients", name="P", dob=dob)
        body = {"value": kilograms, "observed_on": "2025-05-01"}
        caller.put(f"/patients/{patient}/variables/{weight}", json=body)
    cms = {"measure_id": "001", "submission_method": "electronicHealthRecord"}
    return {
        kind: caller.make("/metrics", name=kind, calculation_formula=formula, cms=cms)
        for kind, formula in FORMULAS.items()
    }


def check(shape: str, data: Any) -> None:
    components = describe()["components"]
    schema = {"$ref": f"#/components/schemas/{shape}", "components": components}
    Draft202012Validator(schema).validate(data)


def test_reports_of_every_kind_are_as_described(
    caller: Caller, services: Services, metrics: dict[str, int], tmp_path: Path
) -> None:
    path = tmp_path / "benchmarks.json"
    path.write_text(json.dumps([BENCHMARK]))
    load_benchmarks(services.database, path)
    moment = caller.post("/cms-reports", json={"period": "2025"}).json["data"]["frozen_at"]
    answer = caller.get("/cms-reports", params={"period": "2025", "as_of": moment})
    entries = {entry["metric_id"]: entry for entry in answer.json["data"]["reports"]}
    check("CmsReport", answer.json["data"])
    # A rate of 50 % is on the bound of the sixth decile: 6 points.
    benchmark = entries[metrics["proportion"]]["benchmark"]
    assert (benchmark["decile"], benchmark["points"]) == (6, 6.0)
    assert [group["title"] for group in entries[metrics["groups"]]["groups"]] == ["heavy", "light"]
    assert [part["title"] for part in entries[metrics["strata"]]["strata"]] == ["young", "old"]
    assert entries[metrics["continuous-variable"]]["score"] == 105


def test_frozen_reports_of_every_kind_are_as_described(
    caller: Caller, metrics: dict[str, int]
) -> None:
    made = caller.post("/cms-reports", json={"metric_ids": list(metrics.values())}).json["data"]
    check("WholeFrozenReport", made)
    check("FrozenReport", caller.get("/cms-reports/frozen").json["data"][0])
    check("Verification", caller.get(f"/cms-reports/{made['id']}/verify").json["data"])


def test_the_description_refuses_a_report_without_its_counts(
    caller: Caller, metrics: dict[str, int]
) -> None:
    made = caller.post("/cms-reports", json={"metric_ids": [metrics["groups"]]}).json["data"]
    assert made["report"]["reports"][0]["groups"][0].pop("numerator") == 1
    components = describe()["components"]
    schema = {"$ref": "#/components/schemas/WholeFrozenReport", "components": components}
    assert not Draft202012Validator(schema).is_valid(made)
