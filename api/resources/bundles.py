"""Audit bundles of frozen reports (docs/audit.md)."""

import io

import falcon

from api.answers import context_of
from api.request import Request
from service.bootstrap import Services


class Bundles:
    """A zip file with a frozen report and all that proves it."""

    def __init__(self, services: Services) -> None:
        self._bundles = services.bundles

    def on_get(self, req: Request, resp: falcon.Response, report_id: int) -> None:
        # In memory, because patient data must not lie about in temporary files.
        file = io.BytesIO()
        self._bundles.write(context_of(req), report_id, file, req.context.query.get("since"))
        resp.content_type = "application/zip"
        resp.downloadable_as = f"report-{report_id}-bundle.zip"
        resp.data = file.getvalue()
