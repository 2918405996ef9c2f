"""Commands on variables and date variables."""

from dataclasses import replace
from typing import Any

from domain.errors import NotFound
from domain.observation import VariableKind
from domain.variable import (
    DateVariable,
    DateVariableDefinition,
    Variable,
    VariableDefinition,
)
from projections.database import Reader
from projections.definitions import find_variable
from service.application import Application
from service.context import Context
from service.resource import Resource

_AGGREGATES: dict[VariableKind, type[Variable] | type[DateVariable]] = {
    "number": Variable,
    "date": DateVariable,
}


class Variables:
    """One method per command: load, tell, save."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def define(
        self, context: Context, definition: VariableDefinition | DateVariableDefinition
    ) -> Resource:
        """A new variable of the kind that is defined."""
        kind: VariableKind = "number" if isinstance(definition, VariableDefinition) else "date"
        number = self._application.next_id()
        variable = _AGGREGATES[kind].define(
            number, context.principal.account_id, definition, context.metadata()
        )
        return self._application.create(
            context, [variable], lambda reader, saved: _shown(reader, kind, number)
        )

    def change(
        self, context: Context, kind: VariableKind, variable_id: int, changes: dict[str, Any]
    ) -> Resource:
        """Replace the fields that are in `changes`; the others keep their values."""

        def tell(variable: Variable | DateVariable) -> None:
            variable.change(replace(variable.definition, **changes), context.metadata())

        return self._application.change(
            context,
            _AGGREGATES[kind],
            variable_id,
            tell,
            lambda reader, saved, variable, told: _shown(reader, kind, variable_id),
        )


def _shown(reader: Reader, kind: VariableKind, variable_id: int) -> Resource:
    record = find_variable(reader, kind, variable_id)
    if record is None:
        raise NotFound(f"There is no variable {variable_id}.")
    return Resource(record.id, record.version, record.position, record)
