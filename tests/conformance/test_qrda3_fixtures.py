"""Published Category III documents of older templates: their measures, populations and rates.

Their templates are not those of 2025, so nothing else of them is compared.
"""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from lxml import etree

from projections.exports.qrda3 import to_qrda3
from tests.conformance.qrda3_reading import counts, measure_ids, population_ids, recomputed
from tests.conformance.qrda3_validator import QRDA3, require
from tests.unit.projections.exports.reports import GROUP, ecqm, entry, report

require()

FIXTURES = QRDA3 / "cqm-validators-fixtures"
OTHER_MEASURE = "cat3_cv_good.xml"


def document(name: str) -> etree._Element:
    return etree.parse(FIXTURES / "qrda" / name).getroot()


def names() -> list[str]:
    return sorted(path.name for path in (FIXTURES / "qrda").glob("cat3_*.xml"))


@pytest.mark.parametrize(
    ("name", "is_right"),
    [("cat3_good_performance_rate.xml", True), ("cat3_bad_performance_rate.xml", False)],
)
def test_the_rate_of_a_published_document_is_told_right_from_wrong(
    name: str, is_right: bool
) -> None:
    [(_, found, stated)] = counts(document(name))
    assert stated is not None
    assert (recomputed(found) == Decimal(stated)) is is_right


def test_the_measure_of_a_published_document_is_told_right_from_wrong() -> None:
    [known] = measure_ids(document("cat3_good.xml"))
    assert {name: [uuid == known for uuid in measure_ids(document(name))] for name in names()} == {
        "cat3_bad_measure_id.xml": [False],
        "cat3_bad_performance_rate.xml": [True],
        "cat3_bad_schematron.xml": [True],
        OTHER_MEASURE: [False],
        "cat3_duplicate_measure.xml": [True, True],
        "cat3_duplicate_measure_bad_measure_id.xml": [True],  # its second has none at all
        "cat3_duplicate_measure_bad_pop_id.xml": [True, True],
        "cat3_good.xml": [True],
        "cat3_good_performance_rate.xml": [True],
    }


def test_the_populations_of_a_published_document_are_told_right_from_wrong() -> None:
    [known] = population_ids(document("cat3_good.xml"))
    assert sorted(known) == ["DENOM", "IPOP", "NUMER"]
    wrong = {"cat3_duplicate_measure_bad_pop_id.xml": {"Wrong"}}
    compared = 0
    for name in set(names()) - {OTHER_MEASURE}:
        for found in population_ids(document(name)):
            assert found.keys() == known.keys()
            assert set(found.values()) - set(known.values()) == wrong.get(name, set()), name
            compared += len(found)
    print(f"QRDA III: {compared} population ids of 8 published documents")
    assert compared == 33  # 11 measures of three populations


def test_a_published_continuous_variable_has_the_ids_of_its_published_measure() -> None:
    measure = json.loads((FIXTURES / "cqm_measures" / "cms32v7.json").read_bytes())
    [populations] = [each["populations"] for each in measure["population_sets"]]
    defined = {
        code.replace("IPP", "IPOP"): each["hqmf_id"]
        for code, each in populations.items()
        if not code.startswith("_")
    }
    assert measure_ids(document(OTHER_MEASURE)) == [measure["hqmf_id"]]
    assert population_ids(document(OTHER_MEASURE)) == [defined]


def test_our_document_of_the_same_counts_says_the_same_as_the_published_one() -> None:
    published = document("cat3_good_performance_rate.xml")
    [uuid], [populations] = measure_ids(published), population_ids(published)
    uuids = {
        "initial_population": populations["IPOP"],
        "denominator": populations["DENOM"],
        "numerator": populations["NUMER"],
    }
    counted = entry(
        initial_population=2, denominator=2, numerator=1, denominator_exclusions=None,
        denominator_exceptions=None, performance_not_met=1, score=Decimal("0.5"),
    )  # fmt: skip
    ids = {1: ecqm(emeasure_uuid=uuid, population_uuids=uuids)}
    content = to_qrda3(report(counted), GROUP, ids, {}, datetime(2026, 1, 11, tzinfo=UTC))
    ours = etree.fromstring(content)
    [(_, found, rate)], [(_, expected, stated)] = counts(ours), counts(published)
    assert (found, Decimal(rate or "NaN")) == (expected, Decimal(stated or "NaN"))
    assert [each.upper() for each in measure_ids(ours)] == [uuid]
    assert [{k: v.upper() for k, v in each.items()} for each in population_ids(ours)] == [
        populations
    ]
