"""Our QRDA III documents under the official checks, and those checks under mutations."""

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from lxml import etree

from projections.exports.cms_ids import CmsIds
from projections.exports.qrda3 import to_qrda3
from projections.exports.submitter import Submitter
from tests.conformance import qpp_data
from tests.conformance.qrda3_reading import PART, counts, find, population_ids, recomputed
from tests.conformance.qrda3_validator import SAMPLE, Validator, require
from tests.unit.projections.exports.reports import (
    CEHRT,
    CLINICIAN,
    GROUP,
    ecqm,
    entry,
    rate,
    report,
)

require()

TIME = datetime(2026, 1, 11, 6, 12, 31, tzinfo=UTC)
ENTITY = {"tin": None, "entity_id": "X1234", "name": "Clinics", "cehrt_id": CEHRT}
SUBMITTERS = [
    replace(CLINICIAN, name="Clinic"),
    replace(CLINICIAN, name="Clinic", program="app1"),
    GROUP,
    replace(GROUP, program="app1"),
    replace(GROUP, program="M0005"),
    Submitter("virtualGroup", 2025, **ENTITY),
    Submitter("apm", 2025, **ENTITY),
    Submitter("apm", 2025, program="app1", **ENTITY),
    Submitter("subgroup", 2025, **ENTITY),
]


@pytest.fixture(scope="module")
def validator() -> Validator:
    return Validator()


def official(measure_id: str) -> CmsIds:
    """The ids of a measure in the list that CMS publishes."""
    measures = qpp_data.content("measures-data.json")
    [measure] = [each for each in measures if each["measureId"] == measure_id]
    groups = {
        stratum.get("name", ""): {
            f"{name}s" if name.startswith("denominator_ex") else name: uuid
            for key, uuid in stratum["eMeasureUuids"].items()
            if key != "strata"
            for name in [_snake(key.removesuffix("Uuid"))]
        }
        for stratum in measure["strata"]
        if "eMeasureUuids" in stratum
    }
    uuids = groups[""] if set(groups) == {""} else {"groups": groups}
    return ecqm(measure_id, emeasure_uuid=measure["eMeasureUuid"], population_uuids=uuids)


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def made(*entries: dict[str, Any], by: Submitter = GROUP, **given: Any) -> etree._Element:
    known = given.pop("ids", {1: official("236")})
    content = to_qrda3(report(*entries), by, known, given.pop("supplements", {}), TIME)
    return etree.fromstring(content)


def proportion(**changes: Any) -> dict[str, Any]:
    """CMS165 has exclusions and no exceptions."""
    counts = {"denominator_exceptions": None, "performance_not_met": 30, "score": Decimal(60) / 90}
    return entry(**{**counts, **changes})


@pytest.mark.parametrize("by", SUBMITTERS, ids=lambda by: f"{by.entity_type}-{by.program}")
def test_our_document_has_no_failures(validator: Validator, by: Submitter) -> None:
    document = made(proportion(), by=by)
    assert validator.schema_failures(document) == []
    assert validator.rule_failures(document) == []


def test_several_measures_and_rates_with_supplements_have_no_failures(validator: Validator) -> None:
    groups = [rate("reporting", 8, 2), rate("performance", 5, 0), rate("combinedPopulations", 0, 0)]
    supplement = {
        "sex": {"M": 40, "F": 58},
        "ethnicity": {"2135-2": 30, "2186-5": 70},
        "race": {"2106-3": 60, "2028-9": 40},
        "payer": {"A": 50, "B": 20, "C": 10},
    }
    empty = {
        "initial_population": 0, "denominator": 0, "denominator_exclusions": 0, "numerator": 0,
        "performance_rate": None, "score": None,
    }  # fmt: skip
    document = made(
        proportion(),
        entry(2, groups=groups),
        proportion(metric_id=3, metric_name="Nobody \x00 yet ☃", **empty),
        ids={1: official("236"), 2: official("226"), 3: official("001")},
        supplements={(1, None, "initial_population"): supplement},
    )
    assert validator.schema_failures(document) == []
    assert validator.rule_failures(document) == []


def test_strata_with_ids_stand_inside_their_population(validator: Validator) -> None:
    known = official("236")
    uuids = {**known.population_uuids, "strata": {"65+": "A35D89C5-C903-4D4C-BDBC-EA70D1254BE0"}}
    strata = [rate("65+", 7, 3), rate("our own", 1, 1)]
    document = made(proportion(strata=strata), ids={1: replace(known, population_uuids=uuids)})
    assert validator.schema_failures(document) == []
    assert validator.rule_failures(document) == []
    counts = "c:entryRelationship/c:observation/c:value/@value"
    found = find(document, f"//c:observation[c:templateId/@root='{PART}.4']/{counts}")
    assert found == ["10", "10", "7"]


def test_the_official_sample_has_no_failures(validator: Validator) -> None:
    document = etree.parse(SAMPLE).getroot()
    assert validator.schema_failures(document) == []
    assert validator.rule_failures(document) == []


@pytest.fixture(scope="module")
def sample() -> etree._Element:
    """The official sample with one measure and one supplement of each kind, to save time."""
    document = etree.parse(SAMPLE).getroot()
    first, *others = find(document, f"//c:entry[c:organizer/c:templateId/@root='{PART}.1']")
    for each in others:
        each.getparent().remove(each)
    for population in find(first, "c:organizer/c:component/c:observation"):
        seen = set()
        for part in find(population, "c:entryRelationship[@typeCode='COMP']"):
            [*roots] = find(part, "c:observation/c:templateId/@root")
            if roots[0] in seen:
                population.remove(part)
            seen.add(roots[0])
    return document


def test_the_shortened_sample_has_no_failures(validator: Validator, sample: etree._Element) -> None:
    assert validator.schema_failures(sample) == []
    assert validator.rule_failures(sample) == []


DATA = f"//c:observation[c:templateId/@root='{PART}.5']"
COUNT = f"//c:observation[c:templateId/@root='{PART}.3']"
MUTATIONS = """
a-4484-17236       /c:ClinicalDocument/c:id                               remove
a-4484-17226       /c:ClinicalDocument/c:realmCode                        remove
a-4484-17211       /c:ClinicalDocument/c:title                            remove
a-4484-17237       /c:ClinicalDocument/c:effectiveTime                    remove
a-4484-17213       /c:ClinicalDocument/c:custodian                        remove
a-4484-19549       /c:ClinicalDocument/c:code                             code=55186-1
a-CMS_1            /c:ClinicalDocument/c:templateId[2]                    extension=2023-07-01
a-4484-17208       /c:ClinicalDocument/c:templateId[1]                    extension=2017-06-01
a-CMS_4            /c:ClinicalDocument/c:confidentialityCode              code=R
a-5562-19669_C01   /c:ClinicalDocument/c:languageCode                     code=fr
a-4484-17232       //c:patientRole/c:id                                   nullFlavor=
a-CMS_7            /c:ClinicalDocument/c:informationRecipient             remove
a-CMS_11           //c:intendedRecipient/c:id                             extension=MIPS_ALL
a-CMS_10           //c:intendedRecipient/c:id                             root=1.2.3
a-CMS_140          //c:associatedEntity/c:id                              remove
a-4484-18309       //c:associatedEntity/c:code                            code=1
a-5562-18173       //c:performer                                          remove
a-CMS_0117         //c:performer/c:assignedEntity/c:id                    extension=1234567890
a-CMS_82           //c:performer//c:representedOrganization/c:id          remove
a-CMS_0119         //c:performer//c:representedOrganization/c:id          extension=12345678
a-4484-18169       //c:legalAuthenticator/c:signatureCode                 code=X
a-4484-18262       //c:author//c:softwareName                             remove
a-4484-18265       //c:author//c:representedOrganization/c:name           remove
a-4484-18172       //c:serviceEvent                                       classCode=ACT
a-4484-21467       //c:act[c:code/@code='252116004']                      remove
a-4484-3274        //c:act/c:effectiveTime/c:low                          remove
a-4484-26555       //c:act/c:effectiveTime/c:high                         value=
a-67-27020         //c:organizer/c:statusCode                             code=active
a-CMS_54           //c:organizer/c:templateId[3]                          remove
a-4484-18192       //c:externalDocument/c:id                              root=1.2.3
a-3259-21162       DATA/c:value                                           code=
a-3259-18198       DATA/c:code                                            code=X
a-3259-18239       DATA/c:reference                                       remove
a-3259-17619       DATA/c:entryRelationship[@typeCode='SUBJ']             remove
a-4427-18136_C01   DATA/c:entryRelationship[2]                            remove
a-4427-18139_C01   DATA/c:entryRelationship[3]                            remove
a-4427-18140_C01   DATA/c:entryRelationship[4]                            remove
a-4427-18141_C01   DATA/c:entryRelationship[5]                            remove
a-CMS_53           //c:value/c:translation                                code=Z
a-77-19510         COUNT/c:methodCode                                     code=SUM
"""


def mutations() -> list[tuple[str, str, str]]:
    lines = [line.split() for line in MUTATIONS.strip().splitlines()]
    return [
        (f"{rule}-error", path.replace("DATA", DATA).replace("COUNT", COUNT), change)
        for rule, path, change in lines
    ]


@pytest.mark.parametrize(("rule", "path", "change"), mutations(), ids=lambda value: value[:30])
def test_a_mutation_of_the_sample_breaks_the_rule_it_should(
    validator: Validator, sample: etree._Element, rule: str, path: str, change: str
) -> None:
    document = deepcopy(sample)
    found = find(document, path)[0]
    name, _, content = change.partition("=")
    if change == "remove":
        found.getparent().remove(found)
    elif content:
        found.set(name, content)
    else:
        del found.attrib[name]
    assert rule in validator.rule_failures(document)


@pytest.mark.parametrize(
    ("stated", "rule"),
    [("1.000001", "a-CMS_62-error"), ("-0.1", "a-CMS_62-error"), ("0.6666667", "a-CMS_63-error")],
)
def test_a_rate_that_is_none_is_refused(validator: Validator, stated: str, rule: str) -> None:
    document = made(proportion())
    find(document, f"//c:observation[c:templateId/@root='{PART}.14']/c:value")[0].set(
        "value", stated
    )
    assert rule in validator.rule_failures(document)


def test_our_rate_is_the_one_that_cms_recomputes() -> None:
    [(uuid, found, stated)] = counts(made(proportion()))
    assert uuid == "2c928083-8907-ce68-0189-2bbd31d6064e"
    assert found == {"IPOP": 100, "DENOM": 100, "DENEX": 10, "NUMER": 60}
    assert stated == "0.666667"
    assert recomputed(found) == Decimal(stated)


def test_our_ids_are_those_of_the_official_sample() -> None:
    """Measure 236 as published in the list, measured against the same measure in the sample."""
    uuid = official("236").emeasure_uuid
    [ours] = population_ids(made(proportion()), uuid)
    assert [ours] == population_ids(etree.parse(SAMPLE).getroot(), uuid)
