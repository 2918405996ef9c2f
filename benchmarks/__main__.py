"""`python -m benchmarks [names]`: run the benchmarks and print one table."""

import argparse
import sys
from collections.abc import Callable, Sequence

from benchmarks import (
    access_trail,
    append,
    dashboard,
    http,
    imports,
    projection,
    queue,
    sealing,
    time_travel,
    verify,
)
from benchmarks.bench import DIRECTORY, Bench, find_peer, server
from benchmarks.report import Finding, table

BENCHMARKS: dict[str, Callable[[Bench], list[Finding]]] = {
    "append": append.run,
    "projection": projection.run,
    "import": imports.run,
    "http": http.run,
    "access_trail": access_trail.run,
    "sealing": sealing.run,
    "verify": verify.run,
    "time_travel": time_travel.run,
    "dashboard": dashboard.run,
    "queue": queue.run,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was chosen; 0 whatever the ratios are, because speed is not a test."""
    chosen = _parser().parse_args(arguments)
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    findings: list[Finding] = []
    with server(DIRECTORY) as url:
        bench = Bench(
            url,
            DIRECTORY.resolve(),
            chosen.rounds,
            chosen.patients,
            chosen.scale,
            find_peer(chosen.peer),
        )
        for name in chosen.names or BENCHMARKS:
            bench.say(f"{name} …")
            findings += BENCHMARKS[name](bench)
    print(table(findings))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure Attestor side by side with the stock library and a Django service.",
    )
    parser.add_argument("names", nargs="*", choices=[[], *BENCHMARKS], help="default: all")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each side (default 5)")
    parser.add_argument("--patients", type=int, default=10_000, help="in the HTTP comparison")
    parser.add_argument("--scale", type=float, default=1.0, help="of all other sizes (default 1)")
    parser.add_argument("--peer", help="directory of the Django peer")
    return parser


if __name__ == "__main__":
    sys.exit(main())
