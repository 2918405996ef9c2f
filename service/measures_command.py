"""`attestor measures`: what the command line does with measures and their documents."""

import sys
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from domain.errors import NotFound
from projections.definitions import list_metrics
from service.bootstrap import Services
from service.context import Context
from service.measure_library import MeasureLoaded, load_measure

_ALL = 1_000_000


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
