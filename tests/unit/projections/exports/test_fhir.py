import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from pydantic import ValidationError

from projections.exports.cms_ids import CmsIds
from projections.exports.fhir import Origin, Subject, to_fhir
from projections.exports.submitter import Submitter
from tests.unit.projections.exports.reports import CLINICIAN, GROUP, entry, rate, report

URL = "https://attestor.example"
ORIGIN = Origin(URL, datetime(2026, 1, 11, 6, 12, 31, tzinfo=UTC))


def made(*entries: dict[str, Any], **changes: Any) -> list[dict[str, Any]]:
    """The reports in a bundle that a FHIR library accepts."""
    arguments: dict[str, Any] = {"ids": {}, "origin": ORIGIN, **changes}
    content = to_fhir(report(*entries), **arguments)
    Bundle.model_validate_json(content)
    return [each["resource"] for each in json.loads(content, parse_float=Decimal)["entry"]]


def counted(group: dict[str, Any]) -> dict[str, int]:
    return {each["code"]["coding"][0]["code"]: each["count"] for each in group["population"]}


def test_a_summary_says_what_the_report_says() -> None:
    [summary] = made(entry(numerator_exclusions=3))
    [group] = summary.pop("group")
    assert len(summary.pop("id")) == 36
    assert summary == {
        "resourceType": "MeasureReport",
        "type": "summary",
        "status": "complete",
        "measure": f"{URL}/metrics/1|3",
        "date": "2026-01-11T06:12:31+00:00",
        "period": {"start": "2025-01-01", "end": "2025-12-31"},
        "improvementNotation": {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/measure-improvement-notation",
                    "code": "increase",
                }
            ]
        },
    }
    assert counted(group) == {
        "initial-population": 100,
        "denominator": 100,
        "denominator-exclusion": 10,
        "denominator-exception": 5,
        "numerator": 60,  # gross: its exclusions are still in it
        "numerator-exclusion": 3,
    }
    assert group["measureScore"] == {"value": Decimal("0.705882352941176471")}


def test_where_nothing_is_measurable_there_is_no_score() -> None:
    [summary] = made(entry(score=None, performance_rate=None))
    assert "measureScore" not in summary["group"][0]


def test_an_ecqm_is_named_by_its_uuid() -> None:
    uuid = "2c928083-8907-ce68-0189-2bbd31d6064e"
    [summary] = made(ids={1: CmsIds(emeasure_uuid=uuid)})
    assert summary["measure"] == f"urn:uuid:{uuid}"


def test_groups_and_strata_have_populations_and_scores_of_their_own() -> None:
    first = {**rate("Screened", 3, 1), "strata": [rate("Women", 1, 1), rate("Nobody", 0, 0)]}
    [summary] = made(entry(groups=[first, rate("Treated", 1, 4)]))
    one, other = summary["group"]
    assert (one["code"]["text"], other["code"]["text"]) == ("Screened", "Treated")
    assert counted(other) == {"initial-population": 5, "denominator": 5, "numerator": 1}
    women, nobody = one["stratifier"][0]["stratum"]
    assert (women["value"]["text"], women["measureScore"]["value"]) == ("Women", Decimal("0.5"))
    assert "measureScore" not in nobody
    assert "stratifier" not in other


def test_a_continuous_variable_has_its_unit() -> None:
    names = ("denominator", "denominator_exclusions", "denominator_exceptions", "numerator")
    minutes = entry(
        scoring="continuous-variable", unit="min", score=Decimal("3.5"), measure_population=9,
        measure_observations=8, **dict.fromkeys(names),
    )  # fmt: skip
    [summary] = made(minutes)
    assert summary["group"][0]["measureScore"] == {"value": Decimal("3.5"), "unit": "min"}
    assert counted(summary["group"][0]) == {
        "initial-population": 100, "measure-population": 9, "measure-observation": 8,
    }  # fmt: skip


def test_a_free_score_has_no_populations() -> None:
    names = [name for name, value in entry().items() if isinstance(value, int)]
    nothing = dict.fromkeys(name for name in names if name not in ("metric_id", "metric_version"))
    [summary] = made(entry(scoring="free", score=Decimal(7), unit=None, **nothing))
    assert summary["group"] == [{"measureScore": {"value": 7}}]


def test_a_patients_report_has_flags_score_and_evidence() -> None:
    flags = {"initial_population": 1, "denominator": 1, "numerator": 1, "numerator_exclusions": 0}
    evidence = {"denominator": [12, 11], "numerator": [12]}
    subject = Subject(77, {None: flags}, evidence=evidence)
    summary, individual = made(subjects={1: [subject]})
    assert (summary["type"], individual["type"]) == ("summary", "individual")
    patient = {"system": f"{URL}/patients", "value": "77"}
    assert individual["subject"] == {"type": "Patient", "identifier": patient}
    assert individual["group"][0]["measureScore"]["value"] == 1
    told = [
        (each["identifier"]["value"], [extension["valueString"] for extension in each["extension"]])
        for each in individual["evaluatedResource"]
    ]
    assert told == [("11", ["denominator"]), ("12", ["denominator", "numerator"])]


@pytest.mark.parametrize(
    ("by", "kind", "value"),
    [
        (CLINICIAN, "Practitioner", CLINICIAN.npi),
        (GROUP, "Organization", GROUP.tin),
        (Submitter("apm", 2025, entity_id="A1234"), "Organization", "A1234"),
    ],
)
def test_the_reporter_is_the_submitter(by: Submitter, kind: str, value: str) -> None:
    [summary] = made(origin=Origin(URL, ORIGIN.time, by))
    reporter = summary["reporter"]
    assert (reporter["type"], reporter["identifier"]["value"]) == (kind, value)


def test_the_same_report_gives_the_same_bytes_and_another_other_ids() -> None:
    assert to_fhir(report(), {}, ORIGIN) == to_fhir(report(), {}, ORIGIN)
    [one], [other] = made(entry()), made(entry(numerator=61))
    assert one["id"] != other["id"]


def test_the_library_that_accepts_our_bundles_refuses_a_wrong_one() -> None:
    content = json.loads(to_fhir(report(), {}, ORIGIN))
    content["entry"][0]["resource"]["type"] = 7
    with pytest.raises(ValidationError):
        Bundle.model_validate(content)
