"""Frozen reports over the API, the report of a past moment, and its formats."""

import csv
import hashlib
import io
import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

import pytest
from falcon.testing import Result

from projections.runner import Runner
from service.bootstrap import Services
from service.projecting import ASYNC, catch_up
from tests.unit.api.caller import Caller

FORMULA = ["initial population: age >= 1", "numerator: weight >= 100"]
SUBMITTER = {
    "entity_type": "group",
    "tin": "123456789",
    "cehrt_id": "0015E0000000ABC",
    "name": "Harbor Group",
}
ATTESTATION = {"attested_by": "Dr. Ada", "statement": "True, accurate and complete."}
PERIOD = {"period": "2025"}


def uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


CMS = {
    "measure_id": "001",
    "emeasure_uuid": uuid(1),
    "submission_method": "electronicHealthRecord",
    "metric_type": "singlePerformanceRate",
    "is_end_to_end_reported": True,
    "population_uuids": {
        "initial_population": uuid(2), "denominator": uuid(3), "numerator": uuid(4)
    },
}  # fmt: skip


class Clinic:
    """An account with one patient of 90 kg and a metric that counts those of 100 kg and more."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.weight = caller.make("/variables", name="Weight")
        self.patient = caller.make("/patients", name="CANARY", dob="1950-01-01")
        self.weigh("90")
        self.metric = caller.make("/metrics", name="Heavy", calculation_formula=FORMULA, cms=CMS)

    def weigh(self, kilograms: str) -> Result:
        path = f"/patients/{self.patient}/variables/{self.weight}"
        body = {"value": kilograms, "observed_on": "2025-05-01"}
        return self.caller.put(path, json=body)

    def freeze(self, **body: Any) -> dict[str, Any]:
        made = self.caller.post("/cms-reports", json={**PERIOD, **body})
        assert made.status_code == 201, made.text
        return dict(made.json["data"])


@pytest.fixture
def clinic(new_caller: Callable[[str], Caller]) -> Clinic:
    return Clinic(new_caller("Harbor"))


def counts(report: dict[str, Any]) -> tuple[int, int]:
    (entry,) = report["reports"]
    return entry["denominator"], entry["numerator"]


def test_a_frozen_report_says_the_same_whatever_happens_later(clinic: Clinic) -> None:
    made = clinic.caller.post("/cms-reports", json=PERIOD)
    frozen = made.json["data"]
    assert made.headers["location"] == f"/cms-reports/{frozen['id']}"
    assert counts(frozen["report"]) == (1, 0)
    assert frozen["metric_versions"] == [{"metric_id": clinic.metric, "version": 1}]
    assert frozen["period"] == {"start": "2025-01-01", "end": "2025-12-31"}
    clinic.weigh("120")
    again = clinic.caller.get(made.headers["location"])
    assert again.json["data"] == frozen
    assert again.headers["etag"] == made.headers["etag"]


def test_the_hash_is_of_the_bytes_that_are_shown(clinic: Clinic) -> None:
    text = clinic.caller.get(f"/cms-reports/{clinic.freeze()['id']}?envelope=false").text
    start = text.index('"report":') + len('"report":')
    shown = json.loads(text)
    body = text[start : json.JSONDecoder().raw_decode(text, start)[1]]
    assert hashlib.sha256(body.encode()).hexdigest() == shown["sha256"]


def test_a_report_is_attested_submitted_and_restated_in_this_order(clinic: Clinic) -> None:
    caller, path = clinic.caller, f"/cms-reports/{clinic.freeze()['id']}"
    assert caller.post(f"{path}/submit").status_code == 409
    attested = caller.post(f"{path}/attest", json=ATTESTATION)
    assert attested.status_code == 200
    assert attested.json["data"]["status"] == "attested"
    assert {name: attested.json["data"][name] for name in ATTESTATION} == ATTESTATION
    assert caller.post(f"{path}/attest", json=ATTESTATION).status_code == 409
    submitted = caller.post(f"{path}/submit", json={"reference": "QPP-1"}).json["data"]
    assert (submitted["status"], submitted["reference"]) == ("submitted", "QPP-1")
    restated = caller.post(f"{path}/restate", json={"reason": "late result"})
    assert restated.status_code == 201
    assert restated.json["data"]["restates"] == int(path.rpartition("/")[2])
    old = caller.get(path).json["data"]
    assert (old["status"], old["reason"]) == ("restated", "late result")
    assert old["restated_by"] == restated.json["data"]["id"]
    assert restated.headers["location"] == f"/cms-reports/{old['restated_by']}"
    assert caller.post(f"{path}/restate", json={"reason": "again"}).status_code == 409


def test_a_restatement_with_the_same_key_happens_once(clinic: Clinic) -> None:
    path = f"/cms-reports/{clinic.freeze()['id']}/restate"
    options = {"json": {"reason": "late"}, "headers": {"Idempotency-Key": "restate-1"}}
    first, again = (clinic.caller.post(path, **options) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert clinic.caller.get("/cms-reports/frozen").json["pagination"]["total"] == 2


@pytest.mark.parametrize("step", ["attest", "restate"])
def test_a_step_over_a_version_that_was_not_seen_is_a_412(clinic: Clinic, step: str) -> None:
    path = f"/cms-reports/{clinic.freeze()['id']}"
    body = {"attest": ATTESTATION, "restate": {"reason": "late"}}[step]
    answer = clinic.caller.post(f"{path}/{step}", json=body, headers={"If-Match": '"v9.1"'})
    assert answer.status_code == 412
    assert clinic.caller.get(path).json["data"]["status"] == "frozen"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("", {"period": "2025-Q5"}),
        ("", {"metric_ids": []}),
        ("", {"metric_ids": [999_999]}),
        ("", {"metrics": [1]}),
        ("/attest", {"attested_by": "Dr. Ada"}),
        ("/attest", {**ATTESTATION, "statement": " "}),
        ("/submit", {"reference": 1}),
        ("/restate", {}),
        ("/restate", {"reason": " "}),
    ],
)
def test_a_step_that_lacks_something_is_a_422(
    clinic: Clinic, path: str, body: dict[str, Any]
) -> None:
    prefix = f"/{clinic.freeze()['id']}" if path else ""
    assert clinic.caller.post(f"/cms-reports{prefix}{path}", json=body).status_code == 422


def test_the_list_is_newest_first_and_pages_without_the_contents(clinic: Clinic) -> None:
    ids = [clinic.freeze()["id"] for _ in range(3)]
    answer = clinic.caller.get("/cms-reports/frozen?limit=2")
    assert [report["id"] for report in answer.json["data"]] == [ids[2], ids[1]]
    assert answer.headers["x-total-count"] == "3"
    assert "report" not in answer.json["data"][0]
    rest = clinic.caller.get(answer.json["pagination"]["next"]).json["data"]
    assert [report["id"] for report in rest] == [ids[0]]


def test_verify_computes_the_same_bytes_from_the_log(clinic: Clinic) -> None:
    frozen = clinic.freeze()
    clinic.weigh("120")
    clinic.caller.put(f"/metrics/{clinic.metric}", json={"name": "Heavier"})
    verified = clinic.caller.get(f"/cms-reports/{frozen['id']}/verify").json["data"]
    assert verified == {
        "report_id": frozen["id"],
        "is_equal": True,
        "sha256": frozen["sha256"],
        "recomputed_sha256": frozen["sha256"],
        "differing_metrics": [],
        "erased_patients": 0,
        "is_explained": True,
    }


def test_diff_names_the_patient_who_moved_and_the_event_that_moved_it(clinic: Clinic) -> None:
    caller, before = clinic.caller, clinic.freeze()
    caller.make("/patients", name="Unmoved", external_id="x")
    moving = clinic.weigh("120").headers["x-log-position"]
    after = clinic.freeze()
    path = f"/cms-reports/{before['id']}/diff?against={after['id']}"
    (moved,) = caller.get(path).json["data"]
    assert (moved["metric_id"], moved["patient_id"]) == (clinic.metric, clinic.patient)
    assert moved["before"] != moved["after"]
    (event,) = moved["events"]
    assert (event["position"], event["actor"][:4]) == (moving, "key:")
    assert "CANARY" not in caller.get(path).text
    same = caller.get(f"/cms-reports/{before['id']}/diff?against={before['id']}")
    assert (same.json["data"], same.json["pagination"]["total"]) == ([], 0)


def test_diff_needs_the_other_report(clinic: Clinic) -> None:
    path = f"/cms-reports/{clinic.freeze()['id']}/diff"
    assert clinic.caller.get(path).json["detail"] == "against is required"
    assert clinic.caller.get(f"{path}?against=999999").status_code == 404


def test_a_past_moment_shows_what_the_log_said_then(clinic: Clinic) -> None:
    frozen = clinic.freeze()
    moment = frozen["frozen_at"]
    clinic.weigh("120")
    answer = clinic.caller.get("/cms-reports", params={"period": "2025", "as_of": moment})
    assert counts(answer.json["data"]) == (1, 0)
    assert answer.json["meta"]["as_of"] == moment
    assert int(answer.json["meta"]["position"]) > int(frozen["position"])
    assert answer.headers["x-log-position"] == answer.json["data"]["position"]
    now = clinic.caller.get(f"/cms-reports/{clinic.freeze()['id']}").json["data"]["report"]
    assert counts(now) == (1, 1)


def test_before_the_first_event_there_was_no_metric(clinic: Clinic) -> None:
    answer = clinic.caller.get("/cms-reports?as_of=1999-12-31T23:59:59%2B02:00").json
    assert answer["data"]["reports"] == []
    assert answer["meta"]["as_of"] == "1999-12-31T21:59:59Z"


@pytest.mark.parametrize(
    "moment",
    ["2025-01-01", "2025-01-01T00:00:00", "2025-13-01T00:00:00Z", "0001-01-01T00:00:00+14:00",
     "now", "", "9000-01-01T00:00:00Z"],
)  # fmt: skip
def test_a_moment_that_is_naive_impossible_or_to_come_is_a_400(caller: Caller, moment: str) -> None:
    answer = caller.get("/cms-reports", params={"as_of": moment})
    assert answer.status_code == 400


def test_a_past_moment_does_not_wait_for_a_position(caller: Caller) -> None:
    answer = caller.get("/cms-reports?as_of=2025-01-01T00:00:00Z&min_position=1")
    assert answer.status_code == 400
    assert "as_of and min_position" in answer.json["detail"]


READ: dict[str, tuple[str, Callable[[bytes], Any]]] = {
    "csv": ("text/csv", lambda body: list(csv.DictReader(io.StringIO(body.decode())))),
    "qpp": ("application/vnd.qpp.cms.gov+json", json.loads),
    "qrda3": ("application/xml", ET.fromstring),
    "fhir": ("application/fhir+json", json.loads),
}


@pytest.fixture(scope="module")
def submitting(new_caller: Callable[[str], Caller], services: Services) -> Clinic:
    clinic = Clinic(new_caller("Submitting"))
    clinic.caller.put("/account", json={"submitter": SUBMITTER})
    catch_up([Runner(services.database, p, services.application.mapper) for p in ASYNC])
    return clinic


@pytest.mark.parametrize("wanted", list(READ))
def test_a_format_comes_as_a_file_by_parameter_or_by_accept(
    submitting: Clinic, wanted: str
) -> None:
    media_type, read = READ[wanted]
    frozen = f"/cms-reports/{submitting.freeze()['id']}"
    for path in ("/cms-reports?period=2025", f"{frozen}?envelope=true"):
        asked = submitting.caller.get(f"{path}&format={wanted}", headers={"Accept": "text/html"})
        accepted = submitting.caller.get(path, headers={"Accept": media_type})
        for answer in (asked, accepted):
            assert answer.status_code == 200, answer.text
            assert answer.headers["content-type"].split(";")[0] == media_type
            assert answer.headers["content-disposition"].startswith('attachment; filename="')
            assert int(answer.headers["x-log-position"]) > 0
            assert read(answer.content)


@pytest.mark.parametrize("accept", ["*/*", "application/json", "image/png", "nonsense", "a/b/c"])
def test_json_is_what_comes_to_who_takes_anything_or_nothing_we_have(
    submitting: Clinic, accept: str
) -> None:
    answer = submitting.caller.get("/cms-reports", headers={"Accept": accept})
    assert answer.headers["content-type"] == "application/json"
    assert "content-disposition" not in answer.headers


def test_a_table_has_the_counts_of_the_report(submitting: Clinic) -> None:
    path = f"/cms-reports/{submitting.freeze()['id']}?format=csv"
    (row,) = READ["csv"][1](submitting.caller.get(path).content)
    assert (row["metric_name"], row["denominator"], row["numerator"]) == ("Heavy", "1", "0")


def test_a_format_that_names_the_submitter_is_a_409_without_one(clinic: Clinic) -> None:
    for wanted in ("qpp", "qrda3", "fhir"):
        answer = clinic.caller.get(f"/cms-reports?period=2025&format={wanted}")
        assert answer.status_code == 409
        assert "PUT /account" in answer.json["detail"]
    assert clinic.caller.get("/cms-reports?period=2025&format=csv").status_code == 200


def test_what_a_format_lacks_is_a_422_at_the_field(clinic: Clinic) -> None:
    without = {name: value for name, value in SUBMITTER.items() if name != "cehrt_id"}
    clinic.caller.put("/account", json={"submitter": without})
    answer = clinic.caller.get(f"/cms-reports/{clinic.freeze()['id']}?format=qrda3")
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json["errors"]] == ["#/cehrt_id"]


def test_single_patients_leave_as_fhir_only_and_for_keys_that_may_read_them(
    submitting: Clinic,
) -> None:
    caller, path = submitting.caller, f"/cms-reports/{submitting.freeze()['id']}"
    bundle = caller.get(f"{path}?format=fhir&individuals=true").json
    kinds = [entry["resource"]["type"] for entry in bundle["entry"]]
    assert kinds == ["summary", "individual"]
    assert caller.get(f"{path}?format=csv&individuals=true").status_code == 400
    assert caller.get(f"{path}?individuals=true").status_code == 400
    key = caller.post("/api-keys", json={"name": "R", "scopes": ["reports:read"]}).json["data"]
    limited = Caller(caller.client, caller.account_id, key["api_key"])
    assert limited.get(f"{path}?format=fhir").status_code == 200
    assert limited.get(f"{path}?format=fhir&individuals=true").status_code == 403
