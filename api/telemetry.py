"""Prometheus metrics of the requests, summed over all workers."""

import os

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from service.health import Health

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0)
_LAGS = {
    "lag_events": "Events that the projection has not taken yet",
    "lag_seconds": "Age of the oldest of them",
    "stopped_accounts": "Accounts whose line has stopped",
}

disable_created_metrics()  # type: ignore[no-untyped-call]


class Telemetry:
    """Counts requests and their seconds by method, route template and status.

    Where PROMETHEUS_MULTIPROC_DIR is set, workers share their counts through files in it.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "attestor_requests", "Requests", ("method", "route", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "attestor_request_seconds",
            "Time to answer",
            ("method", "route"),
            buckets=_BUCKETS,
            registry=self._registry,
        )

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """One answered request."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def exposition(self, health: Health) -> bytes:
        """The text that Prometheus reads: requests, and how far the projections are."""
        return self._of_requests() + _of_projections(health)

    def _of_requests(self) -> bytes:
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(self._registry)
        merged = CollectorRegistry()
        MultiProcessCollector(merged)  # type: ignore[no-untyped-call]
        return generate_latest(merged)


def _of_projections(health: Health) -> bytes:
    registry = CollectorRegistry()
    ready = Gauge("attestor_ready", "1 when requests can be answered", registry=registry)
    ready.set(health.is_ready)
    for name, meaning in _LAGS.items():
        gauge = Gauge(f"attestor_projection_{name}", meaning, ("projection",), registry=registry)
        for projection in health.body["projections"]:
            gauge.labels(projection["name"]).set(projection[name])
    return generate_latest(registry)
