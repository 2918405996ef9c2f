"""Fuzz a running service from its own description: `python -m tests.fuzz [--cases N]`.

Starts the service on a free port with a data directory of its own, puts one resource of each kind
into an account, and lets Schemathesis loose on it: all checks, all phases, a fixed seed. The exit
code is not zero when a check fails, or when fewer than N requests were answered.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

from examples.demo import Client, own_service

CONFIG = Path(__file__).with_name("schemathesis.toml")
NOTE = Path(__file__).parents[2] / "examples" / "visit-note.pdf"
CASES = 2000
EXAMPLES = 20
"""Generated requests for each operation; the coverage phase makes most of the others."""
UUIDS = [f"00000000-0000-4000-8000-{number:012}" for number in range(4)]
CMS = {
    "measure_id": "001",
    "emeasure_uuid": UUIDS[0],
    "submission_method": "electronicHealthRecord",
    "population_uuids": dict(
        zip(("initial_population", "denominator", "numerator"), UUIDS[1:], strict=True)
    ),
}
SUBMITTER = {"entity_type": "group", "tin": "123456789", "cehrt_id": "0015E0000000ABC"}


def main() -> int:
    """Run it; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=CASES, help="fewest requests to answer")
    parser.add_argument("--examples", type=int, default=EXAMPLES, help="of each operation")
    chosen = parser.parse_args()
    os.environ["ATTESTOR_RATE_LIMIT"] = "0"
    with tempfile.TemporaryDirectory(prefix="attestor-fuzz-") as directory:
        Path(directory).chmod(0o711)
        with own_service(Path(directory)) as client:
            code = fuzz(client, chosen.examples)
            answered = requests_answered(client.url)
    print(f"{answered} requests answered, at least {chosen.cases} wanted")
    return code or int(answered < chosen.cases)


def fuzz(client: Client, examples: int) -> int:
    """Run Schemathesis; its exit code."""
    environment = {
        **os.environ,
        "FUZZ_API_KEY": client.key,
        "FUZZ_IDS": json.dumps(filled(client)),
    }
    command = ["schemathesis.cli", "--config-file", str(CONFIG), "run",
               f"{client.url}/openapi.json", "-n", str(examples)]  # fmt: skip
    return subprocess.run([sys.executable, "-m", *command], env=environment).returncode


def filled(client: Client) -> dict[str, str]:
    """One resource of each kind, such that reports can be sent to CMS; the id of each by its place
    in a path."""
    (own_key,) = client.call("GET", "/api-keys")
    patient = client.call("POST", "/patients", {"name": "Ann Example", "dob": "1950-02-03"})
    formula = ["initial population: age >= 18", "numerator: age >= 65"]
    metric = {"name": "Old age", "calculation_formula": formula, "cms": CMS}
    client.call("PUT", "/account", {"submitter": SUBMITTER})
    line = b'{"name": "Bob Example"}'
    resources = {
        "own key": own_key,
        "key_id": client.call("POST", "/api-keys", {"name": "B", "scopes": ["reports:read"]}),
        "patient_id": patient,
        "variable_id": client.call("POST", "/variables", {"name": "HbA1c", "units": "%"}),
        "date variable": client.call("POST", "/date-variables", {"name": "Visit date"}),
        "metric_id": client.call("POST", "/metrics", metric),
        "document_id": client.upload(f"/patients/{patient['id']}/pdf", NOTE),
        "report_id": client.call("POST", "/cms-reports", {}),
        "job_id": client._send("POST", "/imports", line, "application/x-ndjson")["data"],
    }
    client.call("POST", f"/patients/{patient['id']}/scrape", {})
    (run,) = client.call("GET", f"/patients/{patient['id']}/scrapes")
    (value, *_) = client.call("GET", f"/patients/{patient['id']}/observations")
    registered = client.call("GET", f"/patients/{patient['id']}/history")[0]
    wait_until_provable(client, registered["position"])
    ids = {place: str(resource["id"]) for place, resource in resources.items()}
    return {**ids, "position": registered["position"], "page": "1", "scrape": run["position"],
            "observation_id": str(value["id"])}  # fmt: skip


def wait_until_provable(client: Client, position: str) -> None:
    """Until the worker has signed the report that was frozen after this event."""
    path = f"/events/{position}/proof"
    request = urllib.request.Request(client.url + path, headers={"X-API-Key": client.key})
    for _ in range(600):
        with suppress(urllib.error.HTTPError), urllib.request.urlopen(request, timeout=60):
            return
        time.sleep(0.1)
    sys.exit("the frozen report is not signed")


def requests_answered(url: str) -> int:
    """How many requests all workers have answered."""
    with urllib.request.urlopen(f"{url}/-/metrics", timeout=10) as answer:
        text = answer.read().decode()
    counts = re.findall(r"^attestor_requests_total\{.*\} ([0-9.]+)$", text, re.MULTILINE)
    return int(sum(map(float, counts)))


if __name__ == "__main__":
    sys.exit(main())
