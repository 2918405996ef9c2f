"""What it costs to record who saw a patient: the same API with its access trail and without."""

import os
import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.bench import Bench
from benchmarks.imports import patient_lines
from benchmarks.load import CONNECTIONS, TOOL, Request, Target
from benchmarks.process import free_port, started
from benchmarks.product import Tenant, tenant
from benchmarks.report import Finding, alternate

_BAR = 0.95
_PATIENTS = 2000
_REQUESTS = 2000
_SECONDS = 3.0


def run(bench: Bench) -> list[Finding]:
    """How many patients a second are shown with a record of each, and how many without."""
    bench.say(f"access trail: load by {TOOL}, {CONNECTIONS} connections")
    with tenant(bench) as found:
        job = found.take_in(list(patient_lines(bench.sized(_PATIENTS))))
        found.services.imports.run(job, lambda: False)
        rows = found.services.database.rows("SELECT id FROM patient_heads ORDER BY id")
        patients = [row[0] for row in rows]
        with (
            _serving(bench, found, patients, "api.wsgi:app") as ours,
            _serving(bench, found, patients, "benchmarks.untraced:app") as theirs,
        ):
            measures = alternate(
                bench.rounds,
                {"ours": lambda: _rate(bench, ours), "theirs": lambda: _rate(bench, theirs)},
            )
    return [
        Finding("GET a patient, recorded", "answers/s", measures["ours"], measures["theirs"], _BAR)
    ]


def _rate(bench: Bench, target: Target) -> float:
    rng = random.Random(7)  # noqa: S311  a benchmark's data
    requests = [Request(f"/patients/{rng.choice(target.patients)}") for _ in range(_REQUESTS)]
    return target.rate(requests, _SECONDS * bench.scale)


@contextmanager
def _serving(
    bench: Bench, found: Tenant, patients: Sequence[int], application: str
) -> Iterator[Target]:
    """gunicorn alone, with two workers, on the tenant's database."""
    settings = found.services.settings
    bind = f"127.0.0.1:{free_port()}"
    with TemporaryDirectory(dir=bench.directory) as folder:
        environment = {
            **os.environ,
            "ATTESTOR_DATABASE_URL": str(settings.database_url),
            "ATTESTOR_DATA_DIR": folder,
            "ATTESTOR_MASTER_KEY_FILE": str(Path(settings.data_dir, "master.key")),
            "ATTESTOR_BIND": bind,
            "ATTESTOR_THREADS": "4",
            "ATTESTOR_RATE_LIMIT": "0",
            "ATTESTOR_LOG_LEVEL": "WARNING",
        }
        command = [sys.executable, "-m", "gunicorn", "-c", "python:service.gunicorn_conf"]
        with started([*command, application], environment, f"http://{bind}/-/live") as pid:
            yield Target(f"http://{bind}", found.secret, pid, patients, found.variables)
