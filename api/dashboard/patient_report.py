"""A patient's report: every value with its place, every measure with its reasons, to print."""

from typing import Any

import falcon

from api.dashboard.page_sizes import page_sizes
from api.dashboard.pages import Pages, as_dict
from api.dashboard.patients import values_of
from api.dashboard.periods import asked, moment_of, position_of
from api.dashboard.request import DashboardRequest
from domain.errors import NotFound
from domain.ids import Kind
from projections.patient_report import find_patient_report
from projections.patients import list_documents
from service.bootstrap import Services
from service.history.history import Wanted

_LAST = 10


class PatientReports:
    """Whoever may read patients sees them."""

    def __init__(self, services: Services, pages: Pages) -> None:
        self._services = services
        self._database = services.database
        self._pages = pages

    def on_get(self, req: DashboardRequest, resp: falcon.Response, patient_id: int) -> None:
        wanted = asked(req)
        moment = moment_of(self._database, wanted)
        position = position_of(self._services, moment)
        report = find_patient_report(self._database, patient_id, wanted.period, position, moment)
        if report is None:
            raise NotFound("There is no such patient, or not yet at that moment.")
        req.principal.require_own(report.patient.account_id, "patient")
        patient = as_dict(report.patient.body)
        documents: dict[str, Any] = {
            each["id"]: each for each in list_documents(self._database, patient_id, moment)
        }
        values = values_of(patient)
        told = Wanted((Kind.PATIENT, patient_id), until=wanted.moment)
        shown = {each["document_id"] for each in values if each["highlight"]} & documents.keys()
        self._pages.show(
            req,
            resp,
            "patient_report.html",
            patient=patient,
            values=values,
            sizes={each: page_sizes(self._services, req, each) for each in shown},
            documents=documents,
            report=report,
            asked=wanted,
            history=self._services.history.newest(req.command(), told, _LAST),
        )
