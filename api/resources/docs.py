"""The documentation that the service brings along: OpenAPI, Swagger UI, and the problem types."""

import hashlib
from importlib import resources
from typing import Any

import falcon

from api.answers import answer_data, is_known
from api.problems import BY_SLUG
from api.request import Request
from domain.errors import NotFound

_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_UI = "swagger-ui-5.35.0"
FILES = {
    "index.html": ("docs.html", "text/html; charset=utf-8"),
    "docs.js": ("docs.js", "text/javascript"),
    "swagger-ui-bundle.js": (f"{_UI}/swagger-ui-bundle.js", "text/javascript"),
    "swagger-ui.css": (f"{_UI}/swagger-ui.css", "text/css"),
}


class Docs:
    """Everything here is public and the same for everybody."""

    def __init__(self, specification: bytes) -> None:
        self._specification = specification
        root = resources.files("api").joinpath("static")
        self._files = {
            name: (root.joinpath(path).read_bytes(), media_type)
            for name, (path, media_type) in FILES.items()
        }

    def on_get_openapi(self, req: Request, resp: falcon.Response) -> None:
        _answer_file(req, resp, self._specification, "application/json")

    def on_get_page(self, req: Request, resp: falcon.Response) -> None:
        resp.set_header("content-security-policy", _CSP)
        _answer_file(req, resp, *self._files["index.html"])

    def on_get_file(self, req: Request, resp: falcon.Response, file: str) -> None:
        if file not in self._files:
            raise NotFound("There is no such file.")
        _answer_file(req, resp, *self._files[file])

    def on_get_problem(self, req: Request, resp: falcon.Response, slug: str) -> None:
        problem = BY_SLUG.get(slug)
        if problem is None:
            raise NotFound("There is no such problem.")
        shown: dict[str, Any] = {
            "slug": slug, "title": problem.title, "status": problem.status
        }  # fmt: skip
        answer_data(req, resp, shown, None)


def _answer_file(req: Request, resp: falcon.Response, content: bytes, media_type: str) -> None:
    tag = hashlib.sha256(content).hexdigest()[:32]
    resp.set_headers({"etag": f'"{tag}"', "cache-control": "public, max-age=300"})
    if is_known(req, tag):
        resp.status = 304
    else:
        resp.content_type = media_type
        resp.data = content
