"""Request bodies: read within their limit, parsed strictly, and fingerprinted."""

import hashlib
import json
from collections.abc import Sequence
from math import isfinite
from typing import Any, NoReturn, Protocol

import falcon
import orjson

from api.request import Request
from domain.errors import TooLarge

_DEEPEST = 64
_LONGEST_INTEGER = 15
_CHUNK = 1 << 16
_JSON_TYPES = frozenset({"", "application/json", "text/json"})


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


class Readable(Protocol):
    """What a body is read from."""

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes, fewer only at the end."""
        ...


class Body:
    """The bytes of a request, with a Content-Length or chunked, up to a limit.

    Raises TooLarge at once when the announced length is above it, else when it is passed.
    """

    def __init__(self, req: Request, limit: int) -> None:
        if (req.content_length or 0) > limit:
            raise TooLarge(f"The body is larger than {limit} bytes.")
        self._stream = _stream_of(req)
        self._limit = limit
        self._left = limit

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes; all of them without a size."""
        if size is None or size < 0:
            return b"".join(iter(lambda: self.read(_CHUNK), b""))
        piece = self._stream.read(min(size, self._left + 1))
        self._left -= len(piece)
        if self._left < 0:
            raise TooLarge(f"The body is larger than {self._limit} bytes.")
        return piece


def read_json(req: Request, limit: int) -> Any:
    """The parsed body; None when there is none. Sets the fingerprint of the request.

    Numbers with a fraction, an exponent or more than 15 digits come as Numeral.
    400 for what is not JSON or is JSON that readers disagree about; 415 for another media type.
    """
    media_type = media_type_of(req)
    if media_type not in _JSON_TYPES and not media_type.endswith("+json"):
        raise unsupported("application/json")
    data = Body(req, limit).read()
    if not data.strip():
        return None
    parsed = parse(data)
    req.context.fingerprint = hashlib.sha256(canonical(parsed)).digest()
    return parsed


def media_type_of(req: Request) -> str:
    """The media type without its parameters, in lower case; empty when none is named."""
    return (req.content_type or "").partition(";")[0].strip().lower()


def unsupported(*expected: str) -> falcon.HTTPUnsupportedMediaType:
    """The 415 that names what is read here."""
    return falcon.HTTPUnsupportedMediaType(description=f"Send {' or '.join(expected)}.")


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
    return falcon.HTTPBadRequest(title="Malformed body", description=f"Malformed body: {detail}.")


def _stream_of(req: Request) -> Readable:
    if req.content_length is None and req.env.get("wsgi.input_terminated"):
        terminated: Readable = req.env["wsgi.input"]
        return terminated
    return req.bounded_stream


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
