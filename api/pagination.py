"""Pages of lists: limit and offset, page and page_size, or a cursor for syncing."""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from api.parameters import Parameter, bad_query, text, whole
from api.request import Request

DEFAULT_LIMIT = 100
LARGEST_LIMIT = 1000
LARGEST_OFFSET = 10_000
_PAGE = {"page", "page_size"}
_STYLES = ({"offset"}, _PAGE, {"cursor"})
_CURSOR = re.compile(r"after:([1-9][0-9]{0,14})")

LIMIT = whole("limit", 1, LARGEST_LIMIT, "How many to answer.", default=DEFAULT_LIMIT)
PAGING = (
    LIMIT,
    whole("offset", 0, LARGEST_OFFSET, "How many to skip; beyond 10 000 use `cursor`.", default=0),
    whole("page", 1, LARGEST_OFFSET, "Number of the page; goes with `page_size`."),
    whole("page_size", 1, LARGEST_LIMIT, "Another name for `limit`; goes with `page`."),
)
CURSOR = text("cursor", 200, "`next_cursor` of the answer before; pages by id.")


@dataclass(frozen=True)
class Paging:
    """Which part of a list is wanted. `style` is how the client asked: offset, page or cursor."""

    limit: int
    offset: int
    style: str = "offset"
    after_id: int | None = None


@dataclass(frozen=True)
class Pagination:
    """What the answer says of its place in the list."""

    body: dict[str, Any]
    links: dict[str, str]

    @property
    def link_header(self) -> str:
        """The Link header (RFC 8288)."""
        return ", ".join(f'<{target}>; rel="{name}"' for name, target in self.links.items())


def paging_of(query: Mapping[str, Any]) -> Paging:
    """What a client asked for. Raises 400 when it mixes the styles or goes too far."""
    used = [style for style in _STYLES if style & query.keys()]
    if len(used) > 1 or ("limit" in query and used == [_PAGE]):
        raise bad_query("use limit with offset, or page with page_size, or cursor, not a mixture")
    limit = query.get("limit") or query.get("page_size") or DEFAULT_LIMIT
    if "cursor" in query:
        return Paging(limit, 0, "cursor", _read_cursor(query["cursor"]))
    if used == [_PAGE]:
        offset = (query.get("page", 1) - 1) * limit
        if offset > LARGEST_OFFSET:
            raise bad_query(f"page reaches beyond {LARGEST_OFFSET} entries; use cursor")
        return Paging(limit, offset, "page")
    return Paging(limit, query.get("offset", 0))


def write_cursor(last_id: int) -> str:
    """The opaque text that continues after this id."""
    return base64.urlsafe_b64encode(b"after:%d" % last_id).decode().rstrip("=")


def paginate(
    req: Request, paging: Paging, total: int, ids: Sequence[int] | None = None
) -> Pagination:
    """Where this page stands, with links to its neighbours. `ids` of a list that is in the
    order of its ids make a cursor."""
    has_more = paging.style == "cursor" or paging.offset + paging.limit < total
    is_full = ids is not None and len(ids) == paging.limit
    cursor = write_cursor(ids[-1]) if ids and is_full and has_more else None
    links = dict(_links(req, paging, total, cursor))
    body = {
        "total": total,
        "limit": paging.limit,
        "offset": None if paging.style == "cursor" else paging.offset,
        "next": links.get("next"),
        "previous": links.get("prev"),
    }
    if ids is not None:
        body["next_cursor"] = cursor
    return Pagination(body, links)


def parameters(has_cursor: bool) -> tuple[Parameter, ...]:
    """The query parameters of a list."""
    return (*PAGING, CURSOR) if has_cursor else PAGING


def _links(
    req: Request, paging: Paging, total: int, cursor: str | None
) -> Iterator[tuple[str, str]]:
    if paging.style == "cursor":
        yield "first", _target(req, {"limit": paging.limit})
        if cursor:
            yield "next", _target(req, {"limit": paging.limit, "cursor": cursor})
        return
    limit, offset = paging.limit, paging.offset
    last = (max(total, 1) - 1) // limit * limit
    for name, start in (("first", 0), ("prev", offset - limit), ("next", offset + limit)):
        exists = name == "first" or (offset > 0 if name == "prev" else start < total)
        if exists and start <= LARGEST_OFFSET:
            yield name, _place(req, paging, max(start, 0))
        elif exists and cursor:
            yield name, _target(req, {"limit": paging.limit, "cursor": cursor})
    if last <= LARGEST_OFFSET:
        yield "last", _place(req, paging, last)


def _place(req: Request, paging: Paging, offset: int) -> str:
    if paging.style == "page":
        return _target(req, {"page": offset // paging.limit + 1, "page_size": paging.limit})
    return _target(req, {"limit": paging.limit, "offset": offset})


def _target(req: Request, place: Mapping[str, Any]) -> str:
    names = {"limit", "offset", "page", "page_size", "cursor"}
    kept = {name: value for name, value in req.params.items() if name not in names}
    return f"{req.path}?{urlencode({**kept, **place})}"


def _read_cursor(text: str) -> int:
    try:
        padded = text + "=" * (-len(text) % 4)
        match = _CURSOR.fullmatch(base64.b64decode(padded, b"-_", validate=True).decode())
    except (binascii.Error, ValueError):
        match = None
    if match is None:
        raise bad_query("cursor is not one of ours; start again without it")
    return int(match[1])
