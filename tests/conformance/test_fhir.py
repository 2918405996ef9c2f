"""Individual and summary MeasureReports with the numbers of HL7's Quality Measure guide."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle

from projections.exports.fhir import Origin, Subject, to_fhir
from tests.unit.projections.exports.reports import entry, report

SHARED = Path(os.environ.get("ATTESTOR_SHARED") or Path(__file__).parents[3] / "shared")
TRUTH = SHARED / "data" / "cqm" / "scoring-truth.json"
if not TRUTH.is_file():
    pytest.skip(f"no published scores at {TRUTH}", allow_module_level=True)

NAMES = {
    "ip": "initial_population",
    "den": "denominator",
    "denex": "denominator_exclusions",
    "num": "numerator",
    "numex": "numerator_exclusions",
    "denexcep": "denominator_exceptions",
}
PROPORTION = json.loads(TRUTH.read_text())["proportion"]
PATIENTS = [name for name in PROPORTION if name != "summary"]


def counts(name: str) -> dict[str, int]:
    return {ours: PROPORTION[name][theirs] for theirs, ours in NAMES.items()}


@pytest.fixture(scope="module")
def reports() -> list[dict[str, Any]]:
    subjects = [Subject(number, {None: counts(name)}) for number, name in enumerate(PATIENTS)]
    content = to_fhir(
        report(entry(**counts("summary"), score=PROPORTION["summary"]["score"])),
        {},
        Origin("https://attestor.example", datetime(2025, 1, 1, tzinfo=UTC)),
        {1: subjects},
    )
    Bundle.model_validate_json(content)
    return [each["resource"] for each in json.loads(content)["entry"]]


@pytest.mark.parametrize("name", ["summary", *PATIENTS])
def test_the_score_is_the_published_one_or_absent(reports: list[dict[str, Any]], name: str) -> None:
    [group] = reports[["summary", *PATIENTS].index(name)]["group"]
    score = group.get("measureScore", {}).get("value")
    assert score == PROPORTION[name]["score"]
    found = [population["count"] for population in group["population"]]
    order = ("ip", "den", "denex", "denexcep", "num", "numex")
    assert found == [PROPORTION[name][each] for each in order]
