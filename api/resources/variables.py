"""Numerical variables and date variables: list, define, change."""

from typing import Any

import falcon
import orjson

from api.answers import Shown, answer_command, answer_list, answer_one, last_position
from api.media import read_json
from api.moments import absent, moment_of, moment_of_one
from api.pagination import paging_of
from api.request import Request, principal_of
from api.schemas.base import Strict, load
from api.schemas.measures import DateVariableIn, VariableIn
from domain.ids import Kind
from domain.observation import VariableKind
from domain.variable import DateVariableDefinition, VariableDefinition
from projections.definitions import DefinitionRecord, find_variable, list_variables
from service.bootstrap import Services
from service.context import Context
from service.resource import Resource

_SCHEMAS: dict[VariableKind, Strict] = {"number": VariableIn(), "date": DateVariableIn()}
_DEFINITIONS: dict[VariableKind, type[VariableDefinition] | type[DateVariableDefinition]] = {
    "number": VariableDefinition,
    "date": DateVariableDefinition,
}
_KINDS: dict[VariableKind, Kind] = {"number": Kind.VARIABLE, "date": Kind.DATE_VARIABLE}
_PATHS: dict[VariableKind, str] = {"number": "/variables", "date": "/date-variables"}


class Variables:
    """The variables of one kind."""

    def __init__(self, services: Services, kind: VariableKind) -> None:
        self._services = services
        self._kind = kind
        self._limit = services.settings.max_body_bytes

    def on_get_list(self, req: Request, resp: falcon.Response) -> None:
        paging = paging_of(req.context.query)
        position = last_position(self._services)
        moment = moment_of(req, self._services.database)
        total, found = list_variables(
            self._services.database,
            principal_of(req).account_id,
            self._kind,
            paging.limit,
            paging.offset,
            moment,
        )
        shown_ones = [shown(record) for record in found]
        answer_list(req, resp, paging, total, shown_ones, position, moment=moment)

    def on_post_list(self, req: Request, resp: falcon.Response) -> None:
        sent = load(_SCHEMAS[self._kind], read_json(req, self._limit))
        answer_command(req, resp, lambda context: self._define(context, sent), self._shown, 201)

    def on_get_one(self, req: Request, resp: falcon.Response, variable_id: int) -> None:
        database, one = self._services.database, (_KINDS[self._kind], variable_id, "variable")
        moment = moment_of_one(req, database, *one)
        record = find_variable(database, self._kind, variable_id, moment)
        if record is None:
            raise absent(req, database, *one, moment)
        principal_of(req).require_own(record.account_id, "variable")
        resource = Resource(record.id, record.version, record.position, record)
        answer_one(req, resp, shown(record), resource, moment)

    def on_put_one(self, req: Request, resp: falcon.Response, variable_id: int) -> None:
        changes = load(_SCHEMAS[self._kind], read_json(req, self._limit), is_partial=True)
        answer_command(
            req,
            resp,
            lambda context: self._services.variables.change(
                context, self._kind, variable_id, changes
            ),
            lambda r: Shown(shown(r.body), r),
        )

    def _define(self, context: Context, sent: dict[str, Any]) -> Resource:
        return self._services.variables.define(context, _DEFINITIONS[self._kind](**sent))

    def _shown(self, resource: Resource) -> Shown:
        return Shown(shown(resource.body), resource, f"{_PATHS[self._kind]}/{resource.id}")


def shown(record: DefinitionRecord) -> dict[str, Any]:
    """A variable as clients see it; its limits are the numbers that were sent."""
    body = {"id": record.id, **record.body}
    for limit in ("valid_min", "valid_max"):
        if body.get(limit) is not None:
            body[limit] = orjson.Fragment(body[limit])
    return {
        **body,
        "patient_values_count": record.values,
        "user_id": record.account_id,
        "version": record.version,
    }
