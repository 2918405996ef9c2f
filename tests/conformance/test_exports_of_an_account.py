"""What an account exports, from its charts to the file, is what the official validators take."""

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from fhir.resources.R4B.bundle import Bundle
from lxml import etree

from projections.exports.qpp_rules import check
from service.bootstrap import Services
from service.exports import Export
from tests.conformance.qrda3_validator import Validator, require
from tests.conftest import RUN_DIR
from tests.factories import Tenant, services_on, tenant

require()

UUID = "e4ab4bb4-3f0d-4f25-a7b9-7c2b9ad2bb0{}"
CMS = {
    "measure_id": "001",
    "emeasure_uuid": "2c928082-7505-caf9-0175-2382d1bd06c5",
    "submission_method": "electronicHealthRecord",
    "population_uuids": {
        "initial_population": UUID.format(1),
        "denominator": UUID.format(2),
        "numerator": UUID.format(3),
    },
}


@pytest.fixture(scope="module")
def services(database_url: str) -> Iterator[Services]:
    services = services_on(database_url, Path(tempfile.mkdtemp(dir=os.environ[RUN_DIR])))
    yield services
    services.close()


@pytest.fixture(scope="module")
def exporter(services: Services) -> Tenant:
    """Three adults, one of them without a result, and a group that submits for them."""
    clinic = tenant(services)
    variable = clinic.variable("HbA1c")
    clinic.metric(
        "initial population: age >= 18", "numerator: hba1c > 9", is_ascending=False, cms=CMS
    )
    for sex, race, value in (("F", "White", "9.5"), ("M", "Asian", "7"), ("F", None, None)):
        patient = clinic.register(
            dob="1960-01-01", sex=sex, race=race, ethnicity="not hispanic", payer="Medicare"
        )
        if value is not None:
            clinic.put(patient, variable, value, observed_on="2025-03-01")
    services.accounts.set_submitter(
        clinic.asks(),
        {"entity_type": "group", "tin": "123456789", "cehrt_id": "0015CXXXXXXXXXX"},
    )
    return clinic


def export(clinic: Tenant, wanted: str) -> Export:
    services = clinic.services
    report = services.reports.freeze(clinic.asks(), None, None)
    body = report.body["body"].encode()
    return services.exports.write(clinic.context.principal, body, wanted, has_individuals=True)


def test_qrda_iii_has_no_failure_and_counts_the_women_of_the_denominator(
    exporter: Tenant,
) -> None:
    document = etree.fromstring(export(exporter, "qrda3").content)
    validator = Validator()
    assert validator.schema_failures(document) == []
    assert validator.rule_failures(document) == []
    names = {"v": "urn:hl7-org:v3"}
    women = document.xpath(
        "//v:observation[v:value/@code='DENOM']//v:observation[v:value/@code='F']"
        "//v:observation[v:code/@code='MSRAGG']/v:value/@value",
        namespaces=names,
    )
    assert women == ["2"]


def test_a_qpp_submission_breaks_no_rule_and_has_one_met_and_two_not(exporter: Tenant) -> None:
    submission = json.loads(export(exporter, "qpp").content)
    check(submission)
    value = submission["measurementSets"][0]["measurements"][0]["value"]
    assert (value["performanceMet"], value["performanceNotMet"]) == (1, 2)


def test_fhir_has_a_summary_and_each_patient_with_the_value_behind_it(exporter: Tenant) -> None:
    bundle = json.loads(export(exporter, "fhir").content)
    Bundle.model_validate(bundle)
    reports = [entry["resource"] for entry in bundle["entry"]]
    assert [each["type"] for each in reports] == ["summary", *["individual"] * 3]
    assert [len(each.get("evaluatedResource", ())) for each in reports[1:]] == [1, 1, 0]


def test_csv_has_one_row_a_metric(exporter: Tenant) -> None:
    assert len(export(exporter, "csv").content.decode().splitlines()) == 2
