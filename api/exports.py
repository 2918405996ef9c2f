"""A report as a file: which format is wanted, and how it is sent."""

import falcon

from api.parameters import bad_query
from api.request import Request, principal_of
from domain.account import Scope
from service.exports import MEDIA_TYPES, Exports

FORMATS = tuple(MEDIA_TYPES)
FILES = tuple(media_type for name, media_type in MEDIA_TYPES.items() if name != "json")
_BY_TYPE = {media_type: name for name, media_type in MEDIA_TYPES.items()}


def format_of(req: Request) -> str:
    """The query's `format`, else the one that Accept likes best, else json.

    Single patients are shown in fhir only, and to keys that may read patients.
    """
    given: str | None = req.context.query.get("format")
    wanted = given or _BY_TYPE.get(req.client_prefers(_BY_TYPE) or "", "json")
    if req.context.query.get("individuals"):
        if wanted != "fhir":
            raise bad_query("individuals goes with format=fhir only")
        principal_of(req).require(Scope.PATIENTS_READ)
    return wanted


def answer_export(
    req: Request,
    resp: falcon.Response,
    exports: Exports,
    body: bytes,
    wanted: str,
    position: int | str,
) -> None:
    """The report `body` in a format other than json, to be saved and not shown."""
    individuals = req.context.query.get("individuals", False)
    export = exports.write(principal_of(req), body, wanted, has_individuals=individuals)
    resp.content_type = export.media_type
    resp.downloadable_as = export.filename
    resp.set_header("x-log-position", str(position))
    resp.data = export.content
