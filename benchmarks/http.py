"""The same requests to our service and to the Django peer, over HTTP, on the same data."""

import random
import time
from collections.abc import Callable, Iterator
from statistics import median

from benchmarks.bench import Bench
from benchmarks.load import CONNECTIONS, TOOL, Request, Target
from benchmarks.peer import peer
from benchmarks.process import megabytes
from benchmarks.report import Finding, alternate
from benchmarks.served import served

_SECONDS = 3.0
_REQUESTS = 2000
_VISITS = 50
Draw = Callable[[Target, random.Random], Request]


def run(bench: Bench) -> list[Finding]:
    """Findings for reading, writing and reporting; none, with one line, where there is no peer."""
    if bench.peer_dir is None:
        bench.say("http: skipped, there is no peer to compare with (--peer DIR)")
        return []
    bench.say(f"http: load by {TOOL}, {CONNECTIONS} connections; loading the data …")
    with (
        bench.database(is_ours=False) as peer_url,
        bench.database() as url,
        peer(bench, bench.peer_dir, peer_url) as theirs,
        served(bench, url, peer_url) as ours,
    ):
        _require_equal_reports(ours, theirs)
        rates = list(_rates(bench, ours, theirs))
        return [*rates, _visibility(ours), _memory(ours, theirs)]


def _rates(bench: Bench, ours: Target, theirs: Target) -> Iterator[Finding]:
    for what, bar, draw, draw_theirs in (
        ("GET a patient", 5, _patient, _patient),
        ("GET 50 patients", 8, _page("limit"), _page("page_size")),
        ("GET the CMS reports", 20, _reports, _reports),
        ("PUT a value", 3, _put, _put),
    ):
        bench.say(f"http: {what} …")
        measures = alternate(
            bench.rounds,
            {
                "ours": lambda d=draw: _rate(bench, ours, d),  # type: ignore[misc]
                "theirs": lambda d=draw_theirs: _rate(bench, theirs, d),  # type: ignore[misc]
            },
        )
        yield Finding(what, "answers/s", measures["ours"], measures["theirs"], bar)


def _rate(bench: Bench, target: Target, draw: Draw) -> float:
    rng = random.Random(7)  # noqa: S311  a benchmark's data
    requests = [draw(target, rng) for _ in range(_REQUESTS)]
    rate = target.rate(requests, _SECONDS * bench.scale)
    _settle(target)
    return rate


def _patient(target: Target, rng: random.Random) -> Request:
    return Request(f"/patients/{rng.choice(target.patients)}")


def _page(size: str) -> Draw:
    return lambda target, rng: Request(f"/patients?{size}=50")


def _reports(target: Target, rng: random.Random) -> Request:
    return Request("/cms-reports")


def _put(target: Target, rng: random.Random) -> Request:
    patient, variable = rng.choice(target.patients), rng.choice(target.variables)
    return Request(
        f"/patients/{patient}/variables/{variable}", f'{{"value": "{rng.uniform(0, 100):.1f}"}}'
    )


def _settle(target: Target) -> None:
    """What a server still does after its answers must not slow the other's turn."""
    while target.has_runner and any(
        each["lag_events"] for each in target.ask(Request("/-/ready"))["data"]["projections"]
    ):
        time.sleep(0.05)


def _visibility(ours: Target) -> Finding:
    """How long after a PUT was sent a report shows it, in an idle service."""
    rng, times = random.Random(8), []  # noqa: S311
    for _ in range(_VISITS):
        started = time.perf_counter()
        position = int(ours.ask(_put(ours, rng))["meta"]["position"])
        report = ours.ask(Request(f"/cms-reports?min_position={position}"))["data"]
        if int(report["position"]) < position:
            raise AssertionError("the report waits longer than 200 ms for a value")
        times.append(1000 * (time.perf_counter() - started))
    return Finding("from PUT to its effect in the CMS reports", "ms", [median(times)])


def _memory(ours: Target, theirs: Target) -> Finding:
    return Finding(
        "memory of all processes but PostgreSQL",
        "MB",
        [megabytes(ours.pid)],
        [megabytes(theirs.pid)],
    )


def _require_equal_reports(ours: Target, theirs: Target) -> None:
    """Both must have counted the same, or they are not doing the same work."""
    mine = [round(float(each["score"]), 6) for each in _reports_of(ours)["reports"]]
    peers = [round(each["performance_rate"], 6) for each in theirs.ask(Request("/cms-reports"))]
    if mine != peers:
        raise AssertionError(f"the reports differ: {mine} and {peers}")


def _reports_of(ours: Target) -> dict[str, list[dict[str, float]]]:
    data: dict[str, list[dict[str, float]]] = ours.ask(Request("/cms-reports"))["data"]
    return data
