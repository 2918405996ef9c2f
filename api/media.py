"""Request bodies: read within their limit, and fingerprinted."""

import hashlib
from typing import Any, Protocol

import falcon
from gunicorn.http.errors import ParseException

from api.request import Request
from api.strict_json import canonical, malformed, parse
from domain.errors import TooLarge

_CHUNK = 1 << 16
_JSON_TYPES = frozenset({"", "application/json", "text/json"})


class Readable(Protocol):
    """What a body is read from."""

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes, fewer only at the end."""
        ...


class Body:
    """The bytes of a request, with a Content-Length or chunked, up to a limit.

    Raises TooLarge at once when the announced length is above it, else when it is passed, and the
    400 for a body that is not complete.
    """

    def __init__(self, req: falcon.Request, limit: int) -> None:
        if (req.content_length or 0) > limit:
            raise TooLarge(f"The body is larger than {limit} bytes.")
        self._stream = _stream_of(req)
        self._announced = req.content_length or 0
        self._limit = limit
        self._left = limit

    def read(self, size: int | None = -1, /) -> bytes:
        """The next bytes; all of them without a size."""
        if size is None or size < 0:
            return b"".join(iter(lambda: self.read(_CHUNK), b""))
        try:
            piece = self._stream.read(min(size, self._left + 1))
        except (OSError, ParseException) as error:
            raise malformed("it breaks off, or its chunks are not well-formed") from error
        self._left -= len(piece)
        if self._left < 0:
            raise TooLarge(f"The body is larger than {self._limit} bytes.")
        if size and not piece and self._limit - self._left < self._announced:
            raise malformed("it ends before its Content-Length")
        return piece


def read_json(req: Request, limit: int, *, is_optional: bool = False) -> Any:
    """The parsed body; an empty object for an optional one that is missing. Sets the fingerprint.

    Numbers with a fraction, an exponent or more than 15 digits come as Numeral.
    400 for what is not JSON or is JSON that readers disagree about; 415 for another media type.
    """
    data = Body(req, limit).read()
    if not data.strip() and is_optional:
        return {}
    media_type = media_type_of(req)
    if media_type not in _JSON_TYPES and not media_type.endswith("+json"):
        raise unsupported("application/json")
    if not data.strip():
        raise malformed("it is empty")
    parsed = parse(data)
    req.context.fingerprint = hashlib.sha256(canonical(parsed)).digest()
    return parsed


def media_type_of(req: falcon.Request) -> str:
    """The media type without its parameters, in lower case; empty when none is named."""
    return (req.content_type or "").partition(";")[0].strip().lower()


def unsupported(*expected: str) -> falcon.HTTPUnsupportedMediaType:
    """The 415 that names what is read here."""
    return falcon.HTTPUnsupportedMediaType(description=f"Send {' or '.join(expected)}.")


def _stream_of(req: falcon.Request) -> Readable:
    if req.content_length is None and req.env.get("wsgi.input_terminated"):
        terminated: Readable = req.env["wsgi.input"]
        return terminated
    return req.bounded_stream
