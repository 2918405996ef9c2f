"""Scrapes of whole charts, now and in the background, and what people make of the results."""

from typing import Any

import falcon

from api.answers import Shown, answer_command, answer_list, context_of, last_position
from api.media import read_json
from api.pagination import paging_of
from api.request import Request
from api.resources.patients import require_patient
from api.resources.values import value_of
from api.schemas.base import load
from api.schemas.charts import ChoiceIn, PatientScrapeIn, ReviewIn, ScrapesIn
from domain.ids import Kind
from projections.history import Place
from service.bootstrap import Services
from service.context import Context
from service.history.history import Wanted
from service.reviews import Choice
from service.scrape_jobs import Asked
from service.scraping import Ran, Run

_CHART, _MANY, _REVIEW, _CHOICE = PatientScrapeIn(), ScrapesIn(), ReviewIn(), ChoiceIn()
_RUN = ("model", "extractor", "extractor_version", "documents", "answers")


class Scrapes:
    """Runs over charts."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._limit = services.settings.max_body_bytes

    def on_post_patient(self, req: Request, resp: falcon.Response, patient_id: int) -> None:
        sent = load(_CHART, read_json(req, self._limit, is_optional=True))
        document_id, model = sent.pop("document_id", None), sent.pop("model", None)

        def run(context: Context) -> Ran:
            variables = self._services.scrape_jobs.chosen(context, Asked(**sent))
            wanted = Run(variables, document_id, model, is_bulk=True)
            return self._services.scraping.run(context, patient_id, wanted)

        answer_command(req, resp, run, lambda ran: _shown(patient_id, ran))

    def on_get_runs(self, req: Request, resp: falcon.Response, patient_id: int) -> None:
        """The runs of a chart, the newest first."""
        paging, position = paging_of(req.context.query), last_position(self._services)
        require_patient(self._services, req, patient_id)
        wanted = Wanted((Kind.PATIENT, patient_id), topic="patient.scraped")
        place = Place(paging.limit, paging.offset, is_newest_first=True)
        page = self._services.history.page(context_of(req), wanted, place)
        runs = [_run(entry) for entry in page.items]
        answer_list(req, resp, paging, page.total, runs, position)

    def on_post_many(self, req: Request, resp: falcon.Response) -> None:
        asked = Asked(**load(_MANY, read_json(req, self._limit, is_optional=True)))
        answer_command(
            req,
            resp,
            lambda context: self._services.scrape_jobs.accept(context, asked),
            lambda r: Shown(r.body, r, f"/jobs/{r.id}"),
            202,
        )

    def on_post_choice(
        self, req: Request, resp: falcon.Response, patient_id: int, position: int
    ) -> None:
        sent = load(_CHOICE, read_json(req, self._limit))
        chosen = Choice(position, sent.pop("variable_id"), sent.pop("candidate"))
        reason = sent.get("reason")
        answer_command(
            req,
            resp,
            lambda context: self._services.reviews.choose(
                context, patient_id, chosen, sent.get("observed_on"), reason
            ),
            lambda r: Shown(r.body, r),
        )

    def on_post_review(
        self, req: Request, resp: falcon.Response, patient_id: int, observation_id: int
    ) -> None:
        sent = load(_REVIEW, read_json(req, self._limit))
        decision, reason = sent.pop("decision"), sent.pop("reason", None)
        corrected = value_of({"reason": reason, **sent}) if sent else None
        answer_command(
            req,
            resp,
            lambda context: self._services.reviews.review(
                context, patient_id, observation_id, decision, corrected, reason
            ),
            lambda r: Shown(r.body, r),
        )


def _shown(patient_id: int, ran: Ran) -> Shown:
    answers = [each.body for each in ran.answers]
    count = sum(answer["found"] for answer in answers)
    body = {
        "patient_id": patient_id,
        "found": count,
        "not_found": len(answers) - count,
        "documents": [document.as_state() for document in ran.documents],
        "answers": answers,
    }
    return Shown(body, ran.answers[-1])


def _run(entry: dict[str, Any]) -> dict[str, Any]:
    said = entry["data"] or dict.fromkeys(_RUN)
    return {
        "position": entry["position"],
        "recorded_at": entry["recorded_at"],
        "actor": entry["actor"],
        **{name: said[name] for name in _RUN},
    }
