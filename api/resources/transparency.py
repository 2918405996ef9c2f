"""The transparency log over HTTP: checkpoints, keys, tiles and proofs (docs/transparency.md)."""

import hashlib
from typing import Any

import falcon

from api.answers import answer_data, answer_list, is_known, last_position
from api.pagination import paging_of
from api.request import Request, principal_of
from domain.clinical_time import instant
from domain.errors import NotFound
from domain.transparency.note import encode
from domain.transparency.tiles import parse
from projections.transparency import LogKey, StoredCheckpoint
from service.bootstrap import Services

_FOR_EVER = "private, max-age=31536000, immutable"


class Transparency:
    """The same for every account, but for proofs: those are of one's own events."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._transparency = services.transparency

    def on_get_checkpoint(self, req: Request, resp: falcon.Response) -> None:
        resp.content_type = "text/plain; charset=utf-8"
        resp.data = self._transparency.checkpoint().note.encode()

    def on_get_checkpoints(self, req: Request, resp: falcon.Response) -> None:
        paging, position = paging_of(req.context.query), last_position(self._services)
        total, found = self._transparency.checkpoints(paging.limit, paging.offset, paging.after_id)
        items = [_checkpoint(each) for each in found]
        answer_list(req, resp, paging, total, items, position, [each.size for each in found])

    def on_get_keys(self, req: Request, resp: falcon.Response) -> None:
        paging, position = paging_of(req.context.query), last_position(self._services)
        keys = self._transparency.public_keys()
        page = keys[paging.offset : paging.offset + paging.limit]
        answer_list(req, resp, paging, len(keys), [_key(each) for each in page], position)

    def on_get_tile(self, req: Request, resp: falcon.Response, tile: str) -> None:
        try:
            named = parse(tile)
        except ValueError as error:
            raise NotFound("There is no such tile.") from error
        content = self._transparency.tile(named)
        tag = hashlib.sha256(content).hexdigest()[:32]
        resp.set_headers({"etag": f'"{tag}"', "cache-control": _FOR_EVER})
        if is_known(req, tag):
            resp.status = 304
        else:
            resp.content_type = "application/octet-stream"
            resp.data = content

    def on_get_inclusion(self, req: Request, resp: falcon.Response, position: int) -> None:
        size = req.context.query.get("size")
        proof = self._transparency.inclusion(principal_of(req), position, size)
        shown = {
            "position": str(position),
            "entry": encode(proof.entry),
            "leaf_index": proof.leaf_index,
            "size": proof.size,
            "hashes": [encode(each) for each in proof.hashes],
            "checkpoint": _checkpoint(proof.checkpoint),
        }
        answer_data(req, resp, shown, proof.size)

    def on_get_consistency(self, req: Request, resp: falcon.Response) -> None:
        query = req.context.query
        proof = self._transparency.consistency(query["from"], query.get("to"))
        shown = {
            "first": proof.first,
            "second": proof.second,
            "hashes": [encode(each) for each in proof.hashes],
            "checkpoints": {
                "first": _checkpoint(proof.first_checkpoint),
                "second": _checkpoint(proof.second_checkpoint),
            },
        }
        answer_data(req, resp, shown, proof.second)


def _checkpoint(checkpoint: StoredCheckpoint | None) -> dict[str, Any] | None:
    if checkpoint is None:
        return None
    return {
        "size": checkpoint.size,
        "root": encode(checkpoint.root),
        "signed_at": instant(checkpoint.signed_at),
        "key_id": checkpoint.key_id.hex(),
        "note": checkpoint.note,
    }


def _key(key: LogKey) -> dict[str, Any]:
    return {
        "key_id": key.key.key_id.hex(),
        "vkey": key.key.text,
        "valid_from": instant(key.valid_from),
        "retired_at": instant(key.retired_at) if key.retired_at else None,
        "handover": key.handover,
    }
