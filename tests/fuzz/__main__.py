"""Fuzz a running service from its own description: `python -m tests.fuzz [--cases N]`.

Starts the service on a free port with a data directory of its own, opens an account, fills it
with one resource of each kind, and lets Schemathesis loose on it: all checks, all phases, a fixed
seed. The exit code is not zero when a check fails or fewer than N requests were made.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz.running_service import Account, RunningService, running_service

CONFIG = Path(__file__).with_name("schemathesis.toml")
CASES = 2000
EXAMPLES = 12
"""Generated cases for each operation; the coverage phase makes most of the others."""


def main() -> int:
    """Run it; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=CASES, help="least number of requests")
    parser.add_argument("--examples", type=int, default=EXAMPLES, help="cases per operation")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="attestor-fuzz-") as name:
        directory = Path(name)
        directory.chmod(0o711)
        with running_service(directory) as service:
            report = directory / "cases.ndjson"
            code = fuzz(service, service.open_account(), report, chosen.examples)
            cases = requests_in(report)
    print(f"{cases} requests; at least {chosen.cases} wanted")
    return code or int(cases < chosen.cases)


def fuzz(service: RunningService, account: Account, report: Path, examples: int) -> int:
    """Run Schemathesis; its exit code."""
    environment = {**os.environ, **account.environment}
    options = ["--seed", "1", "-n", str(examples), "--checks", "all", "--continue-on-failure"]
    command = [sys.executable, "-m", "schemathesis", "--config-file", str(CONFIG), "run",
               f"{service.url}/openapi.json", *options, "--report-ndjson-path", str(report)]  # fmt: skip
    return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603


def requests_in(report: Path) -> int:
    """How many requests the report tells of."""
    with report.open(encoding="utf-8") as lines:
        return sum(_requests_in_event(json.loads(line)) for line in lines)


if __name__ == "__main__":
    sys.exit(main())
