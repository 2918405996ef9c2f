"""History: what happened to a resource, and in the whole account."""

import falcon

from api.answers import answer_data, answer_list, context_of, last_position
from api.log_query import wanted_of
from api.moments import require_own
from api.pagination import PLACE, paging_of
from api.parameters import bad_query
from api.request import Request
from api.streams import NDJSON, in_pieces, ndjson
from domain.ids import Kind
from projections.history import Place
from service.bootstrap import Services
from service.history.history import Wanted

_LINES_A_PIECE = 100


class History:
    """The events of one kind of resource, or of the whole account."""

    def __init__(self, services: Services, kind: Kind | None = None) -> None:
        self._services = services
        self._kind = kind

    def on_get(self, req: Request, resp: falcon.Response, **ids: int) -> None:
        wanted = wanted_of(req)
        if self._kind is not None:
            (number,) = ids.values()
            what = self._kind.name.lower().replace("_", " ")
            require_own(req, self._services.database, self._kind, number, what)
            wanted = wanted_of(req, (self._kind, number))
        is_newest_first = req.context.query.get("sort") == "-position"
        if _is_exported(req):
            return self._export(req, resp, wanted, is_newest_first)
        paging, position = paging_of(req.context.query, is_two_way=True), self._last()
        place = Place(
            paging.limit, paging.offset, paging.after_id, paging.before_id, is_newest_first
        )
        page = self._services.history.page(context_of(req), wanted, place)
        positions = [int(entry["position"]) for entry in page.items]
        return answer_list(req, resp, paging, page.total, page.items, position, positions)

    def on_get_one(self, req: Request, resp: falcon.Response, position: int) -> None:
        last = self._last()
        answer_data(req, resp, self._services.history.one(context_of(req), position), last)

    def _last(self) -> int:
        return last_position(self._services)

    def _export(
        self, req: Request, resp: falcon.Response, wanted: Wanted, is_newest_first: bool
    ) -> None:
        """Everything that matches, written while it is read."""
        if req.context.query.keys() & PLACE:
            raise bad_query("ndjson answers everything; it takes no place in the list")
        entries = self._services.history.every(
            context_of(req), wanted, is_newest_first=is_newest_first
        )
        resp.content_type = NDJSON
        resp.downloadable_as = "history.ndjson"
        resp.stream = in_pieces(ndjson(entries), _LINES_A_PIECE)


def _is_exported(req: Request) -> bool:
    given = req.context.query.get("format")
    if given is not None:
        return bool(given == "ndjson")
    return req.client_prefers(["application/json", NDJSON]) == NDJSON
