"""Uploads: multipart forms read from the stream, the file spooled and hashed on the way."""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, cast

import falcon
from falcon.media.multipart import MultipartForm, MultipartParseError, MultipartParseOptions

from api.media import Body, Readable, media_type_of, unsupported
from api.strict_json import malformed
from domain.errors import TooLarge

_IN_MEMORY = 1 << 20
_CHUNK = 1 << 16
_FORM_OVERHEAD = 1 << 16
_LONGEST_FIELD = 1000


@dataclass(frozen=True)
class Upload:
    """A form: its one file as the browser named it, and its text fields."""

    file: BinaryIO
    filename: str
    sha256: str
    fields: dict[str, str]


@contextmanager
def read_upload(req: falcon.Request, limit: int) -> Iterator[Upload]:
    """The form of a request whose file has at most `limit` bytes; it is gone after the block.

    400 for a broken form, 413 for too large a file, 415 for another media type.
    """
    if media_type_of(req) != "multipart/form-data":
        raise unsupported("multipart/form-data")
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as spool:
        try:
            upload = _read_parts(req, cast("BinaryIO", spool), limit)
        except (MultipartParseError, UnicodeDecodeError) as error:
            raise malformed("it is not a complete multipart form") from error
        parts = [upload.sha256, upload.filename, *map(str, sorted(upload.fields.items()))]
        req.context.fingerprint = hashlib.sha256("\0".join(parts).encode()).digest()
        yield upload


def _read_parts(req: falcon.Request, spool: BinaryIO, limit: int) -> Upload:
    filename, sha256, fields = None, "", {}
    for part in _form(req, limit):
        if part.name == "file" or (part.filename is not None and filename is None):
            if filename is not None:
                raise malformed("the form has more than one file")
            filename, sha256 = part.filename or "", _spool(part.stream, spool, limit)
        elif part.name is not None:
            if part.name in fields:
                raise malformed("a field of the form is given twice")
            fields[part.name] = part.stream.read(_LONGEST_FIELD + 1).decode()
    if filename is None:
        raise malformed("the form has no file; name the part `file`")
    return Upload(spool, filename, sha256, fields)


def _form(req: falcon.Request, limit: int) -> MultipartForm:
    _, parts = falcon.parse_header(req.content_type or "")
    boundary = parts.get("boundary", "")
    if not 0 < len(boundary) <= 70 or not boundary.isascii():
        raise malformed("the Content-Type names no boundary of 1 to 70 characters")
    options = MultipartParseOptions()
    options.max_body_part_count = 10
    body = Body(req, limit + _FORM_OVERHEAD)
    return MultipartForm(body, boundary.encode(), limit + _FORM_OVERHEAD + 1, options)


def _spool(stream: Readable, spool: BinaryIO, limit: int) -> str:
    digest, size = hashlib.sha256(), 0
    while piece := stream.read(_CHUNK):
        size += len(piece)
        if size > limit:
            raise TooLarge(f"The file is larger than {limit} bytes.")
        digest.update(piece)
        spool.write(piece)
    spool.seek(0)
    return digest.hexdigest()
