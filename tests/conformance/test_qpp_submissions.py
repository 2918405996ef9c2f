"""Our submissions against CMS's published schema, and CMS's samples against our rules."""

import json
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from domain.errors import Invalid
from projections.exports.qpp import to_qpp
from projections.exports.qpp_rules import check
from tests.conformance import qpp_data
from tests.unit.projections.exports.reports import (
    CLINICIAN,
    GROUP,
    ecqm,
    entry,
    rate,
    registry,
    report,
)

qpp_data.require()


def validator() -> Draft7Validator:
    schema: dict[str, Any] = yaml.safe_load((qpp_data.QPP / "submissions.yaml").read_text())
    del schema["id"], schema["$schema"]  # names no dialect that a validator knows
    return Draft7Validator(schema)


def problems(submission: dict[str, Any]) -> list[str]:
    """The schema is of 2017: the programme stood above the sets, "proportion" is misspelt in it."""
    return [
        error.message for error in validator().iter_errors({"programName": "mips", **submission})
    ]


def ours(*entries: dict[str, Any], **ids: Any) -> dict[str, Any]:
    by_metric = {int(name[1:]): known for name, known in ids.items()}
    loaded: dict[str, Any] = json.loads(to_qpp(report(*entries), CLINICIAN, by_metric))
    return loaded


def test_single_and_multiple_rates_have_the_published_shape() -> None:
    groups = [rate("14days", 47, 13), rate("34days", 121, 26)]
    submission = ours(entry(1), entry(2, groups=groups), m1=ecqm(), m2=registry("305"))
    assert problems(submission) == []


def test_the_schema_refuses_a_measurement_without_its_counts() -> None:
    submission = ours(m1=ecqm())
    del submission["measurementSets"][0]["measurements"][0]["value"]["performanceMet"]
    assert len(problems(submission)) == 1


def sample(name: str) -> dict[str, Any]:
    text = (qpp_data.QPP / name).read_text()
    loaded: dict[str, Any] = json.loads(text.replace("< performanceYearToBeReported >", "2025"))
    return loaded | {"performanceYear": int(loaded["performanceYear"])}


@pytest.mark.parametrize("name", ["submission.json", "submission-example-quality.json"])
def test_the_samples_break_no_rule_but_that_of_their_invented_npi(name: str) -> None:
    with pytest.raises(Invalid) as caught:
        check(sample(name))
    # 9876543210 has the wrong check digit.
    assert [fault.pointer for fault in caught.value.faults] == ["#/nationalProviderIdentifier"]


def test_our_submission_of_the_sample_measures_is_the_sample() -> None:
    wanted = sample("submission-example-quality.json")["measurementSets"][0]["measurements"]
    groups = [rate("14days", 47, 13), rate("34days", 121, 26)]
    counts = {
        "denominator": 562, "denominator_exclusions": 0, "denominator_exceptions": 2,
        "performance_met": 305, "performance_not_met": 255,
    }  # fmt: skip
    known = {
        1: registry("305", is_end_to_end_reported=True),
        2: registry("102", is_end_to_end_reported=True),
    }
    made = json.loads(to_qpp(report(entry(1, groups=groups), entry(2, **counts)), GROUP, known))
    assert made["measurementSets"][0]["measurements"] == wanted[:2]


def test_every_measure_of_2025_with_a_rate_has_a_type_we_can_send() -> None:
    quality = [
        each for each in qpp_data.content("measures-data.json") if each["category"] == "quality"
    ]
    rates = {"singlePerformanceRate": (), "multiPerformanceRate": (rate("a", 1, 1),)}
    for each in quality:
        kind = each["metricType"]
        groups = rates.get(kind.replace("registryS", "s").replace("registryM", "m"))
        if groups is not None:
            known = registry(each["measureId"], metric_type=kind)
            assert ours(entry(1, groups=list(groups)), m1=known)["measurementSets"]
