"""Fuzz a running service from its own description: `python -m tests.fuzz [--cases N]`.

Starts the service on a free port with a data directory of its own, opens an account, and lets
Schemathesis loose on it: all checks, all phases, a fixed seed. The exit code is not zero when a
check fails, or when fewer than N requests were answered.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import requests

from tests.fuzz.running_service import RunningService, running_service

CONFIG = Path(__file__).with_name("schemathesis.toml")
CASES = 2000
EXAMPLES = 5
"""Generated requests for each operation; the coverage phase makes most of the others."""


def main() -> int:
    """Run it; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=CASES, help="fewest requests to answer")
    parser.add_argument("--examples", type=int, default=EXAMPLES, help="of each operation")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="attestor-fuzz-") as directory:
        Path(directory).chmod(0o711)
        with running_service(Path(directory)) as service:
            code = fuzz(service, chosen.examples)
            answered = service.requests_answered()
        print(f"{answered} requests answered, at least {chosen.cases} wanted")
    return code or int(answered < chosen.cases)


def fuzz(service: RunningService, examples: int) -> int:
    """Run Schemathesis; its exit code."""
    _, key = service.new_account("Fuzz")
    other = {"name": "To be rotated and revoked", "scopes": ["reports:read"]}
    keys = requests.Session()
    keys.headers["X-API-Key"] = key
    keys.post(f"{service.url}/api-keys", json=other, timeout=10).raise_for_status()
    mine, others = keys.get(f"{service.url}/api-keys", timeout=10).json()["data"]
    environment = {
        **os.environ,
        "FUZZ_API_KEY": key,
        "FUZZ_KEY_ID": str(mine["id"]),
        "FUZZ_OTHER_KEY_ID": str(others["id"]),
    }
    command = ["schemathesis.cli", "--config-file", str(CONFIG), "run",
               f"{service.url}/openapi.json", "-n", str(examples), "--report-ndjson-path", "/tmp/fz/r.ndjson"]  # fmt: skip
    return subprocess.run(
        [sys.executable, "-m", *command], env=environment, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
