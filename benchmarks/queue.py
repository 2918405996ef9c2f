"""GETs while twenty files that take long to refuse wait to be read, and while none does."""

import time
from itertools import cycle, islice
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory

from benchmarks.bench import Bench
from benchmarks.bombs import bombs
from benchmarks.report import Finding
from examples.demo import Client, own_service

FILES, CALLS, PAUSE_SECONDS = 20, 200, 0.02


def run(bench: Bench) -> list[Finding]:
    """The slow twentieth of the answers, quiet to busy: at least half as fast."""
    ours, theirs = [], []
    with TemporaryDirectory(dir=bench.directory) as folder:
        Path(folder).chmod(0o711)
        with own_service(Path(folder)) as client:
            patient = client.call("POST", "/patients", {"name": "Ann"})["id"]
            for _ in range(bench.rounds):
                theirs.append(1 / _slow_twentieth(client, patient))
                _send(client, patient, Path(folder, "bomb.pdf"))
                ours.append(1 / _slow_twentieth(client, patient))
                _wait(client, patient)
    what = f"GET a patient while {FILES} hostile files wait"
    return [Finding(what, "answers/s at p95", ours, theirs, bar=0.5)]


def _slow_twentieth(client: Client, patient: int) -> float:
    """Seconds that 95 of 100 answers stay below, with a pause between them."""
    seconds = []
    for _ in range(CALLS):
        started = time.perf_counter()
        client.call("GET", f"/patients/{patient}")
        seconds.append(time.perf_counter() - started)
        time.sleep(PAUSE_SECONDS)
    return quantiles(seconds, n=20)[-1]


def _send(client: Client, patient: int, path: Path) -> None:
    for pdf in islice(cycle(bombs().values()), FILES):
        path.write_bytes(pdf)
        client.upload(f"/patients/{patient}/pdf", path)


def _wait(client: Client, patient: int) -> None:
    """Until the last file has ended."""
    while any(
        document["status"] == "processing"
        for document in client.call("GET", f"/patients/{patient}/documents?limit=1000")
    ):
        time.sleep(1)
