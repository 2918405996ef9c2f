"""Commands on the caller's own account."""

from typing import Any

from domain.account import Account
from domain.errors import NotFound
from projections.access import AccountRecord, find_account
from projections.database import Reader
from projections.exports.submitter import Submitter
from service.application import Application
from service.context import Context
from service.resource import Resource


class Accounts:
    """One method per command: load, tell, save."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def set_submitter(self, context: Context, submitter: dict[str, Any]) -> Resource:
        """Say who submits to CMS for the account. Raises Invalid when CMS could not know it."""
        Submitter(**submitter, performance_year=0)
        account_id = context.principal.account_id
        return self._application.change(
            context,
            Account,
            account_id,
            lambda account: account.set_submitter(submitter, context.metadata()),
            lambda reader, saved, account, told: _shown(reader, account_id),
        )

    def find(self, context: Context) -> AccountRecord:
        """The caller's account."""
        return _record(self._application.database, context.principal.account_id)


def _record(reader: Reader, account_id: int) -> AccountRecord:
    record = find_account(reader, account_id)
    if record is None:
        raise NotFound(f"There is no account {account_id}.")
    return record


def _shown(reader: Reader, account_id: int) -> Resource:
    record = _record(reader, account_id)
    return Resource(record.id, record.version, record.position, record)
