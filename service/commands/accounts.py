"""Accounts and their API keys."""

import argparse
import json
from datetime import UTC, datetime, timedelta

from domain.account import ALL_SCOPES
from service.commands.command import Subparsers, command, operator, request_id
from service.opening import open_services
from service.settings import Settings


def add(accounts: Subparsers, keys: Subparsers) -> None:
    """`account create`, `keys create` and `keys revoke`."""
    created = command(accounts, "create", create_account)
    created.add_argument("name")
    created.add_argument("--zone", default="UTC", help="IANA time zone of its clinical days")
    created.add_argument("--json", action="store_true")
    issued = command(keys, "create", create_key)
    issued.add_argument("account", type=int, help="the account's number")
    issued.add_argument("name")
    issued.add_argument("--scopes", nargs="+", default=list(ALL_SCOPES), choices=ALL_SCOPES)
    issued.add_argument("--days", type=int, help="until it expires")
    issued.add_argument("--json", action="store_true")
    revoked = command(keys, "revoke", revoke_key)
    revoked.add_argument("account", type=int, help="the account's number")
    revoked.add_argument("key", type=int, help="the key's number")


def create_account(settings: Settings, chosen: argparse.Namespace) -> int:
    """Make an account and its first key."""
    with open_services(settings) as services:
        account_id, key = services.keys.open_account(chosen.name, chosen.zone, request_id())
    if chosen.json:
        print(json.dumps({"account_id": account_id, "api_key": key.secret}))
    else:
        print(f"account {account_id}\nAPI key, shown this once: {key.secret}")
    return 0


def create_key(settings: Settings, chosen: argparse.Namespace) -> int:
    """Make a key of an account."""
    expires_at = datetime.now(UTC) + timedelta(days=chosen.days) if chosen.days else None
    with open_services(settings) as services:
        context = operator(chosen.account)
        key = services.keys.issue(context, chosen.name, tuple(chosen.scopes), expires_at)
    print(json.dumps({"id": key.id, "api_key": key.secret}) if chosen.json else key.secret)
    return 0


def revoke_key(settings: Settings, chosen: argparse.Namespace) -> int:
    """End a key now."""
    with open_services(settings) as services:
        services.keys.revoke(operator(chosen.account), chosen.key)
    print(f"key {chosen.key} is revoked")
    return 0
