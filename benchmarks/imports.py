"""Importing patients with ten values each: accepted as a file, applied as a job."""

import random
import time
from collections.abc import Iterator

import orjson

from benchmarks.bench import Bench
from benchmarks.product import DATE_VARIABLES, VARIABLES, tenant
from benchmarks.report import Finding

_BAR = 8000
_PATIENTS = 2000
_NUMBERS = 8
_DATES = 2


def run(bench: Bench) -> list[Finding]:
    """One finding; each round has a database of its own."""
    patients = bench.sized(_PATIENTS)
    rates = [_rate(bench, patients) for _ in range(bench.rounds)]
    return [Finding("import patients of 10 values", "observations/s", rates, bar=_BAR)]


def _rate(bench: Bench, patients: int) -> float:
    lines = list(patient_lines(patients))
    with tenant(bench) as found:
        started = time.perf_counter()
        found.services.imports.run(found.take_in(lines), lambda: False)
        seconds = time.perf_counter() - started
        row = found.services.database.row("SELECT count(*) FROM observations")
    stored: int = row[0] if row else 0
    if stored != patients * (_NUMBERS + _DATES):
        raise AssertionError(f"{stored} observations were stored")
    return stored / seconds


def patient_lines(patients: int) -> Iterator[bytes]:
    """The same patients every time."""
    rng = random.Random(7)  # noqa: S311  a benchmark's data
    for n in range(patients):
        values = [
            {"variable": name, "value": str(round(rng.uniform(0, 100), 1))}
            for name in rng.sample(VARIABLES, _NUMBERS)
        ]
        dates = [
            {"variable": name, "value": f"2025-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}"}
            for name in rng.sample(DATE_VARIABLES, _DATES)
        ]
        yield orjson.dumps(
            {
                "external_id": f"p{n}",
                "name": f"Patient {n}",
                "dob": f"19{rng.randrange(30, 100)}-01-01",
                "sex": rng.choice("MF"),
                "observations": values + dates,
            }
        )
