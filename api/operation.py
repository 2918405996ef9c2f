"""One thing a client can do, with everything that routing, access and documentation need."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from marshmallow import Schema

from api.parameters import Parameter
from domain.account import Scope

BodyKind = Literal["json", "upload", "import"]


@dataclass(frozen=True)
class Operation:
    """`scope` is what the key needs; None means that no key is needed at all.

    `resource` and `suffix` name the responder, `on_<method>_<suffix>` of that resource.
    """

    id: str
    method: str
    path: str
    resource: str
    suffix: str
    scope: Scope | None
    tag: str
    summary: str
    answer: type[Schema] | None = None
    status: int = 200
    is_list: bool = False
    is_conditional: bool = False
    query: tuple[Parameter, ...] = ()
    body: type[Schema] | None = None
    body_kind: BodyKind = "json"
    is_body_optional: bool = False
    is_partial: bool = False
    example: Any = None
    errors: tuple[int, ...] = ()
    media_types: tuple[str, ...] = ("application/json",)
    links: Mapping[str, str] = field(default_factory=dict)

    @property
    def takes_body(self) -> bool:
        """Whether a body may be sent."""
        return self.body is not None or self.body_kind != "json"

    @property
    def is_write(self) -> bool:
        """Whether it changes something, so that it takes Idempotency-Key and If-Match."""
        return self.scope is not None and self.method in ("POST", "PUT", "DELETE")

    @property
    def allowed_query(self) -> dict[str, Parameter]:
        """Query parameters by name."""
        return {parameter.name: parameter for parameter in self.query}
