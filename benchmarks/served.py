"""Ours: the service as `attestor serve` runs it, with the peer's patients, values and metrics."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.bench import Bench
from benchmarks.load import Target
from benchmarks.peer import metrics_of, patients_of
from benchmarks.process import free_port, started
from benchmarks.product import Tenant, opened
from projections.runner import Runner
from service.projecting import ASYNC, catch_up
from service.settings import Settings


@contextmanager
def served(bench: Bench, url: str, peer_url: str) -> Iterator[Target]:
    """Our service on the database at `url`, filled from the peer's, with two workers."""
    with TemporaryDirectory(dir=bench.directory) as folder:
        with opened(Settings(database_url=url, data_dir=Path(folder))) as tenant:
            _fill(tenant, peer_url)
            secret, variables = tenant.secret, tenant.variables
            patients = tenant.services.database.rows("SELECT id FROM patient_heads ORDER BY id")
        bind = f"127.0.0.1:{free_port()}"
        environment = {
            **os.environ,
            "ATTESTOR_DATABASE_URL": url,
            "ATTESTOR_DATA_DIR": folder,
            "ATTESTOR_BIND": bind,
            "ATTESTOR_WORKERS": "2",
            "ATTESTOR_THREADS": "4",
            "ATTESTOR_RATE_LIMIT": "0",
            "ATTESTOR_LOG_LEVEL": "WARNING",
        }
        command = [sys.executable, "-m", "service.cli", "serve"]
        with started(command, environment, f"http://{bind}/-/ready") as pid:
            ids = [row[0] for row in patients]
            yield Target(f"http://{bind}", secret, pid, ids, variables, has_runner=True)


def _fill(tenant: Tenant, peer_url: str) -> None:
    services = tenant.services
    services.imports.run(tenant.take_in(patients_of(peer_url)), lambda: False)
    for name, variable, threshold in metrics_of(peer_url):
        formula = f'count(patients where "{variable}" < {threshold}) / count(patients) * 100'
        definition = {"name": name, "calculation_formula": (formula,)}
        services.metrics.define(tenant.context, definition)
    catch_up([Runner(services.database, each, services.application.mapper) for each in ASYNC])
