"""A patient's report: every value with its place, and every measure with its reasons."""

from datetime import UTC, datetime

import falcon

from api.answers import answer_data, last_position
from api.moments import absent, moment_of
from api.request import Request, principal_of
from api.resources.cms_reports import period_of
from domain.clinical_time import instant
from domain.ids import Kind
from domain.measures.period import year_of
from projections.patient_report import find_patient_report
from service.bootstrap import Services


class PatientReports:
    """Nothing is kept of it: it is what the log says at a moment."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._database = services.database

    def on_get(self, req: Request, resp: falcon.Response, patient_id: int) -> None:
        moment = moment_of(req, self._database)
        position = moment.position if moment else last_position(self._services)
        then = moment.at if moment else datetime.now(UTC)
        period = period_of(req.context.query) or year_of(then, principal_of(req).zone)
        report = find_patient_report(self._database, patient_id, period, position, moment)
        if report is None:
            raise absent(req, self._database, Kind.PATIENT, patient_id, "patient", moment)
        principal_of(req).require_own(report.patient.account_id, "patient")
        as_of = instant(moment.at) if moment else None
        answer_data(req, resp, report.body, position, as_of)
