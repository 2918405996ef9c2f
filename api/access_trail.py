"""What a request leaves in the access log: who asked for whose data, and what came of it."""

from datetime import UTC, datetime
from typing import Any

import orjson

from api.operation import Operation
from api.pagination import PLACE
from api.request import RequestContext
from projections.access_log import Access, patient_of_document
from service.bootstrap import Services
from service.context import Principal

_REFUSED = (401, 403)
_NO_FILTER = PLACE | {"envelope", "format"}


class Disclosure:
    """Lets a request for patient data in only if there is room to record it."""

    def __init__(self, services: Services) -> None:
        self._trail = services.access_trail
        self._vault = services.application.vault
        self._database = services.database

    def admit(
        self,
        context: RequestContext,
        operation: Operation,
        principal: Principal,
        params: dict[str, Any],
    ) -> None:
        """Note whose data is asked for. Raises Unavailable while the log cannot be written."""
        self._trail.require_room()
        if "document_id" in params:
            context.patient_id = patient_of_document(
                self._database, principal.account_id, params["document_id"]
            )
        if operation.is_list:
            context.filter = self._filter(context.query, principal.account_id)

    def record(self, context: RequestContext, status: int, client: str) -> None:
        """Keep what a request for patient data, or a refused one, came to."""
        operation = context.operation
        if operation is None or not (operation.is_recorded or status in _REFUSED):
            return
        who = context.principal or context.refused
        self._trail.record(
            Access(
                at=datetime.now(UTC),
                operation=operation.id,
                status=status,
                client=client,
                request_id=context.request_id,
                account_id=who.account_id if who else None,
                actor=who.actor if who else None,
                patient_id=context.patient_id,
                shown=context.shown,
                filter=context.filter,
            )
        )

    def _filter(self, query: dict[str, Any], account_id: int) -> dict[str, Any] | None:
        """By which fields a list is filtered, and a hash of their values that only the account's
        key can make: equal searches show as equal, and no name that was searched for is kept."""
        values = {name: value for name, value in query.items() if name not in _NO_FILTER}
        if not values:
            return None
        written = orjson.dumps(values, option=orjson.OPT_SORT_KEYS)
        return {
            "fields": sorted(values),
            "fingerprint": self._vault.fingerprint(account_id, written),
        }
