"""What the documents say and what is refused; that they are valid: tests/conformance."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from domain.errors import Invalid
from projections.exports.cms_ids import CmsIds
from projections.exports.qrda3 import to_qrda3
from projections.exports.submitter import Submitter
from tests.unit.projections.exports.reports import (
    CEHRT,
    CLINICIAN,
    GROUP,
    ecqm,
    entry,
    rate,
    report,
)

TIME = datetime(2026, 1, 11, 6, 12, 31, tzinfo=UTC)
NAMES = {"c": "urn:hl7-org:v3"}
PART = "2.16.840.1.113883.10.20.27.3"
COUNT = "c:entryRelationship[@typeCode='SUBJ']/c:observation/c:value/@value"


def uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


UUIDS = {
    "initial_population": uuid(1),
    "denominator": uuid(2),
    "denominator_exclusions": uuid(3),
    "denominator_exceptions": uuid(4),
    "numerator": uuid(5),
    "numerator_exclusions": uuid(6),
}
KNOWN = ecqm(emeasure_uuid=uuid(9), population_uuids=UUIDS)


def made(*entries: dict[str, Any], **changes: Any) -> bytes:
    arguments = {
        "report": report(*entries), "submitter": GROUP, "ids": {1: KNOWN}, "supplements": {},
        "time": TIME, **changes,
    }  # fmt: skip
    return to_qrda3(**arguments)


def find(content: bytes, path: str) -> list[Any]:
    return etree.fromstring(content).xpath(path, namespaces=NAMES)


def divided(content: bytes, kind: int, code: str) -> dict[str, int]:
    """The counts of the first population by sex (6), ethnicity (7), race (8) or payer (9)."""
    population = find(content, f"//c:observation[c:templateId/@root='{PART}.5']")[0]
    path = f".//c:observation[c:templateId/@root='{PART}.{kind}']"
    return {
        each.xpath(f"string({code})", namespaces=NAMES): int(each.xpath(COUNT, namespaces=NAMES)[0])
        for each in population.xpath(path, namespaces=NAMES)
    }


def test_the_same_arguments_give_the_same_bytes_and_others_another_id() -> None:
    assert made() == made()
    numbers = [
        find(content, "string(/c:ClinicalDocument/c:id/@root)")
        for content in (
            made(),
            made(entry(numerator=61)),
            made(time=TIME.replace(second=32)),
            made(submitter=replace(GROUP, name="Another")),
            made(supplements={(1, None, "numerator"): {"sex": {"M": 1}}}),
        )
    ]
    assert len(set(numbers)) == 5


def test_no_two_parts_of_a_document_share_an_id() -> None:
    roots = find(
        made(), "//c:*[self::c:observation or self::c:act or self::c:organizer]/c:id/@root"
    )
    assert len(roots) == len(set(roots)) > 20


def test_a_rate_has_six_decimals_and_none_without_a_denominator() -> None:
    path = f"//c:observation[c:templateId/@root='{PART}.14']/c:value"
    [stated] = find(made(entry(score=Decimal(2) / 3)), path)
    assert stated.get("value") == "0.666667"
    [nothing] = find(made(entry(score=None, performance_rate=None)), path)
    assert (nothing.get("value"), nothing.get("nullFlavor")) == (None, "NA")


def test_a_population_the_measure_does_not_have_is_not_there() -> None:
    codes = f"//c:observation[c:templateId/@root='{PART}.5']/c:value/@code"
    assert find(made(), codes) == ["IPOP", "DENOM", "DENEX", "DENEXCEP", "NUMER"]
    assert find(made(entry(numerator_exclusions=0)), codes)[-1] == "NUMEX"


def test_patients_in_no_count_are_of_unknown_sex_and_other_payer() -> None:
    supplement = {"sex": {"M": 40, "F": 58}, "payer": {"A": 50, "D": 20}, "race": {"2106-3": 100}}
    content = made(supplements={(1, None, "initial_population"): supplement})
    named = "concat(c:value/@code, c:value/@nullFlavor)"
    assert divided(content, 6, named) == {"M": 40, "F": 58, "UNK": 2}
    assert divided(content, 7, named) == {"UNK": 100}
    assert divided(content, 8, named) == {"2106-3": 100}
    assert divided(content, 9, "c:value/c:translation/@code") == {"A": 50, "D": 50}


@given(st.dictionaries(st.sampled_from(["M", "F"]), st.integers(0, 50)))
def test_the_parts_of_a_population_add_up_to_it(sex: dict[str, int]) -> None:
    content = made(supplements={(1, None, "initial_population"): {"sex": sex}})
    assert sum(divided(content, 6, "concat(c:value/@code, c:value/@nullFlavor)").values()) == 100


def test_groups_are_told_apart_by_their_uuids() -> None:
    groups = {
        "first": {"initial_population": uuid(11), "denominator": uuid(12), "numerator": uuid(13)},
        "second": {"initial_population": uuid(21), "denominator": uuid(22), "numerator": uuid(23)},
    }
    known = replace(KNOWN, population_uuids={"groups": groups})
    content = made(entry(groups=[rate("first", 3, 1), rate("second", 1, 1)]), ids={1: known})
    found = find(content, f"//c:observation[c:templateId/@root='{PART}.5']")
    told = [
        (each.xpath("string(c:reference//c:id/@root)", namespaces=NAMES)[-2:],
         each.xpath(COUNT, namespaces=NAMES)[0])
        for each in found
    ]  # fmt: skip
    assert told == [("11", "4"), ("12", "4"), ("13", "3"), ("21", "2"), ("22", "2"), ("23", "1")]


def test_only_ecqms_of_the_programme_are_in_the_document() -> None:
    ids = {1: KNOWN, 2: CmsIds(measure_id="001"), 3: replace(KNOWN, program="app1")}
    content = made(entry(1), entry(2), entry(3), entry(4), ids=ids)
    assert len(find(content, "//c:organizer")) == 1
    with pytest.raises(Invalid, match="no measure with an eMeasure UUID"):
        made(ids={})


def test_an_individual_has_an_npi_and_others_none() -> None:
    path = "//c:performer/c:assignedEntity/c:id"
    [npi] = find(made(submitter=replace(CLINICIAN, name="Clinic")), path)
    assert npi.get("extension") == CLINICIAN.npi
    [none] = find(made(), path)
    assert (none.get("extension"), none.get("nullFlavor")) == (None, "NA")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"submitter": replace(GROUP, name="")}, "#/name"),
        ({"submitter": replace(GROUP, cehrt_id=None)}, "#/cehrt_id"),
        ({"submitter": replace(GROUP, program="appPlus")}, "#/program"),
        (
            {"submitter": Submitter("subgroup", 2025, entity_id="1", name="S", program="app1",
                                    cehrt_id=CEHRT)},
            "#/program",
        ),
        ({"ids": {1: replace(KNOWN, emeasure_uuid="CMS165")}}, "#/reports/1"),
        (
            {"ids": {1: replace(KNOWN, population_uuids={**UUIDS, "numerator": None})}},
            "#/reports/1/numerator",
        ),
        (
            {"ids": {1: replace(KNOWN, population_uuids={**UUIDS, "numerator": uuid(1)})}},
            "#/reports/1/numerator",
        ),
        ({"report": report(entry(scoring="ratio"))}, "#/reports/1/scoring"),
        (
            {"supplements": {(1, None, "numerator"): {"sex": {"M": 61}}}},
            "#/reports/1/numerator/sex",
        ),
        (
            {"supplements": {(1, None, "numerator"): {"race": {"white": 1}}}},
            "#/reports/1/numerator/race",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_sent_is_refused_with_the_place(
    changes: dict[str, Any], pointer: str
) -> None:
    program = changes.get("submitter", GROUP).program
    if program != "mips" and "ids" not in changes:
        changes = {**changes, "ids": {1: replace(KNOWN, program=program)}}
    with pytest.raises(Invalid) as caught:
        made(**changes)
    assert caught.value.faults[0].pointer == pointer
