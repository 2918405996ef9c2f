"""An auditor follows a reported number down to the box on the page, and proves it offline."""

import csv
import json
import os
import subprocess
import urllib.error
import urllib.request
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from examples import verify_bundle
from examples.demo import ATTESTOR, Client, new_account
from service.postgres_directory import PostgresDirectory
from tests.reliability.waiting import wait_until

EXAMPLES = Path(verify_bundle.__file__).parent
AUDITOR = ["audit:read", "reports:read", "definitions:read", "patients:read"]


@dataclass(frozen=True)
class Audit:
    """A frozen report, a client that can only read, and the log's key as the auditor has it."""

    client: Client
    report: int
    metric: int
    vkey: str
    data_dir: Path

    def bundle(self, to: Path) -> Path:
        """Download the bundle."""
        to.write_bytes(self.get(f"/cms-reports/{self.report}/bundle"))
        return to

    def get(self, path: str) -> bytes:
        """An answer that is a file."""
        request = urllib.request.Request(
            self.client.url + path, headers={"X-API-Key": self.client.key}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            content: bytes = answer.read()
            return content


@pytest.fixture(scope="module")
def owner(service: tuple[str, Path]) -> Client:
    """Whoever the account belongs to."""
    return new_account(*service)


@pytest.fixture(scope="module")
def audit(owner: Client, service: tuple[str, Path]) -> Audit:
    """The owner's work: a note is read, another value typed, the report frozen."""
    systolic = owner.call("POST", "/variables", {"name": "Systolic blood pressure"})["id"]
    scraped, typed = (
        owner.call("POST", "/patients", {"name": name, "dob": "1956-04-02"})["id"]
        for name in ("Ada", "Bea")
    )
    document = owner.upload(f"/patients/{scraped}/pdf", EXAMPLES / "visit-note.pdf")["id"]
    wait_until(
        lambda: owner.call("GET", f"/documents/{document}")["status"] == "ready", "it is read"
    )
    owner.call("POST", f"/patients/{scraped}/variables/{systolic}/scrape", {})
    owner.call(
        "PUT",
        f"/patients/{typed}/variables/{systolic}",
        {"value": "160", "observed_on": "2025-06-01"},
    )
    formula = ["initial population: systolic_blood_pressure is known",
               "numerator: systolic_blood_pressure < 140"]  # fmt: skip
    metric = owner.call(
        "POST", "/metrics", {"name": "Blood pressure", "calculation_formula": formula}
    )["id"]
    report = owner.call("POST", "/cms-reports", {"period": "2025"})["id"]
    key = owner.call("POST", "/api-keys", {"name": "Auditor", "scopes": AUDITOR})["api_key"]
    auditor = Client(owner.url, key)
    wait_until(lambda: is_signed(auditor, report), "the report is under a checkpoint")
    vkey = auditor.call("GET", "/transparency/keys")[0]["vkey"]
    return Audit(auditor, report, metric, vkey, service[1])


def is_signed(client: Client, report: int) -> bool:
    (frozen,) = client.call("GET", f"/cms-reports/{report}/history")
    (last, *_) = client.call("GET", "/transparency/checkpoints") or [{"size": 0}]
    return int(last["size"]) >= int(frozen["position"])


@pytest.fixture(scope="module")
def empty_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment in which nothing is installed, not even pip."""
    directory = tmp_path_factory.mktemp("empty")
    venv.create(directory, with_pip=False)
    return directory / "bin" / "python"


def verify_offline(python: Path, audit: Audit, bundle: Path) -> "subprocess.CompletedProcess[str]":
    script = bundle.with_name("verify_bundle.py")
    script.write_bytes((EXAMPLES / "verify_bundle.py").read_bytes())
    return subprocess.run(
        [python, "-I", script, bundle, "--key", audit.vkey],
        capture_output=True, text=True, check=False, cwd=bundle.parent,
    )  # fmt: skip


def attestor(audit: Audit, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "ATTESTOR_DATA_DIR": str(audit.data_dir)}
    return subprocess.run(
        [*ATTESTOR, *arguments], env=environment, capture_output=True, text=True, check=False
    )


@contextmanager
def flipped(audit: Audit, position: int) -> Iterator[None]:
    """One bit of an event is another for as long as the block lasts."""
    flip = (
        "UPDATE events SET state = set_byte(state, 30, get_byte(state, 30) # 4) WHERE position = %s"
    )
    url = PostgresDirectory.prepare(audit.data_dir).url("attestor")
    options = "-c search_path=attestor -c session_replication_role=replica"
    with psycopg.connect(url, autocommit=True, options=options) as connection:
        connection.execute(flip, (position,))
        try:
            yield
        finally:
            connection.execute(flip, (position,))


def test_an_auditor_proves_a_number_down_to_the_box_and_finds_a_flipped_byte(
    audit: Audit, empty_python: Path, tmp_path: Path
) -> None:
    call = audit.client.call
    (entry,) = call("GET", f"/cms-reports/{audit.report}")["report"]["reports"]
    assert (entry["denominator"], entry["numerator"]) == (2, 1)

    # Down to the patient, the value, the box on the page, and the event.
    path = f"/metrics/{audit.metric}/patients?period=2025&population=numerator"
    (member,) = call("GET", path)
    (value,) = member["evidence"]["numerator"]
    assert words_in(call("GET", f"/documents/{value['document_id']}/words"), value)
    assert audit.get(f"/documents/{value['document_id']}/pages/{value['pdf_page']}.png")[:4] == (
        b"\x89PNG"
    )
    history = call("GET", f"/patients/{member['patient_id']}/history")
    (event,) = (e for e in history if e["type"] == "patient.scraped")
    recorded = [answer["observation"] for answer in event["data"]["answers"]]
    assert [each["id"] for each in recorded] == [value["observation_id"]]
    position = int(event["position"])

    # Offline, with nothing of the service's.
    bundle = audit.bundle(tmp_path / "bundle.zip")
    done = verify_offline(empty_python, audit, bundle)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "verified"), done.stdout
    assert audit.get(f"/events/{position}/proof")
    whole = attestor(audit, "verify", "--key", audit.vkey)
    assert (whole.returncode, whole.stdout.count("ok ")) == (0, 3), whole.stdout + whole.stderr

    with flipped(audit, position):
        done = verify_offline(empty_python, audit, audit.bundle(tmp_path / "damaged.zip"))
        whole = attestor(audit, "verify", "--key", audit.vkey)
    assert done.returncode == 1
    assert f"BAD  events: position {position}: changed" in done.stdout
    assert whole.returncode == 1
    assert f"BAD  log: changed: position {position}\n" in whole.stdout


def words_in(document: dict[str, Any], value: dict[str, Any]) -> str:
    """The words of the page that lie in the value's box, which must hold the value."""
    box = value["highlight"]
    inside = " ".join(
        text
        for text, page, x1, y1, x2, y2, *_ in document["words"]
        if page == value["pdf_page"]
        and box["x1"] <= (x1 + x2) / 2 <= box["x2"]
        and box["y1"] <= (y1 + y2) / 2 <= box["y2"]
    )
    assert value["value"] in inside, inside
    return inside


def test_a_key_that_cannot_audit_gets_no_bundle(audit: Audit, owner: Client) -> None:
    scopes = ["reports:read", "patients:read"]
    key = owner.call("POST", "/api-keys", {"name": "Reader", "scopes": scopes})["api_key"]
    request = urllib.request.Request(
        f"{owner.url}/cms-reports/{audit.report}/bundle", headers={"X-API-Key": key}
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=60)
    assert refused.value.code == 403
    refused.value.close()


def test_the_command_line_writes_the_bundle_that_the_api_answers(
    audit: Audit, tmp_path: Path
) -> None:
    file = tmp_path / "report.zip"
    account = str(audit.client.call("GET", "/account")["id"])
    done = attestor(audit, "reports", "bundle", account, str(audit.report), "-o", str(file))
    assert done.returncode == 0, done.stderr
    assert verify_bundle.main([str(file), "--key", audit.vkey]) == 0
    assert json.loads(verify_bundle.Bundle(str(file)).archive.read("manifest.json"))["files"]
    assert list(tmp_path.iterdir()) == [file]


def test_a_sample_is_drawn_abstracted_again_and_compared_on_the_command_line(
    audit: Audit, tmp_path: Path
) -> None:
    file = tmp_path / "sample.csv"
    account = str(audit.client.call("GET", "/account")["id"])
    asked = (account, str(audit.report), str(file), "--percent", "100", "--seed", "audit 7")
    drawn = attestor(audit, "reports", "sample", *asked)
    assert drawn.returncode == 0, drawn.stderr
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert {row["reported"] for row in rows if row["kind"] == "value"} > {"160"}
    for row in rows:
        row["second"] = "no" if row["name"] == "numerator" else row["reported"]
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    compared = attestor(audit, "reports", "agreement", *asked)
    assert compared.returncode == 0, compared.stderr
    # The report says yes and no, the other no and no: p_o = 1/2, p_e = (1·0 + 1·2)/4.
    assert "numerator: 1 of 2, kappa 0.0000\n" in compared.stdout
    assert "Systolic blood pressure: 2 of 2, kappa 1.0000\n" in compared.stdout
