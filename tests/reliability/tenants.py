"""Accounts with one of everything, and requests made from the service's own description."""

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any
from urllib.parse import urlencode

from reportlab.pdfgen.canvas import Canvas

from tests.reliability.http_client import Answer, Client, form
from tests.reliability.waiting import wait_until

UNKNOWN = {"document_id": "pdf_unknown", "tile": "63/999"}
SHARED: dict[str, int | str] = {"tile": "0/000.p/1", "page": 1}
"""Parts of a path that belong to no account."""
UNKNOWN_NUMBER = 999_999_999


@dataclass(frozen=True)
class Tenant:
    """An account: its client, the ids of what it has, and words that nobody else may see."""

    client: Client
    ids: Mapping[str, int | str]
    canaries: tuple[str, ...]

    @classmethod
    def populate(cls, client: Client, word: str, dob: str) -> "Tenant":
        """Fill an account with one of everything, each with a canary made of `word`."""
        made: dict[str, Any] = {**SHARED}
        variable = client.make("/variables", {"name": f"{word} variable"})
        made["variable_id"] = variable["id"]
        date_variable = client.make("/date-variables", {"name": f"{word} date"})
        made["date_variable_id"] = date_variable["id"]
        metric = client.make(
            "/metrics", {"name": f"{word} metric", "calculation_formula": ["count(patients)"]}
        )
        made["metric_id"] = metric["id"]
        made["report_id"] = client.make("/cms-reports", {})["id"]
        patient = client.make("/patients", {
            "name": f"{word} patient", "dob": dob, "sex": f"{word} sex", "race": f"{word} race",
            "external_id": f"{word}-mrn", "additional_variables": {"note": f"{word} additional"},
        })  # fmt: skip
        made["patient_id"] = patient["id"]
        head = client.call("HEAD", f"/patients/{patient['id']}")
        made["position"] = head.headers["x-log-position"]
        document = client.upload(patient["id"], pdf_of(f"{word} text"), f"{word}.pdf")
        made["document_id"] = document["id"]
        value = client.make(f"/patients/{patient['id']}/observations", {
            "variable_id": variable["id"], "value": f"{word} value", "note": f"{word} note",
        })  # fmt: skip
        made["observation_id"] = value["id"]
        key = client.make("/api-keys", {"name": f"{word} key", "scopes": ["patients:read"]})
        made["key_id"] = key["id"]
        lines = json.dumps({"name": f"{word} imported", "dob": f"{word} bad day"}).encode()
        headers = {"Content-Type": "application/x-ndjson"}
        made["job_id"] = client.call("POST", "/imports", lines, headers).data["id"]
        tenant = cls(client, made, (word, word.lower(), dob))
        wait_until(tenant.is_settled, "document and import are done, and a checkpoint is signed")
        return tenant

    def is_settled(self) -> bool:
        """Whether the worker has done everything."""
        document = self.client.get(f"/documents/{self.ids['document_id']}")
        job = self.client.get(f"/jobs/{self.ids['job_id']}")
        signed = self.client.call("GET", "/transparency/checkpoint").status
        return (document["status"], job["status"], signed) == ("ready", "succeeded", 200)


@dataclass(frozen=True)
class Operation:
    """One operation of the description."""

    method: str
    path: str
    scope: str | None
    fields: tuple[str, ...]
    query: str
    content_type: str | None
    body: Any = field(hash=False)
    optional: frozenset[str] = frozenset()

    def past(self, instant: str) -> Iterator["Operation"]:
        """The same of each moment that it can be asked for; none where it only knows now."""
        moments = {"as_of": instant, "version": "1"}
        for name in self.optional & moments.keys():
            yield replace(self, query=f"{self.query}&{urlencode({name: moments[name]})}")

    @property
    def name(self) -> str:
        """For messages."""
        return f"{self.method} {self.path}"

    def send(
        self, client: Client, ids: Mapping[str, int | str], body: Any = None, **headers: str
    ) -> Answer:
        """Ask with these ids in the path, and with a body that breaks no rule."""
        path = self.path
        for name in self.fields:
            path = path.replace(f"{{{name}}}", str(ids[self.kind_of(name)]))
        content_type, content = self.content() if body is None else (self.content_type, body)
        sent = {"Content-Type": content_type or "application/json", **headers}
        return client.call(self.method, f"{path}?{self.query}", content, sent)

    def content(self) -> tuple[str | None, Any]:
        """Content type and body."""
        if self.content_type == "multipart/form-data":
            return form(pdf_of("x"), "x.pdf")
        if self.content_type == "application/x-ndjson":
            return self.content_type, b'{"name": "x"}'
        return self.content_type, self.body

    def mixtures(self, own: Tenant, other: Tenant) -> Iterator[dict[str, int | str]]:
        """The ids of the path in all ways in which at least one is the other's."""
        kinds = [self.kind_of(name) for name in self.fields if name not in SHARED]
        for owners in product((own, other), repeat=len(kinds)):
            if other in owners:
                ids = {kind: owner.ids[kind] for kind, owner in zip(kinds, owners, strict=True)}
                yield {**SHARED, **ids}

    def unknown(self) -> dict[str, int | str]:
        """Ids that nothing has."""
        kinds = map(self.kind_of, self.fields)
        return {kind: UNKNOWN.get(kind, UNKNOWN_NUMBER) for kind in kinds}

    def kind_of(self, name: str) -> str:
        """What the field `name` of the path is the id of."""
        is_date = name == "variable_id" and "date-variables" in self.path
        return "date_variable_id" if is_date else name


def operations_of(tenant: Tenant) -> list[Operation]:
    """Everything that the service says can be asked with a key; ids in bodies are the tenant's."""
    description = json.loads(tenant.client.call("GET", "/openapi.json").body)
    return [
        _operation(description, path, method, told, tenant.ids)
        for path, methods in description["paths"].items()
        for method, told in methods.items()
        if "x-scope" in told
    ]


def _operation(
    description: Any, path: str, method: str, told: Any, ids: Mapping[str, int | str]
) -> Operation:
    parameters = told.get("parameters", ())
    fields = tuple(p["name"] for p in parameters if p["in"] == "path")
    required = [p for p in parameters if p["in"] == "query" and p.get("required")]
    query = urlencode({p["name"]: example(description, p["schema"]) for p in required})
    optional = {p["name"] for p in parameters if p["in"] == "query" and not p.get("required")}
    content = told.get("requestBody", {}).get("content", {})
    content_type = next(iter(content), None)
    body = None
    if content_type == "application/json":
        body = example(description, content[content_type]["schema"])
        body |= {name: ids[name] for name in body.keys() & ids.keys()}
    return Operation(
        method.upper(), path, told["x-scope"], fields, query, content_type, body,
        frozenset(optional),
    )  # fmt: skip


def example(description: Any, schema: Any) -> Any:
    """The smallest value that a schema allows."""
    if "$ref" in schema:
        return example(description, description["components"]["schemas"][schema["$ref"][21:]])
    if "example" in schema:
        return schema["example"]
    for word in ("anyOf", "oneOf"):
        if word in schema and "type" not in schema:
            return example(description, schema[word][0])
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        required = {*schema.get("required", ())}
        for word in ("anyOf", "oneOf"):
            required |= {*schema.get(word, [{}])[0].get("required", ())}
        return {name: example(description, schema["properties"][name]) for name in required}
    if kind == "array":
        return [example(description, schema["items"])] * schema.get("minItems", 0)
    return {"integer": 1, "number": 1, "boolean": False}.get(kind, "x")


def pdf_of(text: str) -> bytes:
    """One page with a line of text."""
    content = io.BytesIO()
    canvas = Canvas(content)
    canvas.drawString(72, 720, text)
    canvas.save()
    return content.getvalue()
