"""Frozen reports."""

import argparse

from service.commands.command import Subparsers, command
from service.opening import open_services
from service.settings import Settings


def add(reports: Subparsers) -> None:
    """`reports schedule`."""
    scheduled = command(reports, "schedule", schedule_reports)
    scheduled.add_argument("account", type=int, help="the account's number")
    scheduled.add_argument("every", choices=["month", "quarter", "year"])
    scheduled.add_argument("--metrics", type=int, nargs="+", help="default: all")
    scheduled.add_argument("--off", action="store_true", help="no longer")


def schedule_reports(settings: Settings, chosen: argparse.Namespace) -> int:
    """Freeze reports by themselves when their month, quarter or year is over."""
    with open_services(settings) as services:
        if chosen.off:
            services.report_schedule.remove(chosen.account, chosen.every)
        else:
            services.report_schedule.set(chosen.account, chosen.every, chosen.metrics)
    print(f"{chosen.every}: {'off' if chosen.off else 'scheduled'}")
    return 0
