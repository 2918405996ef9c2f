"""A report's whole life over HTTP: frozen, proved, restated, compared, and sent to others."""

import csv
import io
import json
import urllib.request
from typing import Any
from urllib.parse import quote

import pytest
from fhir.resources.R4B.bundle import Bundle
from lxml import etree

from examples.demo import Client
from projections.exports.qpp_rules import check

CDA = "{urn:hl7-org:v3}"


def uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


SUBMITTER = {
    "entity_type": "individual",
    "tin": "123456789",
    "npi": "1234567893",
    "cehrt_id": "0015E0000000ABC",
    "name": "Harbor Clinic",
}
METRIC = {
    "name": "Blood pressure under control",
    "calculation_formula": ["initial population: age >= 18", "numerator: systolic < 140"],
    "cms": {
        "measure_id": "236",
        "emeasure_uuid": uuid(1),
        "submission_method": "electronicHealthRecord",
        "population_uuids": {
            "initial_population": uuid(2), "denominator": uuid(3), "numerator": uuid(4)
        },
    },
}  # fmt: skip


class Clinic:
    """Three adults with 120, 130 and 150 mmHg: two of three are under control."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.systolic = client.call("POST", "/variables", {"name": "Systolic"})["id"]
        self.patients = [self.register(pressure) for pressure in (120, 130, 150)]
        self.metric = client.call("POST", "/metrics", METRIC)["id"]
        client.call("PUT", "/account", {"submitter": SUBMITTER})

    def register(self, pressure: int) -> int:
        patient = self.client.call("POST", "/patients", {"name": "P", "dob": "1960-01-01"})["id"]
        self.measure(patient, pressure)
        return int(patient)

    def measure(self, patient: int, pressure: int) -> None:
        path = f"/patients/{patient}/variables/{self.systolic}"
        self.client.call("PUT", path, {"value": pressure, "observed_on": "2025-06-01"})

    def download(self, path: str, wanted: str) -> bytes:
        """The report as a file."""
        request = urllib.request.Request(
            f"{self.client.url}{path}?format={wanted}", headers={"X-API-Key": self.client.key}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert answer.headers["content-disposition"].startswith("attachment")
            content: bytes = answer.read()
            return content


@pytest.fixture
def clinic(client: Client) -> Clinic:
    return Clinic(client)


def counts(report: dict[str, Any]) -> tuple[int, int, float]:
    (entry,) = report["reports"]
    return entry["denominator"], entry["numerator"], entry["performance_rate"]


def test_a_report_is_proved_after_a_change_and_the_restated_one_tells_who_moved(
    clinic: Clinic,
) -> None:
    call = clinic.client.call
    old = call("POST", "/cms-reports", {"period": "2025", "metric_ids": [clinic.metric]})
    assert counts(old["report"]) == (3, 2, 66.67)
    path = f"/cms-reports/{old['id']}"
    signed = {"attested_by": "Dr. Ada", "statement": "True, accurate and complete."}
    call("POST", f"{path}/attest", signed)
    call("POST", f"{path}/submit", {"reference": "QPP-1"})

    moved_patient = clinic.patients[0]
    clinic.measure(moved_patient, 160)
    assert call("GET", f"{path}/verify")["is_equal"]

    new = call("POST", f"{path}/restate", {"reason": "a reading was corrected"})
    assert counts(new["report"]) == (3, 1, 33.33)
    assert (new["restates"], new["status"]) == (old["id"], "frozen")
    assert counts(call("GET", path)["report"]) == (3, 2, 66.67)
    assert call("GET", path)["status"] == "restated"

    (moved,) = call("GET", f"{path}/diff?against={new['id']}")
    assert (moved["metric_id"], moved["patient_id"]) == (clinic.metric, moved_patient)
    assert (moved["before"]["numerator"], moved["after"]["numerator"]) == (1, 0)
    (event,) = moved["events"]
    history = call("GET", f"/patients/{moved_patient}/history")
    assert event["position"] == history[-1]["position"]
    assert (event["type"], event["actor"]) == (history[-1]["type"], history[-1]["actor"])

    moment = quote(old["frozen_at"])
    then = call("GET", f"/cms-reports?period=2025&as_of={moment}")
    assert counts(then) == (3, 2, 66.67)
    assert [each["id"] for each in call("GET", "/cms-reports/frozen")] == [new["id"], old["id"]]


def test_a_frozen_report_leaves_the_house_in_every_format(clinic: Clinic) -> None:
    frozen = clinic.client.call("POST", "/cms-reports", {"period": "2025"})
    path = f"/cms-reports/{frozen['id']}"
    files = {wanted: clinic.download(path, wanted) for wanted in ("csv", "qpp", "qrda3", "fhir")}

    (row,) = csv.DictReader(io.StringIO(files["csv"].decode()))
    assert (row["denominator"], row["numerator"], row["performance_rate"]) == ("3", "2", "66.67")

    submission = json.loads(files["qpp"])
    check(submission)
    (measurement,) = submission["measurementSets"][0]["measurements"]
    assert measurement["measureId"] == "236"
    value = measurement["value"]
    assert (value["performanceMet"], value["performanceNotMet"]) == (2, 1)

    document = etree.fromstring(files["qrda3"])
    assert document.tag == f"{CDA}ClinicalDocument"
    measures = [found.get("extension") for found in document.iter(f"{CDA}id")]
    assert uuid(1) in measures

    bundle = Bundle.model_validate_json(files["fhir"])
    [found] = bundle.entry or []
    assert found.resource is not None
    assert found.resource.get_resource_type() == "MeasureReport"
