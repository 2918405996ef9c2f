"""Which events of the log a client asks for."""

import re

from api.parameters import Parameter, choice, moment, text, whole
from api.request import Request
from domain.ids import Kind
from service.history.history import Wanted
from service.history.words import TOPICS

_KINDS = {kind.name.lower(): kind for kind in Kind}
_AGGREGATE = re.compile(f"^({'|'.join(_KINDS)}):([1-9][0-9]{{0,14}})$", re.ASCII)


def aggregate_of(given: str) -> tuple[Kind, int]:
    """What `patient:12` names. Raises ValueError."""
    named = _AGGREGATE.fullmatch(given)
    if named is None:
        raise ValueError(f"must be one of {', '.join(_KINDS)}, a colon and an id")
    return _KINDS[named[1]], int(named[2])


FILTERS = (
    text("actor", 50, "Only by this one, such as key:7 or user:3."),
    choice("type", TOPICS, "Only events of this type."),
    moment("from", "Not before this instant."),
    moment("to", "Before this instant."),
    choice("sort", ("position", "-position"), "Order; `-position` is the newest first."),
    choice("format", ("json", "ndjson"), "ndjson: everything that matches, an event a line."),
)
VARIABLE_SPOKEN_OF = whole("variable_id", 1, 10**15 - 1, "Only what was said of this variable.")
AGGREGATE = Parameter(
    "aggregate",
    aggregate_of,
    {"type": "string", "pattern": _AGGREGATE.pattern},
    "Only events of this one, such as patient:12.",
)


def wanted_of(req: Request, aggregate: tuple[Kind, int] | None = None) -> Wanted:
    """What the query asks for, of one aggregate where the path names it."""
    query = req.context.query
    return Wanted(
        aggregate or query.get("aggregate"),
        query.get("actor"),
        query.get("type"),
        query.get("from"),
        query.get("to"),
        query.get("variable_id"),
    )
