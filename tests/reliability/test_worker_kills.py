"""kill -9 of the background worker while it imports, and while it reads a document."""

import io
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pikepdf
import psutil
import pytest

from service import failpoints
from tests.reliability import invariants
from tests.reliability.cluster import Cluster, Process, is_alive, kill
from tests.reliability.load import LOW_BELOW, Ward
from tests.reliability.waiting import wait_until, wait_until_gone
from tests.unit.service.pdf.drawing import scanned

VISIT_NOTE = Path(__file__).parents[2] / "examples" / "visit-note.pdf"
LINES = 1000
"""Five groups, of which each is one transaction."""
BAD_LINE = 501


def worker_of(cluster: Cluster) -> Process:
    """The worker that runs now."""
    return wait_until(lambda: cluster.child("work"), "there is a worker")[0]


def import_lines() -> list[bytes]:
    """Patients with the levels 0 to 99 in turn, and one line that is refused."""
    lines = [
        {"external_id": f"e-{n}", "name": f"Imported {n}", "dob": "1950-01-02",
         "observations": [{"variable": "level", "value": str(n % 100)}]}
        for n in range(1, LINES + 1)
    ]  # fmt: skip
    lines[BAD_LINE - 1]["dob"] = "not a day"
    return [json.dumps(line).encode() for line in lines]


def test_an_import_goes_on_after_each_kill_and_takes_every_line_once(cluster: Cluster) -> None:
    ward = Ward.open(cluster.open_account("Import"))
    worker = worker_of(cluster)
    worker.suspend()
    headers = {"Content-Type": "application/x-ndjson"}
    job = ward.client.call("POST", "/imports", b"\n".join(import_lines()), headers).data
    tokens = [cluster.arm(failpoints.BEFORE_APPEND)]
    worker.resume()
    for _ in range(2):
        wait_until_gone(tokens[-1])
        tokens.append(cluster.arm(failpoints.AFTER_COMMIT_BEFORE_REPLY))
    wait_until_gone(tokens[-1])

    done = wait_until(lambda: finished(ward, job["id"]), "the job is finished")

    assert done["status"] == "succeeded"
    assert (done["lines_done"], done["lines_failed"]) == (LINES, 1)
    assert [problem["line"] for problem in done["problems"]] == [BAD_LINE]
    check_imported(cluster, ward, job["id"])


def finished(ward: Ward, job_id: int) -> Any:
    """The job once it has ended."""
    job = ward.client.get(f"/jobs/{job_id}")
    return job if job["status"] in ("succeeded", "failed") else None


def check_imported(cluster: Cluster, ward: Ward, job_id: int) -> None:
    """Every good line is one patient with one level, in the log, the read models and the report."""
    good = [n % 100 for n in range(1, LINES + 1) if n != BAD_LINE]
    with cluster.connect() as connection:
        log = invariants.read_log(connection)
        standing = connection.execute(
            "SELECT count(*), count(DISTINCT patient_id) FROM observations WHERE variable_id = %s",
            (ward.variable_id,),
        ).fetchone()
    invariants.versions_and_positions_have_no_gap(log)
    invariants.equals_the_oracle("levels", standing, (len(good), len(good)))
    patients = {e.originator_id for e in log if e.request_id == f"job-{job_id}" and e.version == 1}
    shown = ward.client.call("GET", "/patients?limit=1")
    invariants.equals_the_oracle("patients", int(shown.headers["x-total-count"]), len(good))
    low = sum(level < LOW_BELOW for level in good)
    invariants.equals_the_oracle("report", ward.counts(log[-1].position), (len(good), low))
    assert len(patients) >= len(good)
    with cluster.services() as services:
        invariants.read_models_equal_a_rebuild(services)


def test_a_scrape_job_goes_on_after_each_kill_and_runs_over_every_chart_once(
    cluster: Cluster, ward: Ward
) -> None:
    patients = [ward.admit(f"Scraped {n}") for n in range(5)]
    for patient in patients:
        ended(ward, ward.client.upload(patient, VISIT_NOTE.read_bytes())["id"])
    ward.client.make("/variables", {"name": "HbA1c", "units": "%"})
    worker = worker_of(cluster)
    worker.suspend()
    job = ward.client.call("POST", "/scrapes", b"{}").data
    tokens = [cluster.arm(failpoints.BEFORE_APPEND)]
    worker.resume()
    for _ in range(2):
        wait_until_gone(tokens[-1])
        tokens.append(cluster.arm(failpoints.AFTER_COMMIT_BEFORE_REPLY))
    wait_until_gone(tokens[-1])

    done = wait_until(lambda: finished(ward, job["id"]), "the job is finished")

    # HbA1c stands on the page, the ward's own variable does not.
    assert done["result"] == {"lines": 5, "failed": 0, "found": 5, "not_found": 5}
    for patient in patients:
        assert len(ward.client.get(f"/patients/{patient}/scrapes")) == 1
        (value,) = ward.client.get(f"/patients/{patient}")["variables"]
        assert value["value"] == "7.2"


@pytest.mark.parametrize(
    "failpoint", [failpoints.BEFORE_APPEND, failpoints.AFTER_COMMIT_BEFORE_REPLY]
)
def test_a_document_that_was_parsed_when_its_worker_died_is_recorded_once(
    cluster: Cluster, ward: Ward, failpoint: str
) -> None:
    worker = worker_of(cluster)
    worker.suspend()
    document = ward.client.upload(ward.admit("Cleo"), VISIT_NOTE.read_bytes())
    cluster.arm(failpoint)
    worker.resume()
    wait_until(lambda: not is_alive(worker), "the worker dies at the failpoint")

    assert ended(ward, document["id"])["pages"] == 2
    assert times_read(cluster, document["id"]) == 1


def test_a_document_whose_worker_dies_while_parsing_is_read_by_the_next_one(
    cluster: Cluster, ward: Ward
) -> None:
    document = ward.client.upload(ward.admit("Dora"), long_pdf())
    worker, *parsers = wait_until(lambda: parsing(cluster), "a document is being parsed")
    kill(worker)

    assert ended(ward, document["id"])["status"] in ("ready", "refused")
    assert times_read(cluster, document["id"]) == 1
    wait_until(lambda: not any(map(is_alive, parsers)), "the parsers of the dead worker end")


def test_a_scan_whose_worker_dies_while_reading_it_is_read_by_the_next_one(
    cluster: Cluster, ward: Ward
) -> None:
    document = ward.client.upload(ward.admit("Emil"), scanned(VISIT_NOTE.read_bytes()))
    worker, *parsers = wait_until(lambda: parsing(cluster, below=3), "a scan is being read")
    kill(worker)

    assert ended(ward, document["id"])["status"] == "ready"
    assert times_read(cluster, document["id"]) == 1
    wait_until(lambda: not any(map(is_alive, parsers)), "the parsers of the dead worker end")


def long_pdf() -> bytes:
    """120 pages, which take seconds to parse."""
    content = io.BytesIO()
    with pikepdf.open(VISIT_NOTE) as note, pikepdf.new() as long:
        for _ in range(60):
            long.pages.extend(note.pages)
        long.save(content)
    return content.getvalue()


def parsing(cluster: Cluster, below: int = 2) -> list[Process]:
    """The worker, its parser server and the child that parses, while there is one; for a scan,
    there is a second server."""
    for worker in cluster.child("work"):
        with suppress(psutil.NoSuchProcess):
            processes = worker.children(recursive=True)
            if len(processes) == below:
                return [worker, *processes]
    return []


def ended(ward: Ward, document_id: str) -> Any:
    """The document once it is in a terminal state."""

    def document() -> Any:
        found = ward.client.get(f"/documents/{document_id}")
        return None if found["status"] == "processing" else found

    return wait_until(document, "the document is read or refused")


def times_read(cluster: Cluster, document_id: str) -> int:
    """How many events say that it was."""
    with cluster.connect() as connection:
        log = invariants.read_log(connection)
    return sum(event.request_id == f"read-{document_id}" for event in log)
