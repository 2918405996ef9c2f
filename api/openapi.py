"""OpenAPI 3.1 out of the operations table and the schemas: `python -m api.openapi`."""

import sys
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any

import orjson
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema

from api.fields import LARGEST_ID
from api.operation import FIELD, Operation
from api.operations import OPERATIONS, TAGS
from api.parameters import NO_NUL
from api.problems import BY_SLUG
from api.resources.docs import FILES
from api.shapes import frame
from service.context import RELEASE

_INFO = {
    "description": (
        "Event-sourced clinical quality reporting. Every reported number can be followed back to"
        " its evidence. Lists come in pages, errors as problem documents (RFC 9457), and each"
        " answer says which position of the log it reflects."
    ),
    "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
}
_ID = {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}
_PATHS: dict[str, dict[str, Any]] = {
    "document_id": {"type": "string", "pattern": "^pdf_[0-9A-Za-z]{1,64}$"},
    "file": {"type": "string", "enum": sorted(FILES)},
    "slug": {"type": "string", "enum": sorted(BY_SLUG)},
    "tile": {
        "type": "string",
        "pattern": r"^[0-9]{1,2}(/x[0-9]{3}){0,5}/[0-9]{3}(\.p/[1-9][0-9]{0,2})?$",
        "example": "0/000.p/1",
    },
}
_HEADERS = {
    "Idempotency-Key": (
        {"type": "string", "pattern": "^[!-~]{1,255}$", "minLength": 1, "maxLength": 255},
        "A repeat of the same request within 24 hours gets the first answer.",
    ),
    "If-Match": ({"type": "string"}, "The ETag that was seen; 412 when it is another now."),
    "If-None-Match": ({"type": "string"}, "An ETag that is known; 304 when it still holds."),
}
_ANSWER_HEADERS = {
    "X-Request-ID": "Names this request in logs and in the history.",
    "X-Log-Position": "The position of the log that the answer reflects.",
    "ETag": "Version and position of the body.",
    "Location": "Where the new resource is.",
    "Link": "The first, previous, next and last page.",
    "X-Total-Count": "How many there are in all.",
    "Allow": "The methods there are.",
    "Retry-After": "When to try again, in seconds.",
    "WWW-Authenticate": "How to authenticate.",
}
_OF_STATUS = {
    401: ("WWW-Authenticate",), 405: ("Allow",), 429: ("Retry-After",), 503: ("Retry-After",)
}  # fmt: skip


def specification() -> bytes:
    """The description of the whole API as JSON."""
    return orjson.dumps(describe(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)


def describe() -> dict[str, Any]:
    """The description of the whole API."""
    spec = APISpec("Attestor", RELEASE, "3.1.0", info=_INFO, plugins=[MarshmallowPlugin(_name)])
    for tag in TAGS:
        spec.tag({"name": tag})
    for scheme in (
        {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        {"type": "http", "scheme": "bearer"},
    ):
        spec.components.security_scheme(str(scheme["type"]), scheme)
    for operation in OPERATIONS:
        spec.path(operation.route, operations={operation.method.lower(): _operation(operation)})
    for status in _statuses():
        spec.components.response(_response_name(status), _problem(status))
    described: dict[str, Any] = spec.to_dict()
    _add_rules(described["components"]["schemas"])
    return described


def _name(schema: type[Schema] | Schema) -> str:
    known = schema if isinstance(schema, type) else type(schema)
    is_partial = isinstance(schema, Schema) and bool(schema.partial)
    return known.__name__ + ("Changes" if is_partial else "")


def _operation(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.summary,
        "tags": [operation.tag],
        "parameters": [*_path_parameters(operation), *_query(operation), *_header(operation)],
        "responses": {str(operation.status): _success(operation), **_errors(operation)},
        "security": [{"apiKey": []}, {"http": []}] if operation.scope else [],
    }
    if operation.scope:
        described["description"] = f"Needs the scope `{operation.scope}`."
        described["x-scope"] = str(operation.scope)
    if operation.body or operation.body_kind != "json":
        described["requestBody"] = {
            "required": not operation.is_body_optional,
            "content": _content(operation),
        }
    return described


def _path_parameters(operation: Operation) -> Iterator[dict[str, Any]]:
    for name, _ in FIELD.findall(operation.path):
        yield {"name": name, "in": "path", "required": True, "schema": _PATHS.get(name, _ID)}


def _query(operation: Operation) -> Iterator[dict[str, Any]]:
    for parameter in operation.parameters.values():
        yield {
            "name": parameter.name,
            "in": "query",
            "required": parameter.is_required,
            "schema": dict(parameter.schema),
            "description": parameter.description,
        }


def _header(operation: Operation) -> Iterator[dict[str, Any]]:
    names = ["Idempotency-Key", "If-Match"] if operation.is_command else []
    if operation.is_conditional:
        names = ["If-None-Match"]
    for name in names:
        schema, description = _HEADERS[name]
        yield {"name": name, "in": "header", "schema": schema, "description": description}


def _content(operation: Operation) -> dict[str, Any]:
    if operation.body_kind == "upload":
        form = {
            "type": "object",
            "required": ["file"],
            "properties": {
                "file": {"type": "string", "contentMediaType": "application/pdf"},
                "filename": {"type": "string", "maxLength": 255, "pattern": NO_NUL},
            },
            "additionalProperties": False,
        }
        return {"multipart/form-data": {"schema": form}}
    if operation.body_kind == "import":
        return {name: {"schema": {}} for name in ("application/x-ndjson", "text/csv")}
    schemas = [body(partial=operation.is_partial or None) for body in operation.body]
    schema: Any = {"oneOf": schemas} if len(schemas) > 1 else schemas[0]
    return {"application/json": {"schema": schema}}


def _success(operation: Operation) -> dict[str, Any]:
    schema: Any = {"type": "string"}
    if operation.answer is not None:
        schema = _enveloped(operation) if operation.is_enveloped else operation.answer
    names = ["X-Request-ID"]
    if operation.is_list:
        names += ["X-Log-Position", "Link", "X-Total-Count"]
    if operation.is_command or operation.is_conditional:
        names += ["X-Log-Position", "ETag"]
    if operation.status in (201, 202):
        names += ["Location"]
    written = {name: {"schema": schema} for name in operation.media_types}
    files = {name: {"schema": _file(name)} for name in operation.download_types}
    return {
        "description": operation.summary,
        "headers": _answer_headers(names),
        "content": {**written, **files},
    }


def _file(media_type: str) -> dict[str, Any]:
    return {"type": "object" if media_type.endswith("+json") else "string"}


def _answer_headers(names: Iterable[str]) -> dict[str, Any]:
    return {
        name: {"schema": {"type": "string"}, "description": _ANSWER_HEADERS[name]} for name in names
    }


def _enveloped(operation: Operation) -> dict[str, Any]:
    data: Any = operation.answer
    if operation.is_list:
        data = {"type": "array", "items": operation.answer}
    parts: dict[str, Any] = {"data": data, "meta": frame.AnswerMeta}
    if operation.is_list:
        parts["pagination"] = frame.Pagination
    envelope = {"type": "object", "required": list(parts), "properties": parts}
    return {"anyOf": [envelope, data]}


def _errors(operation: Operation) -> dict[str, Any]:
    refusals = {str(status): _response_name(status) for status in _errors_of(operation)}
    described: dict[str, Any] = dict(refusals)
    if operation.is_conditional:
        described["304"] = {"description": "The known ETag still holds."}
    return described


def _errors_of(operation: Operation) -> list[int]:
    """The statuses beside success that an operation can answer with."""
    statuses = {400, 404, 405, 414, 500, *operation.errors}
    if operation.scope:
        statuses |= {401, 403, 429, 503}
    if operation.is_command:
        statuses |= {409, 412, 413, 415, 422}
    return sorted(statuses)


def _statuses() -> list[int]:
    return sorted({status for operation in OPERATIONS for status in _errors_of(operation)})


def _response_name(status: int) -> str:
    return HTTPStatus(status).phrase.title().replace(" ", "").replace("-", "")


def _problem(status: int) -> dict[str, Any]:
    names = ["X-Request-ID", *_OF_STATUS.get(status, ())]
    return {
        "description": HTTPStatus(status).phrase,
        "headers": _answer_headers(names),
        "content": {"application/problem+json": {"schema": frame.Problem}},
    }


def _add_rules(schemas: dict[str, Any]) -> None:
    """What fields alone cannot say: `extra` of the body's schema."""
    for body in {body for operation in OPERATIONS for body in operation.body}:
        if body.extra:
            schemas[body.__name__].update(body.extra)


if __name__ == "__main__":
    sys.stdout.buffer.write(specification() + b"\n")
