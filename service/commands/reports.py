"""Frozen reports."""

import argparse
from pathlib import Path

from service.commands.command import Subparsers, command, operator
from service.opening import open_services
from service.settings import Settings


def add(reports: Subparsers) -> None:
    """`reports schedule` and `reports bundle`."""
    scheduled = command(reports, "schedule", schedule_reports)
    scheduled.add_argument("account", type=int, help="the account's number")
    scheduled.add_argument("every", choices=["month", "quarter", "year"])
    scheduled.add_argument("--metrics", type=int, nargs="+", help="default: all")
    scheduled.add_argument("--off", action="store_true", help="no longer")
    bundled = command(reports, "bundle", bundle_report)
    bundled.add_argument("account", type=int, help="the account's number")
    bundled.add_argument("report", type=int, help="the frozen report's number")
    bundled.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")
    bundled.add_argument("--since", type=int, help="size of a checkpoint that was kept")


def schedule_reports(settings: Settings, chosen: argparse.Namespace) -> int:
    """Freeze reports by themselves when their month, quarter or year is over."""
    with open_services(settings) as services:
        if chosen.off:
            services.report_schedule.remove(chosen.account, chosen.every)
        else:
            services.report_schedule.set(chosen.account, chosen.every, chosen.metrics)
    print(f"{chosen.every}: {'off' if chosen.off else 'scheduled'}")
    return 0


def bundle_report(settings: Settings, chosen: argparse.Namespace) -> int:
    """Write a frozen report with all that proves it to a zip file, for auditors."""
    draft = chosen.output.with_name(f".{chosen.output.name}.part")
    try:
        with open_services(settings) as services, draft.open("wb") as file:
            context = operator(services, chosen.account)
            services.bundles.write(context, chosen.report, file, chosen.since)
        draft.replace(chosen.output)
    finally:
        draft.unlink(missing_ok=True)
    print(f"{chosen.output}: holds patient data; verify it with examples/verify_bundle.py")
    return 0
