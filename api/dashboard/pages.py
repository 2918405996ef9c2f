"""Pages out of templates, and the files that they need."""

import gzip
import hashlib
from datetime import datetime
from importlib import resources
from typing import Any

import falcon
import orjson
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from api.dashboard import charts
from api.dashboard.navigation import navigation
from api.dashboard.request import DashboardRequest
from domain.errors import NotFound
from service.context import RELEASE

_MEDIA = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8",
          "svg": "image/svg+xml"}  # fmt: skip
FILES = {
    "pico.css": "vendor/pico-2.1.1/pico.min.css",
    "htmx.js": "vendor/htmx-2.0.11/htmx.min.js",
    "dashboard.css": "dashboard.css",
    "dashboard.js": "dashboard.js",
    "favicon.svg": "favicon.svg",
}


class Static:
    """The files of all pages, compressed once, under a path that changes when they do."""

    def __init__(self) -> None:
        root = resources.files("api.dashboard").joinpath("static")
        self._files = {name: root.joinpath(path).read_bytes() for name, path in FILES.items()}
        self._compressed = {n: gzip.compress(b, 9, mtime=0) for n, b in self._files.items()}
        self.version = hashlib.sha256(b"".join(self._files.values())).hexdigest()[:16]

    def url(self, name: str) -> str:
        """Where a page finds the file."""
        return f"/dashboard/static/{self.version}/{name}"

    def answer(self, req: DashboardRequest, resp: falcon.Response, name: str) -> None:
        """Write the file. Raises NotFound."""
        if name not in self._files:
            raise NotFound("There is no such file.")
        resp.content_type = _MEDIA[name.rpartition(".")[2]]
        resp.set_headers(
            {"cache-control": "public, max-age=31536000, immutable", "vary": "Accept-Encoding"}
        )
        if "gzip" in (req.get_header("Accept-Encoding") or ""):
            resp.set_header("content-encoding", "gzip")
            resp.data = self._compressed[name]
        else:
            resp.data = self._files[name]


class Pages:
    """Renders templates; whatever is put into one is escaped."""

    def __init__(self) -> None:
        self.static = Static()
        self._environment = Environment(
            loader=PackageLoader("api.dashboard"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters["instant"] = instant
        self._environment.globals.update(
            static=self.static.url, release=RELEASE, charts=charts, navigation=navigation
        )

    def show(
        self, req: DashboardRequest, resp: falcon.Response, template: str, **data: Any
    ) -> None:
        """Make the response this page. `data` needs what the template names."""
        signed_in = req.context.signed_in
        resp.content_type = "text/html; charset=utf-8"
        resp.text = self._environment.get_template(template).render(
            {
                "signed_in": signed_in,
                "csrf": signed_in.csrf_token if signed_in else "",
                "path": req.path,
                "done": req.get_param("done"),
                "request_id": req.context.request_id,
                **data,
            }
        )


def as_dict(rendered: orjson.Fragment) -> dict[str, Any]:
    """What was rendered as JSON already, for a template."""
    body: dict[str, Any] = orjson.loads(orjson.dumps(rendered))
    return body


def instant(value: datetime | str | None) -> Markup:
    """An instant in UTC to the minute, with the exact one behind it; a dash for none."""
    if value is None:
        return Markup("&ndash;")
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    exact, shown = moment.isoformat(), f"{moment:%Y-%m-%d %H:%M}"
    return Markup('<time datetime="{}" title="{} UTC">{}</time>').format(exact, exact, shown)
