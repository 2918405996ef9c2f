"""Imports and the jobs that apply them."""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

import falcon

from api.answers import Shown, answer_command, answer_data, context_of, last_position
from api.media import Body, media_type_of, unsupported
from api.request import Request
from service.bootstrap import Services
from service.imports import ContentType

_TYPES: tuple[ContentType, ...] = ("application/x-ndjson", "text/csv")
_CHUNK = 1 << 20


class Imports:
    """Files of patients with observations, accepted now and applied by the worker."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._imports = services.imports
        self._limit = services.settings.max_import_bytes

    def on_post(self, req: Request, resp: falcon.Response) -> None:
        sent = media_type_of(req) or _TYPES[0]
        content_type = next((known for known in _TYPES if known == sent), None)
        if content_type is None:
            raise unsupported(*_TYPES)
        with _content(req, self._limit) as stream:
            answer_command(
                req,
                resp,
                lambda context: self._imports.accept(context, stream, content_type),
                lambda r: Shown(r.body, r, f"/jobs/{r.id}"),
                202,
            )

    def on_get_job(self, req: Request, resp: falcon.Response, job_id: int) -> None:
        position = last_position(self._services)
        answer_data(req, resp, self._imports.find(context_of(req), job_id), position)


@contextmanager
def _content(req: Request, limit: int) -> Iterator[BinaryIO]:
    """The body to read from. With an Idempotency-Key it is spooled, to be fingerprinted first."""
    body = Body(req, limit)
    if req.get_header("Idempotency-Key") is None:
        yield cast("BinaryIO", body)
        return
    digest = hashlib.sha256()
    with tempfile.TemporaryFile() as spool:
        while piece := body.read(_CHUNK):
            digest.update(piece)
            spool.write(piece)
        spool.seek(0)
        req.context.fingerprint = digest.digest()
        yield cast("BinaryIO", spool)
