"""How a command of `attestor` is declared, and as whom it acts."""

import argparse
import secrets
from collections.abc import Callable
from typing import TypeAlias

from domain.account import ALL_SCOPES
from projections.access_log import Access
from service.bootstrap import Services, now
from service.context import Context, Principal
from service.settings import Settings

Command = Callable[[Settings, argparse.Namespace], int]
# argparse has no public name for what add_subparsers answers.
Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def group(commands: Subparsers, name: str, text: str) -> Subparsers:
    """A word that other commands follow, as in `attestor keys create`."""
    parser = commands.add_parser(name, help=text, description=text)
    return parser.add_subparsers(required=True, metavar="COMMAND")


def command(commands: Subparsers, name: str, run: Command) -> argparse.ArgumentParser:
    """A command that is explained by the docstring of what it runs."""
    text = run.__doc__ or ""
    added = commands.add_parser(name, help=text, description=text)
    added.set_defaults(command=run)
    return added


def operator(account_id: int) -> Context:
    """Whoever has a shell on the machine may do everything in any account."""
    principal = Principal(account_id, "UTC", frozenset(ALL_SCOPES))
    return Context(principal, request_id(), channel="cli")


def record_access(
    services: Services, context: Context, what: str, patient_id: int | None = None
) -> None:
    """Keep in the access log that a command shows a patient, or (None) several; the closing
    services write it."""
    principal = context.principal
    services.access_trail.record(
        Access(
            at=now(),
            operation=what,
            status=200,
            client="cli",
            request_id=context.request_id,
            account_id=principal.account_id,
            actor=principal.actor,
            patient_id=patient_id,
        )
    )


def request_id() -> str:
    """Names one run of a command in the events that it makes."""
    return f"cli-{now():%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
