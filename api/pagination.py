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
PLACE = frozenset({"limit"}.union(*_STYLES))
"""Every parameter that says which part of a list is wanted."""
_CURSOR = re.compile(r"(after|before):([1-9][0-9]{0,14})")

LIMIT = whole("limit", 1, LARGEST_LIMIT, "How many to answer.", default=DEFAULT_LIMIT)
PAGING = (
    LIMIT,
    whole("offset", 0, LARGEST_OFFSET, "How many to skip; beyond 10 000 use `cursor`.", default=0),
    whole("page", 1, LARGEST_OFFSET, "Number of the page; goes with `page_size`."),
    whole("page_size", 1, LARGEST_LIMIT, "Another name for `limit`; goes with `page`."),
)
CURSOR = text("cursor", 200, "`next_cursor` of the answer before, or its `previous_cursor`.")


@dataclass(frozen=True)
class Paging:
    """Which part of a list is wanted. `style` is how the client asked: offset, page or cursor.

    A list that is two-way can be followed back by `before_id` as well.
    """

    limit: int
    offset: int
    style: str = "offset"
    after_id: int | None = None
    before_id: int | None = None
    is_two_way: bool = False


@dataclass(frozen=True)
class Pagination:
    """What the answer says of its place in the list."""

    body: dict[str, Any]
    links: dict[str, str]

    @property
    def link_header(self) -> str:
        """The Link header (RFC 8288)."""
        return ", ".join(f'<{target}>; rel="{name}"' for name, target in self.links.items())


def paging_of(query: Mapping[str, Any], *, is_two_way: bool = False) -> Paging:
    """What a client asked for. Raises 400 when it mixes the styles or goes too far."""
    used = [style for style in _STYLES if style & query.keys()]
    if len(used) > 1 or ("limit" in query and used == [_PAGE]):
        raise bad_query("use limit with offset, or page with page_size, or cursor, not a mixture")
    limit = query.get("limit") or query.get("page_size") or DEFAULT_LIMIT
    if "cursor" in query:
        direction, number = _read_cursor(query["cursor"], is_two_way)
        return Paging(limit, 0, "cursor", is_two_way=is_two_way, **{f"{direction}_id": number})
    if used == [_PAGE]:
        offset = (query.get("page", 1) - 1) * limit
        if offset > LARGEST_OFFSET:
            raise bad_query(f"page reaches beyond {LARGEST_OFFSET} entries; use cursor")
        return Paging(limit, offset, "page", is_two_way=is_two_way)
    return Paging(limit, query.get("offset", 0), is_two_way=is_two_way)


def write_cursor(number: int, direction: str = "after") -> str:
    """The opaque text that continues after this id, or ends before it."""
    text = f"{direction}:{number}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def paginate(
    req: Request, paging: Paging, total: int, ids: Sequence[int] | None = None
) -> Pagination:
    """Where this page stands, with links to its neighbours. `ids` of a list that is in the
    order of its ids make a cursor."""
    cursor, back = _cursors(paging, total, ids or ())
    links = dict(_links(req, paging, total, cursor, back))
    body = {
        "total": total,
        "limit": paging.limit,
        "offset": None if paging.style == "cursor" else paging.offset,
        "next": links.get("next"),
        "previous": links.get("prev"),
    }
    if ids is not None:
        body["next_cursor"] = cursor
    if paging.is_two_way:
        body["previous_cursor"] = back
    return Pagination(body, links)


def _cursors(paging: Paging, total: int, ids: Sequence[int]) -> tuple[str | None, str | None]:
    """What continues after this page, and what ends before it; None where there is no more."""
    is_full = len(ids) == paging.limit
    is_back = paging.before_id is not None
    has_next = is_full and (paging.style == "cursor" or paging.offset + paging.limit < total)
    has_previous = paging.after_id is not None or paging.offset > 0 or (is_back and is_full)
    return (
        write_cursor(ids[-1]) if ids and (has_next or is_back) else None,
        write_cursor(ids[0], "before") if ids and has_previous and paging.is_two_way else None,
    )


def parameters(has_cursor: bool) -> tuple[Parameter, ...]:
    """The query parameters of a list."""
    return (*PAGING, CURSOR) if has_cursor else PAGING


def _links(
    req: Request, paging: Paging, total: int, cursor: str | None, back: str | None
) -> Iterator[tuple[str, str]]:
    if paging.style == "cursor":
        yield "first", _target(req, {"limit": paging.limit})
        if back:
            yield "prev", _target(req, {"limit": paging.limit, "cursor": back})
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
    kept = {name: value for name, value in req.params.items() if name not in PLACE}
    return f"{req.path}?{urlencode({**kept, **place})}"


def _read_cursor(text: str, is_two_way: bool) -> tuple[str, int]:
    try:
        padded = text + "=" * (-len(text) % 4)
        match = _CURSOR.fullmatch(base64.b64decode(padded, b"-_", validate=True).decode())
    except (binascii.Error, ValueError):
        match = None
    if match is None or (match[1] == "before" and not is_two_way):
        raise bad_query("cursor is not one of ours; start again without it")
    return match[1], int(match[2])
