"""Chart abstraction: the page of the PDF beside the values that it proves."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import falcon

from api.answers import is_known
from api.dashboard.candidates import last_run
from api.dashboard.page_sizes import Sizes, page_sizes
from api.dashboard.pages import Pages
from api.dashboard.patients import PATIENTS, own_patient, values_of
from api.dashboard.request import DashboardRequest, Form
from api.resources.values import value_of
from api.schemas.base import load
from api.schemas.charts import DateValueIn, ValueIn
from domain.document import DocumentStatus
from domain.errors import AttestorError, CannotExtract, Conflict, Invalid, NotYet
from domain.observation import Source, VariableKind
from domain.patient import Patient
from projections.definitions import all_variables
from projections.patients import list_documents, list_incomplete
from service.bootstrap import Services
from service.patients import ValueIn as SentValue
from service.reviews import Choice, Decision
from service.scrape_jobs import Asked
from service.scraping import Run

_SCHEMAS = {"number": ValueIn(), "date": DateValueIn()}
_BOX = ("x1", "y1", "x2", "y2")
_PAGE = 50


@dataclass(frozen=True)
class Sheet:
    """The page that is shown: `document` None where the patient has none that can be read."""

    document: dict[str, Any] | None
    page: int
    sizes: Sizes

    @property
    def size(self) -> tuple[float, float] | None:
        """Width and height in points."""
        return self.sizes.get(self.page)

    def shows(self, value: dict[str, Any]) -> bool:
        """Whether the box of a value lies on this page."""
        return (
            self.document is not None
            and value["highlight"] is not None
            and (value["document_id"], value["pdf_page"]) == (self.document["id"], self.page)
        )


class Abstraction:
    """Whoever may read patients sees charts; whoever may write them fills them."""

    def __init__(self, services: Services, pages: Pages) -> None:
        self._services = services
        self._database = services.database
        self._pages = pages

    def on_get(self, req: DashboardRequest, resp: falcon.Response, patient_id: int) -> None:
        self._show(req, resp, patient_id)

    def on_get_queue(self, req: DashboardRequest, resp: falcon.Response) -> None:
        """Patients that still miss values."""
        account_id = req.principal.account_id
        after = req.get_param_as_int("after", min_value=1) or 0
        total = len(all_variables(self._database, account_id))
        found = list_incomplete(self._database, account_id, total, _PAGE, after)
        more = found[-1].id if len(found) == _PAGE else None
        self._pages.show(req, resp, "queue.html", patients=found, total=total, more=more)

    def on_get_picture(
        self, req: DashboardRequest, resp: falcon.Response, document_id: str, page: int
    ) -> None:
        images = self._services.page_images
        image = images.find(req.command(), document_id, page)
        resp.set_headers({"cache-control": "private, max-age=3600, immutable"})
        resp.etag = image.tag
        if is_known(req, image.tag):
            resp.status = 304
            return
        resp.content_type = "image/png"
        resp.data = images.png(image)

    def on_post_value(self, req: DashboardRequest, resp: falcon.Response, patient_id: int) -> None:
        """Record what a person read, with the box that they saw or drew."""
        form = req.context.form
        kind: VariableKind = "date" if form["kind"] == "date" else "number"
        variable_id = _whole(form["variable_id"], "variable_id")
        self._try(req, resp, patient_id, variable_id, "value-saved", lambda: self._put(
            req, patient_id, kind, variable_id, _value_in(form, kind)
        ))  # fmt: skip

    def on_post_review(self, req: DashboardRequest, resp: falcon.Response, patient_id: int) -> None:
        """Accept or reject what was scraped."""
        form = req.context.form
        decision: Decision = "accept" if form["decision"] == "accept" else "reject"
        observation_id = _whole(form["observation_id"], "observation_id")
        done = "value-accepted" if decision == "accept" else "value-rejected"
        self._try(
            req,
            resp,
            patient_id,
            _whole(form["variable_id"], "variable_id"),
            done,
            lambda: self._services.reviews.review(
                req.command(form["reason"]), patient_id, observation_id, decision
            ),
        )

    def on_post_choice(self, req: DashboardRequest, resp: falcon.Response, patient_id: int) -> None:
        """Take another candidate of the last run."""
        form = req.context.form
        position, variable_id, candidate = (
            _whole(form[name], name) for name in ("position", "variable_id", "candidate")
        )
        chosen = Choice(position, variable_id, candidate)
        self._try(req, resp, patient_id, variable_id, "value-saved", lambda: (
            self._services.reviews.choose(req.command(), patient_id, chosen)
        ))  # fmt: skip

    def on_post_scrape(self, req: DashboardRequest, resp: falcon.Response, patient_id: int) -> None:
        """Look for every variable in all documents of the patient."""
        command = req.command()
        self._try(
            req,
            resp,
            patient_id,
            None,
            "scraped",
            lambda: self._services.scraping.run(
                command,
                patient_id,
                Run(self._services.scrape_jobs.chosen(command, Asked()), is_bulk=True),
            ),
        )

    def _put(
        self,
        req: DashboardRequest,
        patient_id: int,
        kind: VariableKind,
        variable_id: int,
        sent: SentValue,
    ) -> None:
        """A correction where a scraped value waits for review, else a value of its own."""
        record = self._services.application.load(req.command(), Patient, patient_id)
        held = record.current(variable_id)
        if held is not None and held.source == Source.SCRAPE and held.review is None:
            self._services.reviews.review(
                req.command(sent.reason), patient_id, held.id, "correct", sent
            )
        else:
            self._services.patients.put_value(req.command(), patient_id, kind, variable_id, sent)

    def _try(
        self,
        req: DashboardRequest,
        resp: falcon.Response,
        patient_id: int,
        variable_id: int | None,
        done: str,
        step: Callable[[], object],
    ) -> None:
        """Do it and come back to the same page of the chart, or say what stands in the way."""
        try:
            step()
        except (Invalid, Conflict, CannotExtract, NotYet) as error:
            resp.status = 422
            self._show(req, resp, patient_id, error=error, at=variable_id)
            return
        form = req.context.form
        place = {"document": form["document"], "page": form["page"], "done": done}
        query = urlencode({name: value for name, value in place.items() if value})
        at = f"#value-{variable_id}" if variable_id else ""
        raise falcon.HTTPSeeOther(f"{PATIENTS}/{patient_id}/chart?{query}{at}")

    def _show(
        self,
        req: DashboardRequest,
        resp: falcon.Response,
        patient_id: int,
        *,
        error: AttestorError | None = None,
        at: int | None = None,
    ) -> None:
        patient = own_patient(self._database, req, patient_id)
        documents = list_documents(self._database, patient_id)
        sheet = self._sheet(req, documents)
        held = {value["id"]: value for value in values_of(patient)}
        run = last_run(self._services, req.command(), patient_id)
        self._pages.show(
            req,
            resp,
            "chart.html",
            patient=patient,
            documents=documents,
            sheet=sheet,
            run=run.position,
            items=[
                (*each, held.get(each[0]), run.others(each[0], held.get(each[0])))
                for each in self._variables(req)
            ],
            boxes=[value for value in held.values() if sheet.shows(value)],
            error=error,
            at=at,
            form=req.context.form,
        )

    def _variables(self, req: DashboardRequest) -> list[tuple[int, VariableKind, dict[str, Any]]]:
        """Numbers before dates, each by name."""
        found = all_variables(self._database, req.principal.account_id)
        return sorted(found, key=lambda each: (each[1] == "date", each[2]["name"].lower(), each[0]))

    def _sheet(self, req: DashboardRequest, documents: list[dict[str, Any]]) -> Sheet:
        """The page that the address names; the first one of the newest document by default."""
        form = req.context.form
        wanted = req.get_param("document") or form["document"]
        page = req.get_param("page") or form["page"] or "1"
        readable = [each for each in documents if each["status"] == DocumentStatus.READY]
        chosen = [each for each in documents if each["id"] == wanted] or readable[-1:]
        if not chosen:
            return Sheet(None, 1, {})
        sizes = page_sizes(self._services, req, chosen[0]["id"])
        return Sheet(chosen[0], _whole(page, "page"), sizes)


def _value_in(form: Form, kind: VariableKind) -> SentValue:
    """What the form says, checked by the rules of the API."""
    sent: dict[str, Any] = {"value": form["value"]}
    for name in ("note", "reason", "end") + (("observed_on",) if kind == "number" else ()):
        if form[name]:
            sent[name] = form[name]
    if any(form[corner] for corner in _BOX):
        sent["highlight"] = {corner: _real(form[corner], corner) for corner in _BOX}
        sent["pdf_page"] = _whole(form["page"], "page")
        sent["document_id"] = form["document"]
    return value_of(load(_SCHEMAS[kind], sent))


def _whole(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Invalid.field(name, "must be a whole number")
    return int(text)


def _real(text: str, name: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise Invalid.field(name, "must be a number of points") from None
