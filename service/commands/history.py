"""What happened to a patient, for whoever has a shell."""

import argparse
import shutil
import sys
import textwrap
from collections.abc import Iterator
from typing import Any

import orjson

from domain.errors import NotFound
from domain.ids import Kind
from projections.moments import account_of
from service.commands.command import Subparsers, command, operator, record_access
from service.history.history import Wanted
from service.opening import open_services
from service.settings import Settings

_NARROWEST = 40


def add(patients: Subparsers) -> None:
    """`patient history`."""
    told = command(patients, "history", patient_history)
    told.add_argument("patient", type=int, help="the patient's number")
    told.add_argument("--variable", type=int, help="only what was said of this variable")
    told.add_argument("--newest-first", action="store_true")
    told.add_argument("--ndjson", action="store_true", help="whole events, one a line")


def patient_history(settings: Settings, chosen: argparse.Namespace) -> int:
    """Tell everything that ever happened to a patient: when, what, and who did it."""
    with open_services(settings) as services:
        account_id = account_of(services.database, Kind.PATIENT, chosen.patient)
        if account_id is None:
            raise NotFound(f"There is no patient {chosen.patient}.")
        wanted = Wanted((Kind.PATIENT, chosen.patient), variable_id=chosen.variable)
        context = operator(account_id)
        record_access(services, context, "cli_patient_history", chosen.patient)
        entries = services.history.every(context, wanted, is_newest_first=chosen.newest_first)
        if chosen.ndjson:
            for entry in entries:
                sys.stdout.buffer.write(orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE))
        else:
            width = shutil.get_terminal_size().columns
            print("\n".join(line for entry in entries for line in lines_of(entry, width)))
    return 0


def lines_of(entry: dict[str, Any], width: int) -> Iterator[str]:
    """An event in columns: version, time, who, and the sentence, which runs on below itself."""
    start = (
        f"{entry['version']:>5}  {entry['recorded_at'][:19].replace('T', ' ')}"
        f"  {_who(entry['who']):<24.24}  "
    )
    told = entry["sentence"] + (f" [{entry['reason']}]" if entry["reason"] else "")
    for part in textwrap.wrap(told, max(width - len(start), _NARROWEST)):
        yield start + part
        start = " " * len(start)


def _who(who: dict[str, Any]) -> str:
    name = who["name"] or ""
    return f"{name} …{who['last4']}" if who["last4"] else name or who["kind"]
