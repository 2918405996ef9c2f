"""Audit samples of frozen reports, and how a second abstraction agrees (docs/audit.md)."""

from fractions import Fraction
from typing import Any

import falcon

from api.answers import answer_data, context_of, last_position
from api.media import read_json
from api.request import Request
from api.schemas.base import load
from api.schemas.reports import AbstractionIn
from domain.agreement import Agreement
from domain.measures.scores import percent
from service.audit_samples import Comparison, Rated
from service.bootstrap import Services

_ABSTRACTION = AbstractionIn()


class Samples:
    """Worksheets out, agreement back."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._samples = services.audit_samples
        self._limit = services.settings.max_body_bytes

    def on_get(self, req: Request, resp: falcon.Response, report_id: int) -> None:
        query = req.context.query
        resp.data = self._samples.worksheet(
            context_of(req), report_id, query["percent"], query["seed"]
        )
        resp.content_type = "text/csv; charset=utf-8"
        resp.downloadable_as = f"report-{report_id}-sample.csv"

    def on_post(self, req: Request, resp: falcon.Response, report_id: int) -> None:
        sent = load(_ABSTRACTION, read_json(req, self._limit))
        position = last_position(self._services)
        compared = self._samples.compare(context_of(req), report_id, **sent)
        answer_data(req, resp, _shown(report_id, compared), position)


def _shown(report_id: int, compared: Comparison) -> dict[str, Any]:
    return {
        "report_id": report_id,
        "patients": compared.patients,
        "items": compared.items,
        "rated": sum(each.rated for each in compared.agreements.values()),
        "agreements": [
            {"kind": kind, "id": number, "name": name, **_numbers(each)}
            for (kind, number, name), each in compared.agreements.items()
        ],
        "disagreements": [_disagreement(each) for each in compared.disagreements],
    }


def _numbers(found: Agreement) -> dict[str, Any]:
    share = percent(found.share)
    return {
        "rated": found.rated,
        "agreed": found.agreed,
        "agreement": None if share is None else float(share),
        "kappa": None if found.kappa is None else _rounded(found.kappa),
    }


def _rounded(kappa: Fraction) -> float:
    """To four digits, half to even."""
    return float(round(kappa, 4))


def _disagreement(rated: Rated) -> dict[str, Any]:
    item = rated.item
    return {
        "patient_id": item.patient_id,
        "kind": item.kind,
        "id": item.id,
        "name": item.name,
        "observation_id": item.observation_id,
        "reported": item.reported,
        "second": rated.second,
    }
