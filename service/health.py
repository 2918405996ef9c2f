"""Whether the service can be asked, and how far its projections and its seal are behind."""

from dataclasses import dataclass
from typing import Any

from domain.errors import Unavailable
from projections.database import Reader
from projections.queries import load
from projections.transparency import Status, read_status
from service.migrate import files

_QUERIES = load("runner")
_HEARTBEAT_MAX_SECONDS = 15.0


@dataclass(frozen=True)
class Health:
    """`is_ready` is false only for database, schema or a missing runner; a stopped line, and a
    transparency log in trouble, is `degraded`."""

    is_ready: bool
    body: dict[str, Any]


def check(reader: Reader) -> Health:
    """The state of database, schema and runner."""
    try:
        names = {row[0] for row in reader.rows("SELECT name FROM migrations")}
        projections = [_projection(row) for row in reader.rows(_QUERIES["status"])]
    except Unavailable as error:
        return Health(False, {"status": "unavailable", "detail": error.detail, "projections": []})
    if names != set(files()):
        return Health(False, {"status": "unavailable", "detail": "The schema is not up to date.",
                              "projections": projections})  # fmt: skip
    if not projections or any(not each["is_led"] for each in projections):
        return Health(False, {"status": "unavailable", "detail": "No runner is projecting.",
                              "projections": projections})  # fmt: skip
    stopped = sum(each["stopped_accounts"] for each in projections)
    log = read_status(reader)
    status = "degraded" if stopped or log.troubles else "ready"
    return Health(
        True,
        {"status": status, "projections": projections, "transparency": _transparency(log)},
    )


def _transparency(log: Status) -> dict[str, Any]:
    return {
        "sealed": str(log.sealed),
        "lag_events": log.events - log.sealed,
        "lag_seconds": round(log.oldest_unsealed_seconds, 3),
        "checkpoint_size": log.checkpoint_size,
        "troubles": sorted(log.troubles),
    }


def _projection(row: tuple[Any, ...]) -> dict[str, Any]:
    name, version, position, lag, heartbeat, lag_seconds, stopped = row
    return {
        "name": name,
        "version": version,
        "position": str(position),
        "lag_events": lag,
        "lag_seconds": round(lag_seconds, 3),
        "stopped_accounts": stopped,
        "is_led": heartbeat is not None and heartbeat < _HEARTBEAT_MAX_SECONDS,
    }
