"""Frozen reports."""

import argparse
from pathlib import Path

from domain.errors import Invalid
from service.commands.command import Subparsers, command, operator, record_access
from service.opening import open_services
from service.settings import Settings


def add(reports: Subparsers) -> None:
    """`reports schedule`, `reports bundle`, `reports sample` and `reports agreement`."""
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
    for name, run in (("sample", draw_sample), ("agreement", compare_abstraction)):
        sampled = command(reports, name, run)
        sampled.add_argument("account", type=int, help="the account's number")
        sampled.add_argument("report", type=int, help="the frozen report's number")
        sampled.add_argument("file", type=Path, help="the worksheet, CSV")
        sampled.add_argument("--percent", type=int, required=True, choices=range(1, 101),
                             metavar="1-100", help="of the patients")  # fmt: skip
        sampled.add_argument("--seed", required=True, help="any text; draws the same again")


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
            context = operator(chosen.account)
            services.bundles.write(context, chosen.report, file, chosen.since)
            record_access(services, context, "cli_report_bundle")
        draft.replace(chosen.output)
    finally:
        draft.unlink(missing_ok=True)
    print(f"{chosen.output}: holds patient data; verify it with examples/verify_bundle.py")
    return 0


def draw_sample(settings: Settings, chosen: argparse.Namespace) -> int:
    """Write a worksheet of some patients of a frozen report, to be abstracted a second time."""
    with open_services(settings) as services:
        context = operator(chosen.account)
        worksheet = services.audit_samples.worksheet(
            context, chosen.report, chosen.percent, chosen.seed
        )
        record_access(services, context, "cli_report_sample")
    chosen.file.write_bytes(worksheet)
    print(f"{chosen.file}: holds patient data; fill in its last column")
    return 0


def compare_abstraction(settings: Settings, chosen: argparse.Namespace) -> int:
    """Compare a worksheet that was filled in with the report: agreement and Cohen's kappa."""
    worksheet = _text_of(chosen.file)
    with open_services(settings) as services:
        compared = services.audit_samples.compare(
            operator(chosen.account), chosen.report, chosen.percent, chosen.seed,
            worksheet,
        )  # fmt: skip
    for (kind, number, name), found in compared.agreements.items():
        kappa = "-" if found.kappa is None else f"{float(found.kappa):.4f}"
        print(f"{kind:10} {number:<8} {name}: {found.agreed} of {found.rated}, kappa {kappa}")
    print(f"{len(compared.disagreements)} disagreements, {compared.patients} patients")
    return 0


def _text_of(file: Path) -> str:
    try:
        return file.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid.field("file", f"{file} cannot be read: {error}") from error
