"""A report as a file: which format is wanted, and how it is sent."""

import falcon

from api.request import Request
from service.exports import MEDIA_TYPES, Export

FORMATS = tuple(MEDIA_TYPES)
FILES = tuple(media_type for name, media_type in MEDIA_TYPES.items() if name != "json")
_BY_TYPE = {media_type: name for name, media_type in MEDIA_TYPES.items()}


def format_of(req: Request) -> str:
    """The query's `format`, else the one that Accept likes best, else json."""
    given: str | None = req.context.query.get("format")
    return given or _BY_TYPE.get(req.client_prefers(_BY_TYPE) or "", "json")


def answer_export(resp: falcon.Response, export: Export, position: int | str) -> None:
    """The file, to be saved and not shown."""
    resp.content_type = export.media_type
    resp.downloadable_as = export.filename
    resp.set_header("x-log-position", str(position))
    resp.data = export.content
