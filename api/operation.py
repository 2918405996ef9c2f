"""One thing a client can do, with everything that routing, access and documentation need."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from api.parameters import Parameter, flag
from api.schemas.base import Strict
from api.shapes.base import Shape
from domain.account import Scope

FIELD = re.compile(r"\{(\w+)(?::(\w+))?\}")
"""A field of a path: its name, and the name of its converter."""
OF_PATIENTS = frozenset({Scope.PATIENTS_READ, Scope.PATIENTS_WRITE, Scope.AUDIT_READ})
ENVELOPE = flag("envelope", "false: the bare object or array, without meta.", default=True)


@dataclass(frozen=True)
class Operation:
    """`scope` is what the key needs; None means that no key is needed at all.

    `resource` and `suffix` name the responder, `on_<method>_<suffix>` of that resource.
    `body` is the schema of what is sent, or several that it must be one of.
    `answer` is what `data` holds; without it the answer is a file. `download_types` are the other
    ways to write an answer, as files. `shows_patients` is said where the scope does not tell.
    """

    id: str
    method: str
    path: str
    resource: str
    suffix: str
    scope: Scope | None
    tag: str
    summary: str
    answer: type[Shape] | None = None
    status: int = 200
    is_list: bool = False
    is_conditional: bool = False
    is_bare: bool = False
    query: tuple[Parameter, ...] = ()
    body: tuple[type[Strict], ...] = ()
    body_kind: Literal["json", "upload", "import"] = "json"
    is_body_optional: bool = False
    is_partial: bool = False
    media_types: tuple[str, ...] = ("application/json",)
    download_types: tuple[str, ...] = ()
    errors: tuple[int, ...] = ()
    shows_patients: bool | None = None

    @property
    def is_recorded(self) -> bool:
        """Whether each use leaves a record in the access log: what a key that reads or writes
        patients, or audits, can ask for, and whatever else says that it shows patients."""
        return self.scope in OF_PATIENTS if self.shows_patients is None else self.shows_patients

    @cached_property
    def route(self) -> str:
        """The path as OpenAPI writes it, such as /patients/{patient_id}."""
        return FIELD.sub(r"{\1}", self.path)

    @property
    def is_enveloped(self) -> bool:
        """Whether the answer comes in the envelope, unless a client declines it."""
        return self.answer is not None and not self.is_bare

    @property
    def is_command(self) -> bool:
        """Whether it changes something, so that it takes Idempotency-Key and If-Match."""
        return self.method != "GET"

    @cached_property
    def parameters(self) -> Mapping[str, Parameter]:
        """Its query parameters by name."""
        common = (ENVELOPE,) if self.is_enveloped else ()
        return {parameter.name: parameter for parameter in (*self.query, *common)}
