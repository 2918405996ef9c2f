"""What a visit to a page leaves in the access log."""

from datetime import UTC, datetime
from typing import Any

import falcon

from api.dashboard.request import DashboardRequest
from projections.access_log import Access, patient_of_document
from service.bootstrap import Services

_REFUSED = 403
_NOT_LET_IN = ("door.sign_in", (401, 429))


class Leave:
    """Lets nobody see a patient without room to record it, and records it."""

    def __init__(self, services: Services) -> None:
        self._trail = services.access_trail
        self._database = services.database

    def process_resource(
        self,
        req: DashboardRequest,
        resp: falcon.Response,
        resource: object,
        params: dict[str, Any],
    ) -> None:
        """Runs after somebody was let in."""
        context = req.context
        if context.route is None or not context.route.is_recorded:
            return
        self._trail.require_room()
        if "document_id" in params:
            account_id = req.principal.account_id
            context.patient_id = patient_of_document(
                self._database, account_id, params["document_id"]
            )

    def process_response(
        self,
        req: DashboardRequest,
        resp: falcon.Response,
        resource: object,
        req_succeeded: bool,
    ) -> None:
        """Runs last, whatever happened before."""
        context = req.context
        route = context.route
        who = context.signed_in.principal if context.signed_in else None
        if route is None:
            return
        door, refusals = _NOT_LET_IN
        is_at_door = route.responder == door and resp.status_code in refusals
        is_seen = route.is_recorded and who is not None
        if not (is_seen or is_at_door or resp.status_code == _REFUSED):
            return
        self._trail.record(
            Access(
                at=datetime.now(UTC),
                operation=f"dashboard_{route.responder}",
                status=resp.status_code,
                client=context.client,
                request_id=context.request_id,
                account_id=who.account_id if who else None,
                actor=who.actor if who else None,
                patient_id=context.patient_id,
            )
        )
