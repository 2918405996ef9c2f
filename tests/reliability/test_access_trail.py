"""Whatever was answered before a clean stop is in the access log, however short before."""

import signal
from concurrent.futures import ThreadPoolExecutor

import psutil

from tests.reliability.cluster import Cluster, signal_all
from tests.reliability.load import Ward

READS = 60


def test_sigterm_loses_no_record_of_what_was_shown(cluster: Cluster, ward: Ward) -> None:
    patient = ward.admit("Ann")

    def read(number: int) -> str:
        name = f"last-read-{number}"
        path, headers = f"/patients/{patient}", {"X-Request-ID": name}
        assert ward.client.call("GET", path, headers=headers).status == 200
        return name

    with ThreadPoolExecutor(4) as pool:
        shown = set(pool.map(read, range(READS)))
    # Their second is not over: what is not written yet is in the workers' memory alone.
    workers = cluster.api_workers()
    assert len(workers) == 2
    signal_all(signal.SIGTERM, workers)
    gone, alive = psutil.wait_procs(workers, timeout=60)
    assert alive == []

    with cluster.connect() as connection:
        rows = connection.execute(
            "SELECT request_id, patient_id, status FROM access_log WHERE request_id = ANY(%s)",
            (list(shown),),
        ).fetchall()
    assert sorted(rows) == sorted((name, patient, 200) for name in shown)
    cluster.wait_until_ready()
