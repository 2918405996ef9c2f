"""Values of patients: put, added, listed, and scraped off their documents."""

from typing import Any

import falcon

from api.answers import Shown, answer_command, answer_list, last_position
from api.media import read_json
from api.moments import moment_of
from api.pagination import paging_of
from api.request import Request
from api.resources.patients import require_patient
from api.schemas.base import Strict, load
from api.schemas.charts import (
    DateObservationIn,
    DateValueIn,
    NumberObservationIn,
    ScrapeIn,
    ValueIn,
)
from domain.errors import Invalid
from domain.observation import VariableKind
from projections.observations import list_observations
from service.bootstrap import Services
from service.patients import ValueIn as Sent

_VALUES: dict[VariableKind, Strict] = {"number": ValueIn(), "date": DateValueIn()}
_ADDED: dict[VariableKind, Strict] = {"number": NumberObservationIn(), "date": DateObservationIn()}
_SCRAPE = ScrapeIn()


class Values:
    """The current values of one kind of variable."""

    def __init__(self, services: Services, kind: VariableKind) -> None:
        self._services = services
        self._kind = kind
        self._limit = services.settings.max_body_bytes

    def on_put_one(
        self, req: Request, resp: falcon.Response, patient_id: int, variable_id: int
    ) -> None:
        sent = value_of(load(_VALUES[self._kind], read_json(req, self._limit)))
        answer_command(
            req,
            resp,
            lambda context: self._services.patients.put_value(
                context, patient_id, self._kind, variable_id, sent
            ),
            lambda r: Shown(r.body, r),
        )

    def on_post_scrape(
        self, req: Request, resp: falcon.Response, patient_id: int, variable_id: int
    ) -> None:
        options = load(_SCRAPE, read_json(req, self._limit, is_optional=True))
        answer_command(
            req,
            resp,
            lambda context: self._services.scraping.scrape(
                context, patient_id, self._kind, variable_id, **options
            ),
            lambda r: Shown(r.body, r),
        )


class Observations:
    """All standing values of a patient, several to a variable."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._limit = services.settings.max_body_bytes

    def on_get_list(self, req: Request, resp: falcon.Response, patient_id: int) -> None:
        paging = paging_of(req.context.query)
        variable_id = req.context.query.get("variable_id")
        database, position = self._services.database, last_position(self._services)
        moment = moment_of(req, database)
        require_patient(self._services, req, patient_id, moment)
        total, items = list_observations(
            database, patient_id, variable_id, paging.limit, paging.offset, moment
        )
        answer_list(req, resp, paging, total, items, position, moment=moment)

    def on_post_list(self, req: Request, resp: falcon.Response, patient_id: int) -> None:
        kind, variable_id, sent = _addition(read_json(req, self._limit))
        answer_command(
            req,
            resp,
            lambda context: self._services.patients.add_observation(
                context, patient_id, kind, variable_id, sent
            ),
            lambda r: Shown(r.body, r),
            201,
        )


def _addition(body: Any) -> tuple[VariableKind, int, Sent]:
    """The kind and id of the variable that a value is added to, and the value."""
    is_date = isinstance(body, dict) and "date_variable_id" in body
    kind: VariableKind = "date" if is_date else "number"
    sent = load(_ADDED[kind], body)
    variable_id = sent.pop("date_variable_id" if is_date else "variable_id")
    return kind, variable_id, value_of(sent)


def value_of(body: dict[str, Any]) -> Sent:
    """The value that a checked body describes. A page may come with the highlight."""
    fields = dict(body)
    withdraw = fields.pop("withdraw", False)
    box = fields.get("highlight")
    if box is not None:
        fields["highlight"] = box = dict(box)
        page = box.pop("page", None)
        if page is not None and (fields.get("pdf_page") or page) != page:
            raise Invalid.field("highlight/page", "differs from pdf_page")
        fields["pdf_page"] = fields.get("pdf_page") or page
    return Sent(value=fields.pop("value", None), is_withdrawn=withdraw, **fields)
