"""Whatever was answered before a clean stop is in the access log, however short before."""

import signal
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psutil

from tests.reliability.cluster import Cluster, kill, signal_all
from tests.reliability.load import Ward
from tests.reliability.waiting import wait_until

READS = 60


def read_much(ward: Ward, patient: int, prefix: str) -> set[str]:
    """The request ids of reads that were all answered."""

    def read(number: int) -> str:
        name = f"{prefix}-{number}"
        path, headers = f"/patients/{patient}", {"X-Request-ID": name}
        assert ward.client.call("GET", path, headers=headers).status == 200
        return name

    with ThreadPoolExecutor(4) as pool:
        return set(pool.map(read, range(READS)))


def recorded(cluster: Cluster, shown: set[str]) -> list[tuple[Any, ...]]:
    """What the access log says of these requests."""
    with cluster.connect() as connection:
        return connection.execute(
            "SELECT request_id, patient_id, status FROM access_log WHERE request_id = ANY(%s)",
            (list(shown),),
        ).fetchall()


def test_sigterm_to_the_workers_loses_no_record_of_what_was_shown(
    cluster: Cluster, ward: Ward
) -> None:
    patient = ward.admit("Ann")
    shown = read_much(ward, patient, "worker")
    # Their second is not over: what is not written yet is in the workers' memory alone.
    workers = cluster.api_workers()
    assert len(workers) == 2
    signal_all(signal.SIGTERM, workers)
    assert psutil.wait_procs(workers, timeout=60)[1] == []
    assert sorted(recorded(cluster, shown)) == sorted((name, patient, 200) for name in shown)
    cluster.wait_until_ready()


def test_a_clean_stop_of_everything_loses_none_either(cluster: Cluster, ward: Ward) -> None:
    patient = ward.admit("Ann")
    shown = read_much(ward, patient, "service")
    assert cluster.stop() == 0
    cluster.start()
    assert sorted(recorded(cluster, shown)) == sorted((name, patient, 200) for name in shown)


def test_the_worker_forgets_what_is_older_than_the_setting_and_nothing_else(
    cluster: Cluster,
) -> None:
    with cluster.connect() as connection:
        for years in (6, 8):
            connection.execute(
                "SELECT append_access(json_build_array(json_build_object("
                "'at', now() - make_interval(years => %s, days => 1), 'operation', 'get_patient',"
                " 'status', 200, 'client', '127.0.0.1', 'request_id', %s::text, 'times', 1)))",
                (years, f"{years} years ago"),
            )
        kill(*cluster.child("work"))  # its successor begins with it

        def left() -> list[str]:
            rows = connection.execute(
                "SELECT request_id FROM access_log WHERE request_id LIKE '% years ago'"
            )
            return [row[0] for row in rows]

        wait_until(lambda: len(left()) < 2, "old records are forgotten")
        assert left() == ["6 years ago"]
    cluster.wait_until_ready()
