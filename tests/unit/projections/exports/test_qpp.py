import json
from decimal import Decimal
from typing import Any

import pytest

from domain.errors import Invalid
from projections.exports.cms_ids import CmsIds
from projections.exports.qpp import to_qpp
from projections.exports.qpp_rules import check
from projections.exports.submitter import Submitter, is_npi
from tests.unit.projections.exports.reports import (
    CEHRT,
    CLINICIAN,
    GROUP,
    NPI,
    ecqm,
    entry,
    rate,
    registry,
    report,
)


def submission(
    *entries: dict[str, Any], ids: dict[int, CmsIds], by: Submitter = CLINICIAN
) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(to_qpp(report(*entries), by, ids))
    return loaded


def value(*entries: dict[str, Any], ids: CmsIds) -> dict[str, Any]:
    [only] = submission(*entries, ids={1: ids})["measurementSets"]
    found: dict[str, Any] = only["measurements"][0]["value"]
    return found


def refused(**changes: Any) -> list[str]:
    good = submission(ids={1: ecqm()})
    with pytest.raises(Invalid) as caught:
        check(good | changes)
    return [fault.pointer for fault in caught.value.faults]


def refused_set(**changes: Any) -> list[str]:
    good = submission(ids={1: ecqm()})["measurementSets"][0]
    return refused(measurementSets=[good | changes])


def refused_value(**changes: Any) -> list[str]:
    good = submission(ids={1: ecqm()})["measurementSets"][0]
    measurement = good["measurements"][0]
    changed = measurement | {"value": measurement["value"] | changes}
    return refused_set(measurements=[changed])


def test_an_ecqm_carries_its_exclusions() -> None:
    assert submission(ids={1: ecqm()}) == {
        "entityType": "individual",
        "taxpayerIdentificationNumber": "123456789",
        "nationalProviderIdentifier": NPI,
        "performanceYear": 2025,
        "measurementSets": [
            {
                "category": "quality",
                "submissionMethod": "electronicHealthRecord",
                "programName": "mips",
                "cehrtId": CEHRT,
                "performanceStart": "2025-01-01",
                "performanceEnd": "2025-12-31",
                "measurements": [
                    {
                        "measureId": "236",
                        "value": {
                            "isEndToEndReported": False,
                            "performanceMet": 60,
                            "performanceNotMet": 25,
                            "eligiblePopulationExclusion": 10,
                            "eligiblePopulationException": 5,
                            "eligiblePopulation": 100,
                        },
                    }
                ],
            }
        ],
    }


def test_a_registry_leaves_excluded_patients_out_of_the_eligible_population() -> None:
    found = value(ids=registry())
    assert (found["eligiblePopulation"], found["eligiblePopulationExclusion"]) == (90, 0)
    assert (found["performanceMet"], found["performanceNotMet"]) == (60, 25)


def test_eligible_patients_that_are_not_known_here_are_counted() -> None:
    assert value(entry(eligible_population=120), ids=ecqm())["eligiblePopulation"] == 120
    assert value(entry(eligible_population=120), ids=registry())["eligiblePopulation"] == 110
    with pytest.raises(Invalid, match="is less than the cases"):
        value(entry(eligible_population=99), ids=ecqm())


def test_a_registrys_own_measure_states_its_rate_and_numerator_exclusions() -> None:
    found = value(
        entry(numerator_exclusions=2),
        ids=registry("AAO32", metric_type="registrySinglePerformanceRate"),
    )
    assert (found["performanceRate"], found["numeratorExclusion"]) == (70.59, 2)
    assert (found["eligiblePopulation"], found["eligiblePopulationExclusion"]) == (100, 10)


def test_a_measure_with_several_rates_has_one_stratum_each() -> None:
    groups = [rate("14days", 47, 13), rate("34days", 121, 26)]  # the example of CMS, measure 305
    found = value(entry(groups=groups), ids=registry("305", is_end_to_end_reported=True))
    assert found == {
        "isEndToEndReported": True,
        "strata": [
            {
                "stratum": name,
                "performanceMet": met,
                "performanceNotMet": missed,
                "eligiblePopulationExclusion": 0,
                "eligiblePopulationException": 0,
                "eligiblePopulation": met + missed,
            }
            for name, met, missed in (("14days", 47, 13), ("34days", 121, 26))
        ],
    }


def test_strata_must_be_those_of_the_measure() -> None:
    groups = [rate("14days", 47, 13)]
    with pytest.raises(Invalid, match="14days, 34days"):
        value(entry(groups=groups), ids=registry("305", strata=("14days", "34days")))


def test_a_continuous_variable_sends_its_score_as_numerator() -> None:
    minutes = entry(
        scoring="continuous-variable",
        score=Decimal("3.5"),
        measure_population=1000,
        measure_observations=80,
        measure_population_exclusions=30,
    )
    assert value(minutes, ids=registry("ACRAD15")) == {
        "isEndToEndReported": False,
        "numerator": 3.5,
        "denominator": 1000,
        "observationInstances": 80,
        "denominatorException": 0,
        "numeratorExclusion": 30,
    }


def test_a_ratio_counts_the_cases_of_its_denominator() -> None:
    ratio = entry(scoring="ratio", score=Decimal("0.8"), case_count=5)
    found = value(ratio, ids=registry("ACRAD15"))
    assert (found["numerator"], found["denominator"], found["observationInstances"]) == (0.8, 5, 5)
    with pytest.raises(Invalid, match="nothing to submit"):
        value(entry(scoring="ratio", score=None), ids=registry("ACRAD15"))


def test_sets_are_one_for_each_method_and_programme() -> None:
    entries = [entry(n) for n in (1, 2, 3, 4)]
    ids = {1: ecqm("236"), 2: registry("001"), 3: ecqm("112"), 4: ecqm("236", program="app1")}
    sets = submission(*entries, ids=ids)["measurementSets"]
    assert [
        (
            each["submissionMethod"],
            each["programName"],
            [m["measureId"] for m in each["measurements"]],
        )
        for each in sets
    ] == [
        ("electronicHealthRecord", "mips", ["236", "112"]),
        ("registry", "mips", ["001"]),
        ("electronicHealthRecord", "app1", ["236"]),
    ]
    assert "cehrtId" not in sets[1]


def test_an_accounts_own_metric_is_not_submitted() -> None:
    found = submission(entry(1), entry(2, measure_id=None), ids={1: ecqm(), 2: CmsIds()})
    assert [len(each["measurements"]) for each in found["measurementSets"]] == [1]
    with pytest.raises(Invalid, match="no measure to submit"):
        submission(ids={})


def test_a_group_has_no_npi() -> None:
    assert submission(ids={1: ecqm()}, by=GROUP)["nationalProviderIdentifier"] is None


def test_the_same_report_gives_the_same_bytes() -> None:
    assert to_qpp(report(), GROUP, {1: ecqm()}) == to_qpp(report(), GROUP, {1: ecqm()})


@pytest.mark.parametrize("scoring", ["free", "cohort"])
def test_what_cms_does_not_take_is_refused(scoring: str) -> None:
    with pytest.raises(Invalid, match=f"{scoring} cannot be submitted"):
        value(entry(scoring=scoring), ids=registry())


def test_one_measure_cannot_be_sent_twice_in_a_set() -> None:
    with pytest.raises(Invalid, match="measure 236 appears 2 times"):
        submission(entry(1), entry(2), ids={1: ecqm(), 2: ecqm()})


def test_a_period_outside_the_performance_year_is_refused() -> None:
    with pytest.raises(Invalid, match="performance year 2024"):
        to_qpp(report(), Submitter("group", 2024, tin="123456789", cehrt_id=CEHRT), {1: ecqm()})


def test_an_ecqm_without_the_certified_ehr_is_refused() -> None:
    with pytest.raises(Invalid, match="cehrtId"):
        to_qpp(report(), Submitter("group", 2025, tin="123456789"), {1: ecqm()})


def test_each_field_rule_names_its_place() -> None:
    place = "#/measurementSets/0"
    where = f"{place}/measurements/0/value"
    assert refused(taxpayerIdentificationNumber="12345678") == ["#/taxpayerIdentificationNumber"]
    assert refused(nationalProviderIdentifier="1234567890") == ["#/nationalProviderIdentifier"]
    assert refused(entityType="group") == ["#/nationalProviderIdentifier"]
    assert refused(measurementSets=[]) == ["#/measurementSets"]
    twice = submission(ids={1: ecqm()})["measurementSets"] * 2
    assert refused(measurementSets=twice) == ["#/measurementSets/1"]
    assert refused_set(cehrtId="0015C") == [f"{place}/cehrtId"]
    assert refused_set(performanceEnd="2026-01-01") == [f"{place}/performanceStart"]
    assert refused_value(performanceMet=-1) == [f"{where}/performanceMet"]
    assert refused_value(performanceNotMet=-1) == [f"{where}/performanceNotMet"]
    assert refused_value(eligiblePopulation=99) == [f"{where}/eligiblePopulation"]
    assert refused_set(submissionMethod="registry") == [f"{where}/eligiblePopulationExclusion"]
    unnamed = [{"stratum": None}, {"stratum": "a"}, {"stratum": "a"}]
    assert refused_value(strata=unnamed) == [f"{where}/strata"] * 2
    assert refused_value(performanceRate=100.01) == [f"{where}/performanceRate"]


def test_all_broken_rules_are_told_at_once() -> None:
    assert len(refused(taxpayerIdentificationNumber="x", nationalProviderIdentifier=None)) == 2


@pytest.mark.parametrize(
    ("npi", "is_valid"),
    [
        (NPI, True),
        ("1245319599", True),
        ("1234567890", False),
        ("2134567893", False),  # two digits changed places
        ("123456789", False),
        ("12345678930", False),
        ("１２３４５６７８９３", False),  # noqa: RUF001
    ],
)
def test_the_check_digit_of_an_npi(npi: str, is_valid: bool) -> None:
    assert is_npi(npi) is is_valid


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"entity_type": "clinic"}, "entity_type"),
        ({"tin": None}, "tin"),
        ({"tin": "12-3456789"}, "tin"),
        ({"npi": None}, "npi"),
        ({"npi": "1234567890"}, "npi"),
        ({"entity_type": "group"}, "npi"),
        ({"entity_type": "apm", "npi": None}, "entity_id"),
        ({"cehrt_id": "0014CJGZUK7H3DC"}, "cehrt_id"),
        ({"cehrt_id": "0015CJGZUK7H3D"}, "cehrt_id"),
    ],
)
def test_a_submitter_that_cms_cannot_know_is_refused(changes: dict[str, Any], field: str) -> None:
    good = {"entity_type": "individual", "performance_year": 2025, "tin": "123456789", "npi": NPI}
    Submitter(**good)
    with pytest.raises(Invalid) as caught:
        Submitter(**good | changes)
    assert caught.value.faults[0].pointer == f"#/{field}"


def test_ids_of_a_metric_must_be_ones_that_cms_has() -> None:
    with pytest.raises(Invalid, match="submission_method"):
        CmsIds.of({"submission_method": "fax"})
    with pytest.raises(Invalid, match="metric_type"):
        CmsIds.of({"metric_type": "rate"})
    with pytest.raises(Invalid, match="computes a singlePerformanceRate"):
        value(ids=registry(metric_type="nonProportion"))
    assert CmsIds.of({"measure_id": "236", "strata": ["a"]}).strata == ("a",)
