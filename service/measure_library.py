"""Measures from documents into an account: the variables that it lacks, then the metric."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from domain.errors import Invalid
from domain.measures.errors import Problem
from domain.measures.names import Names, VariableName, fold
from domain.measures.parser import FormulaError, parse
from domain.metric import Metric, MetricDefinition
from domain.variable import DateVariableDefinition
from projections.definitions import list_metrics, variable_names
from projections.measures.live import metrics_for_composites
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
    name: str = document.metric["name"]
    present = _metric_named(context, services, name)
    names = Names(variable_names(services.database, context.principal.account_id))
    if present is not None and _says_the_same(present.definition, document):
        lacking = _lacking(document, names, present.definition.references)
    else:
        _refuse_renamed(document, names, present.definition.references if present else {})
        lacking = _lacking(document, names, {})
        _check_formula(context, services, document, names, lacking)
    for variable in lacking:
        services.variables.define(context, variable)
    new = tuple(variable.name for variable in lacking)
    if present is None:
        made = services.metrics.define(context, document.metric)
        return MeasureLoaded(int(made.id), name, made.version, "defined", new)
    changed = services.metrics.change(context, present.number, document.metric)
    outcome: Outcome = "unchanged" if changed.version == present.version else "changed"
    return MeasureLoaded(present.number, name, changed.version, outcome, new)


def _metric_named(context: Context, services: Services, name: str) -> Metric | None:
    _, metrics = list_metrics(services.database, context.principal.account_id, _ALL, 0)
    found = [metric.id for metric in metrics if fold(metric.body["name"]) == fold(name)]
    if len(found) > 1:
        numbers = ", ".join(map(str, found))
        raise Invalid.field("name", f"is the name of several metrics of the account: {numbers}")
    return services.application.load(context, Metric, found[0]) if found else None


def _says_the_same(definition: MetricDefinition, document: MeasureDocument) -> bool:
    """Whether the formula is the saved one, whose names mean what they meant then."""
    formula: tuple[str, ...] = document.metric["calculation_formula"]
    return tuple(definition.calculation_formula) == formula


def _lacking(
    document: MeasureDocument, names: Names, references: Mapping[str, int]
) -> list[AnyVariable]:
    """The variables that are neither in the account nor among the `references` of the metric."""
    return [
        variable
        for place, variable in enumerate(document.variables)
        if fold(variable.name) not in references and not _has(names, variable, place)
    ]


def _refuse_renamed(document: MeasureDocument, names: Names, references: Mapping[str, int]) -> None:
    """A new formula would read an empty variable in place of the one that has another name now."""
    for place, variable in enumerate(document.variables):
        number = references.get(fold(variable.name))
        if number in names.by_id and not names.knows(variable.name):
            raise Invalid.field(
                f"variables/{place}/name",
                f'is now called "{names.by_id[number].name}"; rename it here or there',
            )


def _has(names: Names, variable: AnyVariable, place: int) -> bool:
    """Whether the account has the variable. Raises Invalid when it has another of that name."""
    if not names.knows(variable.name):
        return False
    try:
        _, found = names.resolve(variable.name)
    except Problem as problem:
        raise Invalid.field(f"variables/{place}/name", problem.message) from problem
    wanted = _named(variable, found.id)
    if wanted.kind != found.kind:
        detail = f'the account has "{found.name}" as a {found.kind}'
        raise Invalid.field(f"variables/{place}/kind", detail)
    if wanted.is_interval != found.is_interval:
        what = "an interval" if found.is_interval else "single days"
        detail = f'the account has "{found.name}" as {what}'
        raise Invalid.field(f"variables/{place}/is_interval", detail)
    return True


def _check_formula(
    context: Context,
    services: Services,
    document: MeasureDocument,
    names: Names,
    lacking: Sequence[AnyVariable],
) -> None:
    """Read the formula as it will be read when the variables are there."""
    planned = [_named(variable, -number) for number, variable in enumerate(lacking, start=1)]
    every_name = Names([*names.by_id.values(), *planned])
    metrics = metrics_for_composites(services.database, context.principal.account_id)
    try:
        parse(document.metric["calculation_formula"], every_name, metrics=metrics)
    except FormulaError as error:
        raise formula_fault(error) from error


def _named(variable: AnyVariable, number: int) -> VariableName:
    if isinstance(variable, DateVariableDefinition):
        return VariableName(number, "date", variable.name, variable.is_interval)
    return VariableName(number, "number", variable.name)
