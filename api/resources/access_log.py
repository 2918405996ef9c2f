"""The access log: who read or changed patient data of the account, and who was refused."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

import falcon
import orjson

from api.answers import answer_list, last_position
from api.pagination import PLACE, paging_of
from api.request import Request, principal_of
from api.streams import NDJSON, in_pieces, ndjson
from domain.clinical_time import instant
from projections.access_log import COLUMNS, AccessFilter, every_access, list_accesses
from projections.exports.csv import cell
from service.bootstrap import Services

FORMATS = {"json": "application/json", "ndjson": NDJSON, "csv": "text/csv"}
_LINES_A_PIECE = 500


class AccessLog:
    """Newest first; as a whole in NDJSON or CSV."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._database = services.database

    def on_get(self, req: Request, resp: falcon.Response) -> None:
        wanted = _wanted(req)
        written = req.context.query.get("format", "json")
        if written != "json":
            return self._export(req, resp, wanted, written)
        paging = paging_of(req.context.query)
        position = last_position(self._services)
        total, entries = list_accesses(
            self._database, wanted, paging.limit, paging.offset, paging.after_id
        )
        ids = [entry["id"] for entry in entries]
        answer_list(req, resp, paging, total, [*map(shown, entries)], position, ids)
        return None

    def _export(
        self, req: Request, resp: falcon.Response, wanted: AccessFilter, written: str
    ) -> None:
        """Everything that matches, written while it is read; or a page, where that is asked for."""
        found: Iterable[dict[str, Any]] = every_access(self._database, wanted)
        if req.context.query.keys() & PLACE:
            paging = paging_of(req.context.query)
            place = (paging.limit, paging.offset, paging.after_id)
            _, found = list_accesses(self._database, wanted, *place)
        entries = map(shown, found)
        resp.content_type = FORMATS[written]
        resp.downloadable_as = f"access-log.{written}"
        resp.stream = in_pieces(
            _csv(entries) if written == "csv" else ndjson(entries), _LINES_A_PIECE
        )


def shown(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry as JSON tells it."""
    return {**entry, "at": instant(entry["at"])}


def _wanted(req: Request) -> AccessFilter:
    query = req.context.query
    return AccessFilter(
        principal_of(req).account_id,
        query.get("actor"),
        query.get("patient_id"),
        query.get("operation"),
        query.get("outcome"),
        query.get("from"),
        query.get("to"),
        query.get("key_id"),
    )


def _csv(entries: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    line = io.StringIO(newline="")
    writer = csv.writer(line, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for entry in entries:
        row = {**entry, "filter": entry["filter"] and orjson.dumps(entry["filter"]).decode()}
        writer.writerow(cell(row[name]) for name in COLUMNS)
        yield line.getvalue().encode()
        line.seek(0)
        line.truncate()
    yield line.getvalue().encode()
