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


class Variables:
    """One method per command: load, tell, save."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def define(self, context: Context, definition: VariableDefinition) -> Resource:
        """A new numerical variable."""
        number = self._application.next_id()
        account_id = context.principal.account_id
        variable = Variable.define(number, account_id, definition, context.metadata())
        return self._application.create(
            context, [variable], lambda r, s: _shown(r, "number", number)
        )

    def define_date(self, context: Context, definition: DateVariableDefinition) -> Resource:
        """A new date variable."""
        number = self._application.next_id()
        account_id = context.principal.account_id
        variable = DateVariable.define(number, account_id, definition, context.metadata())
        return self._application.create(context, [variable], lambda r, s: _shown(r, "date", number))

    def change(self, context: Context, variable_id: int, changes: dict[str, Any]) -> Resource:
        """Replace the fields of a numerical variable that are in `changes`."""

        def tell(variable: Variable) -> None:
            variable.change(replace(variable.definition, **changes), context.metadata())

        return self._application.change(
            context,
            Variable,
            variable_id,
            tell,
            lambda r, s, v, t: _shown(r, "number", variable_id),
        )

    def change_date(self, context: Context, variable_id: int, changes: dict[str, Any]) -> Resource:
        """Replace the fields of a date variable that are in `changes`."""

        def tell(variable: DateVariable) -> None:
            variable.change(replace(variable.definition, **changes), context.metadata())

        return self._application.change(
            context,
            DateVariable,
            variable_id,
            tell,
            lambda r, s, v, t: _shown(r, "date", variable_id),
        )


def _shown(reader: Reader, kind: VariableKind, variable_id: int) -> Resource:
    record = find_variable(reader, kind, variable_id)
    if record is None:
        raise NotFound(f"There is no variable {variable_id}.")
    return Resource(record.id, record.version, record.position, record)
