"""How the process and its projections are: for probes, Prometheus and people."""

from ipaddress import ip_address

import falcon

from api.answers import answer_data
from api.middleware import secret_of
from api.request import Request
from api.telemetry import CONTENT_TYPE, Telemetry
from domain.errors import Unavailable
from service.bootstrap import Services
from service.context import RELEASE
from service.health import check


class Health:
    """Answers without a key, and without anything about patients."""

    def __init__(self, services: Services, telemetry: Telemetry) -> None:
        self._services = services
        self._telemetry = telemetry

    def on_get_live(self, req: Request, resp: falcon.Response) -> None:
        answer_data(req, resp, {"status": "live"}, None)

    def on_get_ready(self, req: Request, resp: falcon.Response) -> None:
        health = check(self._services.database)
        if not health.is_ready:
            raise Unavailable(health.body["detail"])
        answer_data(req, resp, health.body, None)

    def on_get_version(self, req: Request, resp: falcon.Response) -> None:
        answer_data(req, resp, {"version": RELEASE}, None)

    def on_get_metrics(self, req: Request, resp: falcon.Response) -> None:
        if req.get_header("X-Forwarded-For") or not _is_loopback(req.remote_addr):
            self._services.authentication.recognise(secret_of(req))
        health = check(self._services.database)
        resp.content_type = CONTENT_TYPE
        resp.data = self._telemetry.exposition(health)


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
