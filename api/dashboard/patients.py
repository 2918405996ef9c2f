"""Patients: the list with its filters, and one patient's page."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import falcon

from api.dashboard.pages import Pages, as_dict
from api.dashboard.periods import asked, moment_of
from api.dashboard.request import DashboardRequest, check_csrf
from api.forms import read_upload
from api.resources.documents import filename_of
from api.schemas.base import load
from api.schemas.charts import PatientIn
from domain.demographics import Demographics
from domain.errors import Invalid, NotFound
from domain.ids import Kind
from projections.database import Reader
from projections.definitions import all_variables
from projections.exports.csv import cell
from projections.moments import Moment, moment_of_version, newest_version
from projections.patients import (
    SORTS,
    PatientFilter,
    find_patient,
    list_documents,
    list_patients,
)
from service.bootstrap import Services

PATIENTS = "/dashboard/patients"
_PAGE = 50
_CSV_PAGE = 500
_FILTERS = ("q", "sex", "dob")
_SCHEMA = PatientIn()
_ABSENT = dict.fromkeys(
    ("units", "end", "observed_on", "review", "confidence", "document_id", "highlight", "pdf_page")
)
"""What a value may lack."""
_NEW = ("name", "dob", "sex", "external_id")


class Patients:
    """Whoever may read patients sees them."""

    def __init__(self, services: Services, pages: Pages) -> None:
        self._services = services
        self._database = services.database
        self._pages = pages

    def on_get_list(self, req: DashboardRequest, resp: falcon.Response) -> None:
        wanted, page = _filter(req), max(req.get_param_as_int("page") or 1, 1)
        account_id = req.principal.account_id
        total, found = list_patients(self._database, account_id, wanted, _PAGE, (page - 1) * _PAGE)
        self._pages.show(
            req,
            resp,
            "patients.html",
            patients=[as_dict(record.body) for record in found],
            variables=len(all_variables(self._database, account_id)),
            total=total,
            page=page,
            pages=-(-total // _PAGE),
            wanted=wanted,
            address=lambda **changes: _address(wanted, **changes),
        )

    def on_get_csv(self, req: DashboardRequest, resp: falcon.Response) -> None:
        """All patients that the filter lets through, with their current values."""
        account_id = req.principal.account_id
        variables = all_variables(self._database, account_id)
        resp.content_type = "text/csv; charset=utf-8"
        resp.downloadable_as = "patients.csv"
        wanted = replace(_filter(req), sort="id")
        resp.stream = _csv(self._everybody(account_id, wanted), variables)

    def on_post_list(self, req: DashboardRequest, resp: falcon.Response) -> None:
        form = req.context.form
        sent = {name: form[name] for name in _NEW if form[name]}
        demographics = Demographics(**load(_SCHEMA, sent))
        made = self._services.patients.register(req.command(), demographics)
        raise falcon.HTTPSeeOther(f"{PATIENTS}/{made.id}?done=patient-registered")

    def on_get_one(self, req: DashboardRequest, resp: falcon.Response, patient_id: int) -> None:
        wanted = asked(req)
        version = req.get_param_as_int("version", min_value=1)
        if version is None:
            moment = moment_of(self._database, wanted)
        else:
            moment = self._moment_of_version(req, patient_id, version)
        patient = own_patient(self._database, req, patient_id, moment)
        variables = all_variables(self._database, req.principal.account_id)
        held = {value["id"]: value for value in values_of(patient)}
        self._pages.show(
            req,
            resp,
            "patient.html",
            patient=patient,
            values=list(held.values()),
            missing=[body["name"] for number, _, body in variables if number not in held],
            documents=list_documents(self._database, patient_id, moment),
            moment=moment,
            as_of=wanted.local(req.principal.zone),
            newest=newest_version(self._database, Kind.PATIENT, patient_id),
        )

    def on_post_upload(self, req: DashboardRequest, resp: falcon.Response, patient_id: int) -> None:
        limit = self._services.settings.max_upload_bytes
        with read_upload(req, limit) as upload:
            check_csrf(req, upload.fields.pop("csrf", None))
            self._services.documents.upload(
                req.command(), patient_id, filename_of(upload), upload.file
            )
        raise falcon.HTTPSeeOther(f"{PATIENTS}/{patient_id}?done=document-uploaded")

    def _moment_of_version(
        self, req: DashboardRequest, patient_id: int, version: int
    ) -> Moment | None:
        """When the patient had this version. Raises NotFound."""
        own_patient(self._database, req, patient_id)
        moment = moment_of_version(self._database, Kind.PATIENT, patient_id, version)
        if moment is None:
            raise NotFound(f"The patient has no version {version}.")
        return moment

    def _everybody(self, account_id: int, wanted: PatientFilter) -> Iterator[dict[str, Any]]:
        after = 0
        while True:
            _, found = list_patients(self._database, account_id, wanted, _CSV_PAGE, 0, after)
            yield from (as_dict(record.body) for record in found)
            if len(found) < _CSV_PAGE:
                return
            after = found[-1].id


def own_patient(
    reader: Reader, req: DashboardRequest, patient_id: int, moment: Moment | None = None
) -> dict[str, Any]:
    """The caller's patient, now or as of a moment. Raises NotFound and Forbidden."""
    record = find_patient(reader, patient_id, moment)
    if record is None:
        raise NotFound("There is no such patient, or not yet at that moment.")
    req.principal.require_own(record.account_id, "patient")
    return as_dict(record.body)


def values_of(patient: dict[str, Any]) -> list[dict[str, Any]]:
    """All current values, numbers first, each with its `kind`."""
    return [
        *({**_ABSENT, **value, "kind": "number"} for value in patient["variables"]),
        *({**_ABSENT, **value, "kind": "date"} for value in patient["date_variables"]),
    ]


def _filter(req: DashboardRequest) -> PatientFilter:
    given = {name: text.strip() for name in _FILTERS if (text := req.get_param(name))}
    sort = req.get_param("sort") or "name"
    if sort not in SORTS:
        raise Invalid.field("sort", f"choose from {', '.join(SORTS)}")
    return PatientFilter(**given, sort=sort)


def _address(wanted: PatientFilter, **changes: Any) -> str:
    """The address of the list with another page, order or filter."""
    shown = {name: getattr(wanted, name) for name in (*_FILTERS, "sort")}
    return "?" + urlencode({k: v for k, v in {**shown, **changes}.items() if v})


def _csv(patients: Iterator[dict[str, Any]], variables: list[Any]) -> Iterator[bytes]:
    names = [body["name"] for _, _, body in variables]
    yield _line(["id", "external_id", "name", "dob", "sex", *names])
    for patient in patients:
        held = {value["id"]: value["value"] for value in values_of(patient)}
        head = [patient[name] for name in ("id", "external_id", "name", "dob", "sex")]
        yield _line([*head, *(held.get(number, "") for number, _, _ in variables)])


def _line(cells: list[Any]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(map(cell, cells))
    return buffer.getvalue().encode()
