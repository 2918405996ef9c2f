"""The caller's account, and who submits to CMS for it."""

from typing import Any

import falcon

from api.answers import Shown, answer_command, answer_one, context_of
from api.media import read_json
from api.request import Request
from api.schemas.access import AccountIn
from api.schemas.base import load
from projections.access import AccountRecord
from service.bootstrap import Services
from service.resource import Resource

_SCHEMA = AccountIn()
_OPTIONAL = ("tin", "npi", "entity_id", "cehrt_id")


class Account:
    """An account sees itself and no other."""

    def __init__(self, services: Services) -> None:
        self._accounts = services.accounts
        self._limit = services.settings.max_body_bytes

    def on_get(self, req: Request, resp: falcon.Response) -> None:
        account = self._accounts.find(context_of(req))
        resource = Resource(account.id, account.version, account.position, account)
        answer_one(req, resp, shown(account), resource)

    def on_put(self, req: Request, resp: falcon.Response) -> None:
        submitter = load(_SCHEMA, read_json(req, self._limit))["submitter"]
        answer_command(
            req,
            resp,
            lambda context: self._accounts.set_submitter(context, submitter),
            lambda r: Shown(shown(r.body), r),
        )


def shown(account: AccountRecord) -> dict[str, Any]:
    """An account with all that can be said of its submitter."""
    absent = {"program": "mips", "name": account.name, **dict.fromkeys(_OPTIONAL)}
    return {
        "id": account.id,
        "name": account.name,
        "zone": account.zone,
        "submitter": {**absent, **account.submitter} if account.submitter else None,
        "version": account.version,
    }
