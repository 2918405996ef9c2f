"""JSON that every reader understands in the same way; numbers remember how they were written."""

import json
from collections.abc import Sequence
from math import isfinite
from typing import Any, NoReturn

import falcon
import orjson

_DEEPEST = 64
_LONGEST_INTEGER = 15


class Numeral(float):
    """A JSON number that remembers how it was written, so that 7.20 stays 7.20."""

    text: str

    def __new__(cls, text: str) -> "Numeral":
        """Read the number. Raises ValueError when it is too large for a float."""
        number = super().__new__(cls, text)
        number.text = text
        if not isfinite(number):
            raise ValueError(f"the number {text[:20]}… is out of range")
        return number


class LongInteger(Numeral):
    """An integer of more than 15 digits, which JSON readers elsewhere would round."""


def parse(data: bytes) -> Any:
    """Strict JSON of UTF-8 bytes. Raises the 400 that says what is wrong."""
    try:
        parsed = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_object,
            parse_float=Numeral,
            parse_int=_integer,
            parse_constant=_refuse_constant,
        )
        _refuse_hidden(parsed, _DEEPEST)
    except RecursionError:
        raise malformed(f"the nesting is deeper than {_DEEPEST}") from None
    except UnicodeDecodeError as error:
        raise malformed("the body is not UTF-8") from error
    except ValueError as error:
        raise malformed(str(error)) from error
    return parsed


def canonical(parsed: Any) -> bytes:
    """The same bytes for the same content, whatever its order of keys and white space."""
    return orjson.dumps(parsed, default=lambda numeral: numeral.text, option=orjson.OPT_SORT_KEYS)


def malformed(detail: str) -> falcon.HTTPBadRequest:
    """The 400 for a body that cannot be read."""
    description = f"The body cannot be read: {detail}."
    return falcon.HTTPBadRequest(title="Malformed body", description=description)


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    parsed = dict(pairs)
    if len(parsed) < len(pairs):
        raise ValueError("an object has the same key twice")
    return parsed


def _integer(text: str) -> int | Numeral:
    return int(text) if len(text.lstrip("-")) <= _LONGEST_INTEGER else LongInteger(text)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _refuse_hidden(value: Any, depth: int) -> None:
    """Refuse what PostgreSQL or other readers of the JSON could not take."""
    if isinstance(value, str):
        _refuse_text(value)
    elif isinstance(value, dict | list):
        if depth == 0:
            raise ValueError(f"the nesting is deeper than {_DEEPEST}")
        if isinstance(value, dict):
            for key in value:
                _refuse_text(key)
        for item in value.values() if isinstance(value, dict) else value:
            _refuse_hidden(item, depth - 1)


def _refuse_text(text: str) -> None:
    if "\0" in text:
        raise ValueError("a text contains NUL")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("a text contains half of a surrogate pair")
