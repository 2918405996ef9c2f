"""`attestor rescrape`: what the present extractor reads otherwise, shown and then recorded."""

import argparse
from collections.abc import Sequence

from tqdm import tqdm

from domain.errors import CannotExtract, NotYet
from domain.scraping.extract import EXTRACTOR_VERSION
from service.bootstrap import Services
from service.commands.command import Subparsers, command, operator, record_access
from service.context import Context
from service.opening import open_services
from service.patients import VariableOfValue
from service.rescraping import Difference, Reading
from service.scrape_jobs import Asked
from service.settings import Settings

_NAME, _VALUE = 28, 14


def add(commands: Subparsers) -> None:
    """`rescrape`."""
    again = command(commands, "rescrape", rescrape)
    again.add_argument("account", type=int, help="the account's number")
    again.add_argument("--patients", type=int, nargs="+", help="default: all that were scraped")
    again.add_argument("--variables", type=int, nargs="+", help="default: all that were scraped")
    again.add_argument("--dry-run", action="store_true", help="show the differences only")


def rescrape(settings: Settings, chosen: argparse.Namespace) -> int:
    """Read anew what was scraped before, show what the extractor answers otherwise, and record
    it. What a person typed, accepted or corrected stays; so does what is not found any more."""
    with open_services(settings) as services:
        context = operator(chosen.account)
        variables = _variables(services, context, chosen)
        scraped = services.rescraping.scraped(context, chosen.patients)
        differing = 0
        print(_row("patient", "variable", "before", "after", "page"))
        for patient_id, last in tqdm(scraped.items(), unit=" patients", disable=None):
            record_access(services, context, "cli_rescrape", patient_id)
            try:
                compared = services.rescraping.compare(context, patient_id, last, variables)
            except (CannotExtract, NotYet) as error:
                tqdm.write(f"{patient_id:>8}  {error.detail}")
                continue
            for each in compared.differences:
                tqdm.write(_told(patient_id, each))
            differing += bool(compared.differences)
            if compared.differences and not chosen.dry_run:
                services.rescraping.record(context, patient_id, compared)
    done = "nothing recorded (--dry-run)" if chosen.dry_run else f"{differing} runs recorded"
    print(f"{len(scraped)} patients read by extractor version {EXTRACTOR_VERSION}; {done}")
    return 0


def _variables(
    services: Services, context: Context, chosen: argparse.Namespace
) -> Sequence[VariableOfValue]:
    every = services.scrape_jobs.chosen(context, Asked())
    return [each for each in every if not chosen.variables or each.id in chosen.variables]


def _told(patient_id: int, difference: Difference) -> str:
    before, after, answer = difference.before, difference.after, difference.answer
    pages = [str(each.page) if each else "-" for each in (before, after)]
    row = _row(
        str(patient_id), difference.variable.definition["name"], _value(before), _value(after),
        " -> ".join(dict.fromkeys(pages)),
    )  # fmt: skip
    if answer.kept is not None:
        return f"{row}  ({answer.kept.value} stays: a person answers for it)"
    if answer.is_rejected:
        return f"{row}  (somebody had rejected it)"
    return row if after else f"{row}  (what is recorded stays)"


def _value(reading: Reading | None) -> str:
    return "not found" if reading is None else reading.value


def _row(patient: str, variable: str, before: str, after: str, page: str) -> str:
    return (
        f"{patient:>8}  {variable[:_NAME]:{_NAME}}  {before:>{_VALUE}} -> {after:{_VALUE}}  {page}"
    ).rstrip()
