"""How fast the transparency log takes up events: read, hashed, stored as tiles, signed."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

from benchmarks.bench import Bench
from benchmarks.product import tenant
from benchmarks.report import Finding
from service.sealer import sealer_of

_BAR = 50_000
_EVENTS = 200_000
# As large as an observation with its metadata, encrypted.
_FILL = """
INSERT INTO events (position, originator_id, originator_version, topic, state, account_id, actor,
    request_id, recorded_at)
SELECT n, gen_random_uuid(), 1, 'patient.observation_recorded',
    decode(repeat(md5(n::text), 40), 'hex'), 1, 'key:7', md5(n::text), now()
FROM generate_series((SELECT max(position) + 1 FROM events), %s) AS n
"""


def run(bench: Bench) -> list[Finding]:
    """One finding, of our side alone: the library has nothing of the kind."""
    with _sealing(bench) as measure:
        rates = [measure() for _ in range(bench.rounds)]
    return [Finding("seal the log", "events/s", rates, bar=_BAR)]


@contextmanager
def _sealing(bench: Bench) -> Iterator[Callable[[], float]]:
    events = bench.sized(_EVENTS)
    with tenant(bench) as found, psycopg.connect(
        found.services.database.url, autocommit=True, options="-c search_path=attestor"
    ) as admin:  # fmt: skip
        admin.execute(_FILL, (events,))
        sealer = sealer_of(found.services)

        def measure() -> float:
            admin.execute("SET session_replication_role = replica")
            for table in ("transparency_tiles", "transparency_checkpoints"):
                admin.execute(f"TRUNCATE {table}".encode())
            admin.execute("UPDATE transparency_head SET sealed = 0")
            started = time.perf_counter()
            while sealer.step():
                pass
            sealer.sign()
            return events / (time.perf_counter() - started)

        yield measure
