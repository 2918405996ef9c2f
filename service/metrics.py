"""Commands on metrics: a formula is parsed and resolved before it is saved."""

from dataclasses import replace
from typing import Any

from domain.errors import Fault, Invalid, NotFound
from domain.measures.parser import FormulaError, Names, parse
from domain.measures.period import Period
from domain.metric import Metric, MetricDefinition
from projections.database import Reader
from projections.definitions import definition_of, find_metric, variable_names
from projections.measures.entries import entry_of
from projections.measures.live import draft_metric, metrics_for_composites
from service.application import Application
from service.context import Context
from service.resource import Resource


class Metrics:
    """One method per command: load, tell, save."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def define(self, context: Context, sent: dict[str, Any]) -> Resource:
        """A new metric from its name, formula and options. Raises Invalid with line and column."""
        definition = MetricDefinition(
            **{**sent, **self._resolved(context, tuple(sent["calculation_formula"]))}
        )
        self._check_filter(context, definition)
        number = self._application.next_id()
        metric = Metric.define(number, context.principal.account_id, definition, context.metadata())
        return self._application.create(context, [metric], lambda r, s: _shown(r, number))

    def change(self, context: Context, metric_id: int, changes: dict[str, Any]) -> Resource:
        """Replace the fields in `changes`; another formula is another version of the metric."""

        def tell(metric: Metric) -> None:
            resolved = {}
            formula = tuple(changes.get("calculation_formula", ()))
            if formula and formula != tuple(metric.definition.calculation_formula):
                resolved = self._resolved(context, formula)
            definition = replace(metric.definition, **{**changes, **resolved})
            self._check_filter(context, definition)
            metric.change(definition, context.metadata())

        return self._application.change(
            context, Metric, metric_id, tell, lambda r, s, m, t: _shown(r, metric_id)
        )

    def preview(self, context: Context, sent: dict[str, Any], period: Period) -> dict[str, Any]:
        """The report's entry of a metric that is not saved. Raises Invalid as `define` does."""
        definition = MetricDefinition(
            **{**sent, **self._resolved(context, tuple(sent["calculation_formula"]))}
        )
        database = self._application.database
        metric = draft_metric(database, context.principal.account_id, definition)
        position = self._application.recorder.max_notification_id() or 0
        return entry_of(database, metric, period, position)

    def _resolved(self, context: Context, formula: tuple[str, ...]) -> dict[str, Any]:
        """What the names of a formula mean now; later renamings do not change that."""
        database, account_id = self._application.database, context.principal.account_id
        names = variable_names(database, account_id)
        metrics = metrics_for_composites(database, account_id)
        try:
            measure = parse(formula, Names(names), metrics=metrics)
        except FormulaError as error:
            raise formula_fault(error) from error
        is_free = measure.scoring == "free"
        return {
            "calculation_formula": formula,
            "references": measure.references,
            "scoring": measure.scoring,
            "populations": None if is_free else tuple(measure.populations),
        }

    def _check_filter(self, context: Context, definition: MetricDefinition) -> None:
        if definition.filter_variable_id is None:
            return
        found = definition_of(self._application.database, "number", definition.filter_variable_id)
        if found is None:
            raise Invalid.field("filter_variable_id", "is not a numerical variable")
        context.principal.require_own(found[0], "variable")


def formula_fault(error: FormulaError) -> Invalid:
    """Where the formula is wrong, for people and for editors."""
    hint = f" ({error.hint})" if error.hint else ""
    detail = f"line {error.line}, column {error.column}: {error.message}{hint}"
    pointer = f"#/calculation_formula/{error.line - 1}"
    return Invalid(f"calculation_formula: {detail}\n{error.caret}", (Fault(pointer, detail),))


def _shown(reader: Reader, metric_id: int) -> Resource:
    record = find_metric(reader, metric_id)
    if record is None:
        raise NotFound(f"There is no metric {metric_id}.")
    return Resource(record.id, record.version, record.position, record)
