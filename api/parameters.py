"""Query parameters: each reads its text strictly and describes itself for OpenAPI."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import falcon

from domain.clinical_time import parse_date
from domain.errors import Invalid

NO_NUL = "^[^\\u0000]*$"
_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})",
    re.ASCII | re.IGNORECASE,
)
_TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


@dataclass(frozen=True)
class Parameter:
    """`parse` raises ValueError with the rule that the text breaks."""

    name: str
    parse: Callable[[str], Any]
    schema: Mapping[str, Any]
    description: str
    is_required: bool = False


def whole(name: str, minimum: int, maximum: int, description: str, **schema: Any) -> Parameter:
    """A whole number in plain digits between two limits, both included."""
    rule = f"must be a whole number from {minimum} to {maximum}"

    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= 20):
            raise ValueError(rule)
        if not minimum <= int(text) <= maximum:
            raise ValueError(rule)
        return int(text)

    described = {"type": "integer", "minimum": minimum, "maximum": maximum, **schema}
    return Parameter(name, parse, described, description)


def text(name: str, longest: int, description: str, **schema: Any) -> Parameter:
    """Text of at most `longest` characters without NUL."""

    def parse(given: str) -> str:
        if len(given) > longest or "\0" in given:
            raise ValueError(f"must have at most {longest} characters and no NUL")
        return given

    described = {"type": "string", "maxLength": longest, "pattern": NO_NUL, **schema}
    return Parameter(name, parse, described, description)


def choice(name: str, options: Sequence[str], description: str) -> Parameter:
    """One of a few words."""

    def parse(given: str) -> str:
        if given not in options:
            raise ValueError(f"must be one of {', '.join(options)}")
        return given

    return Parameter(name, parse, {"type": "string", "enum": list(options)}, description)


def day(name: str, description: str) -> Parameter:
    """A calendar date, YYYY-MM-DD, kept as text."""

    def parse(given: str) -> str:
        try:
            return parse_date(given, name).isoformat()
        except Invalid as error:
            raise ValueError(error.faults[0].detail) from error

    return Parameter(name, parse, {"type": "string", "format": "date"}, description)


def moment(name: str, description: str) -> Parameter:
    """An instant with its offset (RFC 3339), read as one in UTC."""

    def parse(given: str) -> datetime:
        try:
            return _instant(given)
        except (ValueError, OverflowError) as error:
            raise ValueError("must be an instant such as 2026-01-31T12:00:00Z") from error

    return Parameter(name, parse, {"type": "string", "format": "date-time"}, description)


def flag(name: str, description: str, default: bool) -> Parameter:
    """true or false; 1, 0, yes and no are understood."""

    def parse(given: str) -> bool:
        try:
            return _TRUTH[given.lower()]
        except KeyError:
            raise ValueError("must be true or false") from None

    return Parameter(name, parse, {"type": "boolean", "default": default}, description)


def read_query(allowed: Mapping[str, Parameter], given: Mapping[str, Any]) -> dict[str, Any]:
    """The parsed parameters. An unknown, repeated or ill-formed one is a 400 that says so:
    a mistyped filter must never widen an answer."""
    parsed = {}
    for name, value in given.items():
        parameter = allowed.get(name)
        if parameter is None:
            raise bad_query(f"{name[:100]} is not a parameter here; {_names(allowed)}")
        if isinstance(value, list):
            raise bad_query(f"{name} is given more than once")
        try:
            parsed[name] = parameter.parse(value)
        except ValueError as error:
            raise bad_query(f"{name} {error}") from error
    for parameter in allowed.values():
        if parameter.is_required and parameter.name not in parsed:
            raise bad_query(f"{parameter.name} is required")
    return parsed


def bad_query(detail: str) -> falcon.HTTPBadRequest:
    """The 400 for a query that cannot be used."""
    return falcon.HTTPBadRequest(title="Bad query", description=detail)


def _instant(given: str) -> datetime:
    if not _INSTANT.fullmatch(given):
        raise ValueError("not RFC 3339")
    return datetime.fromisoformat(given.upper()).astimezone(UTC)


def _names(allowed: Mapping[str, Parameter]) -> str:
    return f"allowed: {', '.join(sorted(allowed))}" if allowed else "none are allowed"
