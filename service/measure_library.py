"""Measures from documents into an account: the variables that it lacks, then the metric."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from domain.errors import Invalid
from domain.measures.errors import Problem
from domain.measures.names import Names, VariableName, fold
from domain.measures.parser import FormulaError, parse
from domain.variable import DateVariableDefinition
from projections.database import Reader
from projections.definitions import DefinitionRecord, list_metrics, variable_names
from service.bootstrap import Services
from service.context import Context
from service.measure_document import AnyVariable, MeasureDocument, read_document
from service.metrics import formula_fault

_ALL = 1_000_000
Outcome = Literal["defined", "changed", "unchanged"]


@dataclass(frozen=True)
class MeasureLoaded:
    """What a document became: its metric, and the names of the variables that were new."""

    metric_id: int
    name: str
    version: int
    outcome: Outcome
    new_variables: tuple[str, ...]


def load_measure(context: Context, services: Services, path: Path) -> MeasureLoaded:
    """Define what a measure's TOML file says, or change the metric of that name to it.

    Loading a file again changes nothing, and one that was interrupted is finished by it. Everything
    is checked before the first write. Raises Invalid with the file and the place in it.
    """
    try:
        return _loaded(context, services, read_document(path))
    except Invalid as error:
        raise Invalid(f"{path.name}: {error.detail}", error.faults) from error


def _loaded(context: Context, services: Services, document: MeasureDocument) -> MeasureLoaded:
    account_id = context.principal.account_id
    present = _metric_named(services.database, account_id, document.metric["name"])
    references = present.body["references"] if present else {}
    names = Names(variable_names(services.database, account_id), references)
    lacking = [
        variable
        for place, variable in enumerate(document.variables)
        if not _has(names, variable, f"variables/{place}")
    ]
    _check_formula(document, names, lacking)
    for variable in lacking:
        services.variables.define(context, variable)
    new = tuple(variable.name for variable in lacking)
    name: str = document.metric["name"]
    if present is None:
        made = services.metrics.define(context, document.metric)
        return MeasureLoaded(int(made.id), name, made.version, "defined", new)
    changed = services.metrics.change(context, present.id, document.metric)
    outcome: Outcome = "unchanged" if changed.version == present.version else "changed"
    return MeasureLoaded(present.id, name, changed.version, outcome, new)


def _metric_named(database: Reader, account_id: int, name: str) -> DefinitionRecord | None:
    _, metrics = list_metrics(database, account_id, _ALL, 0)
    found = [metric for metric in metrics if fold(metric.body["name"]) == fold(name)]
    if len(found) > 1:
        numbers = ", ".join(str(metric.id) for metric in found)
        raise Invalid.field("name", f"is the name of several metrics of the account: {numbers}")
    return found[0] if found else None


def _has(names: Names, variable: AnyVariable, place: str) -> bool:
    """Whether the account has the variable. Raises Invalid when it has another of that name."""
    if not names.knows(variable.name):
        return False
    try:
        _, found = names.resolve(variable.name)
    except Problem as problem:
        raise Invalid.field(f"{place}/name", problem.message) from problem
    wanted = _named(variable, found.id)
    if wanted.kind != found.kind:
        raise Invalid.field(f"{place}/kind", f'the account has "{found.name}" as a {found.kind}')
    if wanted.is_interval != found.is_interval:
        what = "an interval" if found.is_interval else "single days"
        raise Invalid.field(f"{place}/is_interval", f'the account has "{found.name}" as {what}')
    return True


def _check_formula(document: MeasureDocument, names: Names, lacking: Sequence[AnyVariable]) -> None:
    """Read the formula as it will be read when the variables are there."""
    planned = [_named(variable, -number) for number, variable in enumerate(lacking, start=1)]
    try:
        parse(
            document.metric["calculation_formula"],
            Names([*names.by_id.values(), *planned], names.references),
        )
    except FormulaError as error:
        raise formula_fault(error) from error


def _named(variable: AnyVariable, number: int) -> VariableName:
    if isinstance(variable, DateVariableDefinition):
        return VariableName(number, "date", variable.name, variable.is_interval)
    return VariableName(number, "number", variable.name)
