"""Small builders that tests of every layer share."""

import secrets
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from domain.account import ALL_SCOPES
from domain.demographics import Demographics
from domain.document import Evidence
from domain.events import Metadata
from domain.observation import Observation, VariableKind
from domain.patient import Patient
from domain.variable import DateVariableDefinition, VariableDefinition
from service.bootstrap import Services, build
from service.context import Context, Idempotency, Principal
from service.patients import ValueIn
from service.resource import Resource
from service.settings import Settings


def metadata(**changes: Any) -> Metadata:
    """What a test's events carry when it does not matter."""
    return replace(
        Metadata("key:7", "rest", account_id=1, request_id="req-1", release="0.1.0"), **changes
    )


def chart(number: int = 1, **demographics: Any) -> Patient:
    """A registered patient of account 1 without values."""
    return Patient.register(number, 1, Demographics(**demographics), metadata())


def observation(
    id: int,
    value: str = "7.2",
    day: str = "2025-03-01",
    *,
    variable_id: int = 11,
    kind: VariableKind = "number",
    source: str = "manual",
    **changes: Any,
) -> Observation:
    """A value of variable 11 on the first of March 2025."""
    return Observation(id, variable_id, kind, value, day, source, **changes)


def evidence(note: str | None = None, pdf_page: int | None = None, **place: Any) -> Evidence:
    """Where a value stands; `place` may name `highlight` and `document_id`."""
    return Evidence(note, pdf_page, **place)


@dataclass(frozen=True)
class Tenant:
    """One account with the key that opened it, and the commands tests need most."""

    services: Services
    context: Context
    secret: str

    @property
    def account_id(self) -> int:
        """The account's public id."""
        return self.context.principal.account_id

    def asks(self, **changes: Any) -> Context:
        """The context of another request of this account."""
        return replace(self.context, request_id=secrets.token_hex(4), **changes)

    def register(self, **demographics: Any) -> int:
        """A new patient's id."""
        shown = self.services.patients.register(self.asks(), Demographics(**demographics))
        return int(shown.id)

    def variable(self, name: str = "HbA1c", **definition: Any) -> int:
        """A new numerical variable's id."""
        sent = VariableDefinition(name, **definition)
        return int(self.services.variables.define(self.asks(), sent).id)

    def date_variable(self, name: str = "Visit", **definition: Any) -> int:
        """A new date variable's id."""
        sent = DateVariableDefinition(name, **definition)
        return int(self.services.variables.define(self.asks(), sent).id)

    def metric(self, *formula: str, name: str = "Metric", **definition: Any) -> int:
        """A new metric's id."""
        sent = {"name": name, "calculation_formula": formula, **definition}
        return int(self.services.metrics.define(self.asks(), sent).id)

    def put(
        self,
        patient_id: int,
        variable_id: int,
        value: str | None,
        *,
        kind: VariableKind = "number",
        **sent: Any,
    ) -> Resource:
        """PUT a value in its place."""
        return self.services.patients.put_value(
            self.asks(), patient_id, kind, variable_id, ValueIn(value, **sent)
        )

    def add(
        self,
        patient_id: int,
        variable_id: int,
        value: str,
        *,
        kind: VariableKind = "number",
        **sent: Any,
    ) -> Resource:
        """POST a value beside the others."""
        return self.services.patients.add_observation(
            self.asks(), patient_id, kind, variable_id, ValueIn(value, **sent)
        )


def services_on(database_url: str, data_dir: Path) -> Services:
    """The services of one process on a migrated database; the caller closes them."""
    return build(Settings(data_dir=data_dir), database_url=database_url)


def tenant(services: Services, name: str = "North Clinic", zone: str = "UTC") -> Tenant:
    """A new account."""
    account_id, key = services.keys.open_account(name, zone, "req-open")
    principal = Principal(account_id, zone, frozenset(ALL_SCOPES), key.id)
    return Tenant(services, Context(principal, "req-1"), key.secret)


def idempotency(key: str = "k-1", body: str = "body") -> Idempotency:
    """A promise to repeat nothing, whose scope is the key and whose fingerprint is the body."""
    return Idempotency(
        key,
        scope=key.encode().ljust(32, b"."),
        fingerprint=body.encode().ljust(32, b"."),
        render=lambda resource: orjson.dumps({"id": resource.id, "version": resource.version}),
    )
