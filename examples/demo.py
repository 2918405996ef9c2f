"""The whole main job over HTTP on a real PDF: `make demo`, or `python -m examples.demo --help`.

Define variables, register a patient, upload a PDF, scrape numbers and dates off it in one run,
review a value, define a metric, read the CMS report, and replay the patient's history.
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NUMBERS = {
    "Systolic blood pressure": "mmHg",
    "Heart rate": "bpm",
    "Weight": "kg",
    "HbA1c": "%",
    "LDL cholesterol": "mg/dL",
    "Hemoglobin": "g/dL",
}
ATTESTOR = [sys.executable, "-m", "service.cli"]
DATES = ["Visit date", "Next appointment", "Date of colonoscopy"]


class Client:
    """Four lines of HTTP: a key, JSON in, `data` out."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self.key = key

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The `data` of the answer."""
        content = None if body is None else json.dumps(body).encode()
        return self._send(method, path, content, "application/json")["data"]

    def upload(self, path: str, pdf: Path) -> Any:
        """POST a file as multipart/form-data."""
        boundary = uuid.uuid4().hex
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; '
            f'filename="{pdf.name}"\r\nContent-Type: application/pdf\r\n\r\n'
        )
        content = head.encode() + pdf.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
        kind = f"multipart/form-data; boundary={boundary}"
        return self._send("POST", path, content, kind)["data"]

    def _send(self, method: str, path: str, content: bytes | None, kind: str) -> Any:
        headers = {"X-API-Key": self.key, "Content-Type": kind}
        request = urllib.request.Request(  # noqa: S310  our own URL
            self.url + path, content, headers, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310  our own URL
                return json.load(answer)
        except urllib.error.HTTPError as error:
            sys.exit(f"{method} {path}: {error.code} {error.read().decode()}")


def demonstrate(client: Client, pdf: Path) -> None:
    """The main job, step by step."""
    title("1. What is measured")
    numbers = [
        defined(client, "/variables", {"name": name, "units": units})
        for name, units in NUMBERS.items()
    ]
    dates = [defined(client, "/date-variables", {"name": name}) for name in DATES]
    say(f"{len(numbers)} variables and {len(dates)} date variables")

    title("2. A patient, and the PDF of a visit")
    patient = client.call("POST", "/patients", {"name": "Ada Example", "dob": "1956-04-02",
                                                "sex": "F"})  # fmt: skip
    document = client.upload(f"/patients/{patient['id']}/pdf", pdf)
    say(f"patient {patient['id']}, document {document['id']} ({document['filename']})")

    title("3. Values off the page, each with its box")
    answers = client.call("POST", f"/patients/{patient['id']}/scrape", {
        "variable_ids": [variable["id"] for variable in numbers],
        "date_variable_ids": [variable["id"] for variable in dates],
    })["answers"]  # fmt: skip
    for answer in answers:
        show(answer)
    for page in sorted({answer["pdf_page"] for answer in answers if answer["found"]}):
        say(f"page {page} as a picture: {client.url}/documents/{document['id']}/pages/{page}.png")

    title("4. A person accepts a value, and adds one by hand with a reason")
    for answer in [answer for answer in answers if answer["found"]][:1]:
        path = f"/patients/{patient['id']}/observations/{answer['observation_id']}/review"
        reviewed = client.call("POST", path, {"decision": "accept"})
        say(f"{reviewed['name']} = {reviewed['value']}, {reviewed['review']}")
    systolic = numbers[0]
    client.call("PUT", f"/patients/{patient['id']}/variables/{systolic['id']}",
                {"value": "126", "reason": "second reading, patient seated"})  # fmt: skip
    say("Systolic blood pressure = 126")

    title("5. A metric, and the CMS report")
    metric = client.call("POST", "/metrics", {
        "name": "Controlling high blood pressure",
        "calculation_formula": ["initial population: age between 18 and 85",
                                "denominator: systolic_blood_pressure is known",
                                "numerator: systolic_blood_pressure < 140"],
        "low_quality_threshold": 50, "high_quality_threshold": 80,
    })  # fmt: skip
    report = wait_for_report(client, metric["id"])
    for name in ("initial_population", "denominator", "numerator", "performance_rate",
                 "quality_level"):  # fmt: skip
        say(f"{name:20} {report[name]}")

    title("6. The patient's history, from the log")
    for event in client.call("GET", f"/patients/{patient['id']}/history"):
        reason = f"  ({event['reason']})" if event["reason"] else ""
        say(f"{event['position']:>5}  {event['recorded_at']}  {event['actor']:14} "
            f"{event['type']}{reason}")  # fmt: skip


def defined(client: Client, path: str, wanted: dict[str, str]) -> dict[str, Any]:
    """The account's variable of this name, made when there is none yet."""
    for variable in client.call("GET", path):
        if variable["name"] == wanted["name"]:
            return dict(variable)
    return dict(client.call("POST", path, wanted))


def show(scraped: dict[str, Any]) -> None:
    """One scraped value, or why there is none."""
    name = scraped["variable_name"]
    if not scraped["found"]:
        return say(f"{name:26} not found: {scraped['note']}")
    box = scraped["highlight"]
    place = f"page {scraped['pdf_page']}, box {box['x1']:.0f},{box['y1']:.0f}" if box else ""
    units = scraped.get("units") or ""
    return say(f"{name:26} {scraped['value']:>10} {units:8} {place}, sure {scraped['confidence']}")


def wait_for_report(client: Client, metric_id: int) -> dict[str, Any]:
    """The metric's entry; it follows the metric's definition within a second."""
    for _ in range(100):
        reports = client.call("GET", f"/cms-reports?metric_id={metric_id}")["reports"]
        if reports and reports[0]["denominator"]:
            return dict(reports[0])
        time.sleep(0.1)
    sys.exit("The report does not follow. See /-/ready.")


@contextmanager
def own_service(data_dir: Path) -> Iterator[Client]:
    """A service of the demo's own, and a client with a new account on it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        bind = f"127.0.0.1:{probe.getsockname()[1]}"
    environment = {**os.environ, "ATTESTOR_DATA_DIR": str(data_dir), "ATTESTOR_BIND": bind,
                   "ATTESTOR_LOG_LEVEL": "WARNING"}  # fmt: skip
    service = subprocess.Popen(  # noqa: S603  our own program
        [*ATTESTOR, "serve"], env=environment, stderr=subprocess.DEVNULL
    )
    try:
        wait_until_ready(f"http://{bind}/-/ready", service)
        yield new_account(f"http://{bind}", data_dir)
    finally:
        service.send_signal(signal.SIGTERM)
        service.wait(60)


def new_account(url: str, data_dir: Path) -> Client:
    """A client with the first key of an account that the command line makes."""
    made = subprocess.run(  # noqa: S603  our own program
        [*ATTESTOR, "account", "create", "Demo", "--json"],
        env={**os.environ, "ATTESTOR_DATA_DIR": str(data_dir)},
        capture_output=True,
        check=True,
    )
    return Client(url, json.loads(made.stdout)["api_key"])


def wait_until_ready(url: str, service: "subprocess.Popen[bytes]") -> None:
    """Until database, schema, API and runner are there."""
    for _ in range(600):
        if service.poll() is not None:
            sys.exit("The service ended while starting; run `attestor serve` to see why.")
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310  our own URL
                return
        except OSError:
            time.sleep(0.1)
    sys.exit("The service does not get ready.")


def title(text: str) -> None:
    """A heading."""
    print(f"\n{text}")


def say(text: str) -> None:
    """A line below it."""
    print(f"   {text}")


def main() -> None:
    """Run against a given service, or against one of the demo's own."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--pdf", type=Path, default=Path(__file__).with_name("visit-note.pdf"))
    parser.add_argument("--url", help="a running service; default: start one")
    parser.add_argument("--key", help="its API key", default=os.environ.get("ATTESTOR_API_KEY"))
    parser.add_argument("--data-dir", type=Path, help="of the service that is started")
    chosen = parser.parse_args()
    if chosen.url:
        return demonstrate(Client(chosen.url, chosen.key or ""), chosen.pdf)
    if chosen.data_dir:
        with own_service(chosen.data_dir) as client:
            return demonstrate(client, chosen.pdf)
    with tempfile.TemporaryDirectory() as folder, own_service(Path(folder)) as client:
        return demonstrate(client, chosen.pdf)


if __name__ == "__main__":
    main()
