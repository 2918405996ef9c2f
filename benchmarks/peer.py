"""Theirs: the Django service that a user would write instead, started as its README says."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from benchmarks.bench import Bench
from benchmarks.load import Target
from benchmarks.process import free_port, started

_LINES = """
SELECT json_build_object('external_id', 'peer-' || p.id, 'name', p.name, 'dob', p.dob, 'sex', p.sex,
    'observations', (
        SELECT json_agg(json_build_object('variable', name, 'value', value)) FROM (
            SELECT v.name, pv.value FROM quality_patientvariable pv
            JOIN quality_variable v ON v.id = pv.variable_id WHERE pv.patient_id = p.id
            UNION ALL
            SELECT d.name, pd.value::text FROM quality_patientdatevariable pd
            JOIN quality_datevariable d ON d.id = pd.date_variable_id WHERE pd.patient_id = p.id
        ) AS held))::text
FROM quality_patient p ORDER BY p.id
"""


@contextmanager
def peer(bench: Bench, directory: Path, url: str) -> Iterator[Target]:
    """The peer with its demonstration data in the database at `url`, serving."""
    programs = _environment(bench, directory) / "bin"
    environment = {**os.environ, "PEER_DATABASE_URL": url}
    manage = [str(programs / "python"), "manage.py"]

    def run(*arguments: str) -> str:
        return subprocess.run(  # noqa: S603  the peer's own programs
            [*manage, *arguments],
            cwd=directory,
            env={**environment, "PYTHONDONTWRITEBYTECODE": "1"},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()

    run("migrate")
    secret = run("load_demo", "--patients", str(bench.patients))
    bind = f"127.0.0.1:{free_port()}"
    command = [
        str(programs / "gunicorn"), "peer.wsgi", "--workers=2", "--threads=4",
        "--worker-class=gthread", f"--bind={bind}", "--log-level=warning",
    ]  # fmt: skip
    with started(command, environment, f"http://{bind}/variables", directory, secret) as pid:
        patients, variables = _ids(url, "patient"), _ids(url, "variable")
        yield Target(f"http://{bind}", secret, pid, patients, variables)


def patients_of(url: str) -> Iterator[bytes]:
    """The peer's patients with their values, as lines of an import."""
    with psycopg.connect(url) as connection:
        for (line,) in connection.execute(_LINES):
            yield line.encode()


def metrics_of(url: str) -> list[tuple[str, str, float]]:
    """Name, variable's name and threshold of each of the peer's metrics."""
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT m.name, v.name, m.threshold FROM quality_metric m"
            " JOIN quality_variable v ON v.id = m.variable_id ORDER BY m.id"
        ).fetchall()


def _ids(url: str, what: str) -> list[int]:
    with psycopg.connect(url) as connection:
        query = sql.SQL("SELECT id FROM {} ORDER BY id").format(sql.Identifier(f"quality_{what}"))
        return [row[0] for row in connection.execute(query)]


def _environment(bench: Bench, directory: Path) -> Path:
    """A virtual environment with what the peer needs, made once."""
    environment = bench.directory / "peer-venv"
    if not (environment / ".installed").exists():
        bench.say("installing the peer …")
        pip = [str(environment / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        for command in (
            [sys.executable, "-m", "venv", str(environment)],
            [*pip, "--requirement", str(directory / "requirements.txt")],
        ):
            subprocess.run(command, check=True)  # noqa: S603
        (environment / ".installed").touch()
    return environment
