"""Reading values anew after the extractor has changed."""

import argparse
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from tqdm import tqdm

from domain.errors import CannotExtract
from domain.observation import Observation
from domain.patient import Patient
from domain.scraping.extract import EXTRACTOR_VERSION, Found
from service.bootstrap import Services
from service.commands.command import Subparsers, command, operator
from service.context import Context
from service.history.history import Wanted
from service.opening import open_services
from service.patients import VariableOfValue
from service.scrape_jobs import Asked
from service.scraping import Result, Run
from service.settings import Settings


@dataclass(frozen=True)
class Difference:
    """A variable whose answer is another than the standing value."""

    patient_id: int
    variable: VariableOfValue
    before: Observation | None
    after: Result
    is_kept: bool
    """Whether the standing value stays, because a person answers for it."""


def add(commands: Subparsers) -> None:
    """`rescrape`."""
    again = command(commands, "rescrape", rescrape)
    again.add_argument("account", type=int, help="the account's number")
    again.add_argument("--patients", type=int, nargs="+", help="default: all that were scraped")
    again.add_argument("--variables", type=int, nargs="+", help="default: all that were scraped")
    again.add_argument("--dry-run", action="store_true", help="show the differences only")


def rescrape(settings: Settings, chosen: argparse.Namespace) -> int:
    """Run the present extractor where values were scraped before, and show what differs.

    What a person typed, accepted or corrected stays; it is shown, too.
    """
    with open_services(settings) as services:
        context = operator(services, chosen.account)
        scraped = _scraped_before(services, context, chosen)
        recorded = 0
        print(f"{'patient':>8}  {'variable':28}  {'before':>12}  {'after':>12}  place")
        for patient_id in tqdm(scraped, desc="reading", unit=" patients", disable=None):
            differences = list(_differences(services, context, patient_id, scraped[patient_id]))
            for each in differences:
                tqdm.write(_told(each))
            changed = [each.variable for each in differences if not each.is_kept]
            if changed and not chosen.dry_run:
                run = Run(changed, is_bulk=True)
                services.scraping.run(context, patient_id, run)
                recorded += 1
    done = "nothing recorded (--dry-run)" if chosen.dry_run else f"{recorded} runs recorded"
    print(f"{len(scraped)} patients read with extractor version {EXTRACTOR_VERSION}; {done}")
    return 0


def _scraped_before(
    services: Services, context: Context, chosen: argparse.Namespace
) -> dict[int, list[VariableOfValue]]:
    """By patient the variables that a run has looked for, as far as they are wanted."""
    variables = {each.id: each for each in services.scrape_jobs.chosen(context, Asked())}
    found: dict[int, dict[int, VariableOfValue]] = defaultdict(dict)
    for entry in services.history.every(context, Wanted(topic="patient.scraped")):
        patient_id = entry["aggregate"]["id"]
        if entry["data"] is None or (chosen.patients and patient_id not in chosen.patients):
            continue
        for answer in entry["data"]["answers"]:
            number = answer["variable_id"]
            if number in variables and (not chosen.variables or number in chosen.variables):
                found[patient_id][number] = variables[number]
    return {patient_id: list(wanted.values()) for patient_id, wanted in sorted(found.items())}


def _differences(
    services: Services, context: Context, patient_id: int, variables: list[VariableOfValue]
) -> Iterator[Difference]:
    try:
        documents = services.scraping.readable(context, patient_id)
    except CannotExtract:
        return
    patient = services.application.load(context, Patient, patient_id)
    results = services.scraping.look(patient_id, documents, variables)
    for variable, after in zip(variables, results, strict=True):
        before = patient.current(variable.id)
        old = before.value if before else None
        new = after.value if isinstance(after, Found) else None
        if old != new:
            is_kept = before is not None and before.is_a_persons
            # Not finding a value any more takes nothing back: a scrape only ever adds.
            is_lost = before is not None and not isinstance(after, Found)
            yield Difference(patient_id, variable, before, after, is_kept or is_lost)


def _told(difference: Difference) -> str:
    before, after = difference.before, difference.after
    value, place = ("not found", "") if not isinstance(after, Found) else (
        after.value, f"page {after.page}"
    )  # fmt: skip
    stays = "  (stays)" if difference.is_kept else ""
    name = difference.variable.definition["name"]
    return (
        f"{difference.patient_id:>8}  {name:28.28}  {before.value if before else '-':>12}"
        f"  {value:>12}  {place}{stays}"
    )
