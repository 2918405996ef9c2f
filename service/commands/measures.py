"""Measures and their documents, and the official benchmarks."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from domain.errors import NotFound
from projections.benchmarks import load_benchmarks
from projections.definitions import list_metrics
from service.bootstrap import Services
from service.commands.command import Subparsers, command, operator
from service.context import Context
from service.measure_library import MeasureLoaded, load_measure
from service.opening import open_services
from service.settings import Settings

_ALL = 1_000_000


def add(
    measures: Subparsers,
    benchmarks: Subparsers,
) -> None:
    """`measures load`, `measures list` and `benchmarks load`."""
    loading = command(measures, "load", load_measures)
    loading.add_argument("account", type=int, help="the account's number")
    loading.add_argument("files", type=Path, nargs="+", metavar="FILE", help="TOML documents")
    command(measures, "list", list_measures).add_argument("account", type=int)
    loaded = command(benchmarks, "load", load_benchmarks_command)
    loaded.add_argument("file", type=Path, help="the JSON that CMS publishes")


def load_measures(settings: Settings, chosen: argparse.Namespace) -> int:
    """Load measures into an account: the variables that it lacks, and the metrics."""
    with open_services(settings) as services:
        return load_files(services, operator(chosen.account), chosen.files)


def list_measures(settings: Settings, chosen: argparse.Namespace) -> int:
    """List the metrics of an account."""
    with open_services(settings) as services:
        return list_loaded(services, chosen.account)


def load_benchmarks_command(settings: Settings, chosen: argparse.Namespace) -> int:
    """Load the official quality benchmarks of some performance years."""
    with open_services(settings) as services:
        print(f"{load_benchmarks(services.database, chosen.file)} benchmarks loaded")
    return 0


def load_files(services: Services, context: Context, paths: Sequence[Path]) -> int:
    """Load measures one after another, and say what each became; the exit code.

    The first file with a mistake raises Invalid; those before it are loaded.
    """
    _require_account(services, context.principal.account_id)
    is_silent = not sys.stderr.isatty() or len(paths) < 2
    for path in tqdm(paths, desc="loading", unit=" measures", disable=is_silent):
        tqdm.write(_told(load_measure(context, services, path)))
    return 0


def list_loaded(services: Services, account_id: int) -> int:
    """Print the account's metrics: number, version, CMS id, scoring and name; the exit code."""
    _require_account(services, account_id)
    _, metrics = list_metrics(services.database, account_id, _ALL, 0)
    for metric in metrics:
        cms = (metric.body["cms"] or {}).get("measure_id") or "-"
        version = f"v{metric.version}"
        print(f"{metric.id:<8} {version:<5} {cms:<8} {metric.body['scoring']:<20} "
              f"{metric.body['name']}")  # fmt: skip
    return 0


def _told(loaded: MeasureLoaded) -> str:
    new = len(loaded.new_variables)
    return (
        f"metric {loaded.metric_id}, version {loaded.version}, {loaded.outcome}: {loaded.name}"
        f" ({new} new variables)"
    )


def _require_account(services: Services, account_id: int) -> None:
    if services.database.row("SELECT FROM accounts WHERE id = %s", (account_id,)) is None:
        raise NotFound(f"There is no account {account_id}.")
