"""People who work in the dashboard."""

import argparse

from domain.errors import NotFound
from domain.user import Role
from projections.users import find_user_of_email
from service.bootstrap import Services
from service.commands.command import Subparsers, command, operator
from service.opening import open_services
from service.settings import Settings


def add(users: Subparsers) -> None:
    """`users invite` and `users link`."""
    invited = command(users, "invite", invite)
    invited.add_argument("account", type=int, help="the account's number")
    invited.add_argument("email")
    invited.add_argument("--name", help="default: the email")
    invited.add_argument("--role", choices=list(Role), default=Role.ADMIN.value)
    command(users, "link", new_link).add_argument("email")


def invite(settings: Settings, chosen: argparse.Namespace) -> int:
    """Let somebody into the dashboard: prints a link that sets a password, once, for a day."""
    with open_services(settings) as services:
        context = operator(chosen.account)
        name = chosen.name or chosen.email
        _, link = services.users.invite(context, chosen.email, name, chosen.role)
        print(_url(services, link))
    return 0


def new_link(settings: Settings, chosen: argparse.Namespace) -> int:
    """Print another one-time link for somebody who forgot the password."""
    with open_services(settings) as services:
        user = find_user_of_email(services.database, chosen.email)
        if user is None:
            raise NotFound(f"There is no user {chosen.email}.")
        link = services.users.new_link(operator(user.account_id), user.id)
        print(_url(services, link))
    return 0


def _url(services: Services, link: str) -> str:
    return f"{services.settings.public_url}/dashboard/welcome/{link}"
