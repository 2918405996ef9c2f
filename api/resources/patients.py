"""Patients: list, read, register, change."""

import falcon

from api.answers import Shown, answer_command, answer_list, answer_one, last_position
from api.media import read_json
from api.moments import absent, moment_of, moment_of_one
from api.pagination import paging_of
from api.parameters import bad_query
from api.request import Request, principal_of
from api.schemas.base import load
from api.schemas.charts import PatientIn
from domain.demographics import Demographics
from domain.errors import NotFound
from domain.ids import Kind
from projections.moments import Moment, moment_of_version
from projections.patients import PatientFilter, account_of_patient, find_patient, list_patients
from service.bootstrap import Services
from service.resource import Resource

_FILTERS = ("q", "name", "sex", "dob", "external_id", "sort")
_SCHEMA = PatientIn()


class Patients:
    """The chart's head; values are in `values`."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._database = services.database
        self._limit = services.settings.max_body_bytes

    def on_get_list(self, req: Request, resp: falcon.Response) -> None:
        query = req.context.query
        paging = paging_of(query)
        wanted = PatientFilter(**{name: query[name] for name in _FILTERS if name in query})
        if paging.after_id is not None and wanted.sort != "id":
            raise bad_query("cursor goes with sort=id only")
        place = (paging.limit, paging.offset, paging.after_id)
        moment, position = moment_of(req, self._database), last_position(self._services)
        total, found = list_patients(
            self._database, principal_of(req).account_id, wanted, *place, moment
        )
        ids = [patient.id for patient in found] if wanted.sort == "id" else None
        bodies = [patient.body for patient in found]
        answer_list(req, resp, paging, total, bodies, position, ids, moment)

    def on_post_list(self, req: Request, resp: falcon.Response) -> None:
        demographics = Demographics(**load(_SCHEMA, read_json(req, self._limit)))
        answer_command(
            req,
            resp,
            lambda context: self._services.patients.register(context, demographics),
            lambda r: Shown(r.body, r, f"/patients/{r.id}"),
            201,
        )

    def on_get_one(self, req: Request, resp: falcon.Response, patient_id: int) -> None:
        one = (Kind.PATIENT, patient_id, "patient")
        moment = moment_of_one(req, self._database, *one)
        record = find_patient(self._database, patient_id, moment)
        if record is None:
            raise absent(req, self._database, *one, moment)
        principal_of(req).require_own(record.account_id, "patient")
        resource = Resource(record.id, record.version, record.position, record.body)
        answer_one(req, resp, record.body, resource, moment)

    def on_put_one(self, req: Request, resp: falcon.Response, patient_id: int) -> None:
        changes = load(_SCHEMA, read_json(req, self._limit), is_partial=True)
        answer_command(
            req,
            resp,
            lambda context: self._services.patients.change_demographics(
                context, patient_id, changes
            ),
            lambda r: Shown(r.body, r),
        )


def require_patient(
    services: Services, req: Request, patient_id: int, moment: Moment | None = None
) -> None:
    """Raise NotFound, or Forbidden, unless it is, or was, a patient of the caller's account."""
    account_id = account_of_patient(services.database, patient_id)
    if account_id is None:
        raise NotFound(f"There is no patient {patient_id}.")
    principal_of(req).require_own(account_id, "patient")
    registered = moment and moment_of_version(services.database, Kind.PATIENT, patient_id, 1)
    if moment and (registered is None or registered.position > moment.position):
        raise absent(req, services.database, Kind.PATIENT, patient_id, "patient", moment)
