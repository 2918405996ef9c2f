"""Variables, date variables and metrics: what an account measures."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from domain.ids import number_of
from domain.measures.names import fold
from domain.measures.parser import Names, VariableName, formula_with_current_names
from domain.metric import Metric
from domain.observation import VariableKind
from domain.variable import DateVariable, Variable
from projections.database import Reader
from projections.moments import Moment, TimedQueries
from projections.projection import Recorded, Rows
from projections.queries import load

_QUERIES = load("definitions")
_TIMED = TimedQueries(_QUERIES)


class Definitions:
    """Read model of variables, date variables and metrics, with their history."""

    name = "definitions"
    version = 1
    tables = ("variables", "metrics")

    def fold(self, batch: Sequence[Recorded]) -> Rows:
        rows: Rows = {"variables": [], "metrics": []}
        for recorded in batch:
            event = recorded.event
            match event:
                case Variable.Created() | Variable.Changed():
                    rows["variables"].append(_variable_row(recorded, "number", event.definition))
                case DateVariable.Created() | DateVariable.Changed():
                    rows["variables"].append(_variable_row(recorded, "date", event.definition))
                case Metric.Created() | Metric.Changed():
                    rows["metrics"].append(_definition_row(recorded, body={**event.definition}))
        return rows


def _variable_row(
    recorded: Recorded, kind: VariableKind, definition: dict[str, Any]
) -> dict[str, Any]:
    return _definition_row(
        recorded,
        kind=kind,
        name=definition["name"],
        is_interval=definition.get("is_interval", False),
        body=definition,
    )


def _definition_row(recorded: Recorded, **columns: Any) -> dict[str, Any]:
    event: Any = recorded.event
    return recorded.row(
        id=number_of(event.originator_id),
        account_id=event.account_id,
        version=event.originator_version,
        **columns,
    )


@dataclass(frozen=True)
class DefinitionRecord:
    """One definition as it stands: `body` holds the fields its owner sent."""

    id: int
    account_id: int
    version: int
    position: int
    body: dict[str, Any]
    values: int = 0


def find_variable(
    database: Reader, kind: VariableKind, variable_id: int, moment: Moment | None = None
) -> DefinitionRecord | None:
    """A variable of this kind, of whatever account, with the number of patients that have it."""
    queries, place = _TIMED.at(moment)
    row = database.row(queries["find_variable"], {**place, "kind": kind, "id": variable_id})
    return DefinitionRecord(*row) if row else None


def definition_of(
    database: Reader, kind: VariableKind, variable_id: int
) -> tuple[int, dict[str, Any]] | None:
    """The account and the definition of a variable of this kind."""
    row = database.row(_QUERIES["definition_of"], {"kind": kind, "id": variable_id})
    return (row[0], row[1]) if row else None


def list_variables(
    database: Reader,
    account_id: int,
    kind: VariableKind,
    limit: int,
    offset: int,
    moment: Moment | None = None,
) -> tuple[int, list[DefinitionRecord]]:
    """The total and one page of the account's variables of a kind."""
    queries, place = _TIMED.at(moment)
    scope = {**place, "account_id": account_id, "kind": kind, "limit": limit, "offset": offset}
    total = database.row(queries["count_variables"], scope)
    rows = database.rows(queries["list_variables"], scope)
    return (total[0] if total else 0), [DefinitionRecord(*row) for row in rows]


def variable_names(database: Reader, account_id: int) -> list[VariableName]:
    """All variables of an account under the names that a formula may use."""
    rows = database.rows(_QUERIES["variable_names"], {"account_id": account_id})
    return [VariableName(*row) for row in rows]


def all_variables(
    database: Reader, account_id: int
) -> list[tuple[int, VariableKind, dict[str, Any]]]:
    """Id, kind and definition of every variable of an account."""
    rows = database.rows(_QUERIES["all_variables"], {"account_id": account_id})
    return [(row[0], row[1], row[2]) for row in rows]


def find_metric(
    database: Reader, metric_id: int, moment: Moment | None = None
) -> DefinitionRecord | None:
    """A metric, of whatever account."""
    queries, place = _TIMED.at(moment)
    row = database.row(queries["find_metric"], {**place, "id": metric_id})
    return _with_names(database, [DefinitionRecord(*row)], moment)[0] if row else None


@dataclass(frozen=True)
class MetricVersion:
    """A metric as it was from one position of the log on."""

    version: int
    position: int
    body: dict[str, Any]
    recorded_at: datetime
    actor: str


def list_metric_versions(database: Reader, metric_id: int) -> list[MetricVersion]:
    """Every version of a metric, the newest first, each with the formula as it was saved."""
    return [
        MetricVersion(*row) for row in database.rows(_QUERIES["metric_versions"], {"id": metric_id})
    ]


def cms_of_metrics(database: Reader, account_id: int) -> dict[int, dict[str, Any]]:
    """How CMS calls each metric of an account."""
    rows = database.rows(_QUERIES["cms_of_metrics"], {"account_id": account_id})
    return {row[0]: row[1] or {} for row in rows}


def list_metrics(
    database: Reader, account_id: int, limit: int, offset: int, moment: Moment | None = None
) -> tuple[int, list[DefinitionRecord]]:
    """The total and one page of the account's metrics."""
    queries, place = _TIMED.at(moment)
    scope = {**place, "account_id": account_id, "limit": limit, "offset": offset}
    total = database.row(queries["count_metrics"], scope)
    rows = database.rows(queries["list_metrics"], scope)
    records = _with_names(database, [DefinitionRecord(*row) for row in rows], moment)
    return (total[0] if total else 0), records


def _with_names(
    database: Reader, records: list[DefinitionRecord], moment: Moment | None
) -> list[DefinitionRecord]:
    """Metrics whose formulas print the names that variables which were renamed have (or had)."""
    used = {number for record in records for number in record.body["references"].values()}
    queries, place = _TIMED.at(moment)
    rows = database.rows(queries["names_of_variables"], {**place, "ids": sorted(used)})
    names = {row[0]: VariableName(*row) for row in rows}
    return [_renamed(record, names) for record in records]


def _renamed(record: DefinitionRecord, names: dict[int, VariableName]) -> DefinitionRecord:
    references: dict[str, int] = record.body["references"]
    is_current = all(
        number not in names or key.rpartition(":")[2] == fold(names[number].name)
        for key, number in references.items()
    )
    if is_current:
        return record
    formula = formula_with_current_names(
        record.body["calculation_formula"], Names(names.values(), references)
    )
    return replace(record, body={**record.body, "calculation_formula": formula})
