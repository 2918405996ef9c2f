"""The parts of a statement under construction: bound constants, grouped sets, and scopes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.measures.model import Expression

VALID = (
    "{0}.account_id = %(account_id)s"
    " AND {0}.from_position <= %(position)s AND {0}.to_position > %(position)s"
)
CHOSEN = "(%(patient_ids)s::bigint[] IS NULL OR {0} = ANY(%(patient_ids)s::bigint[]))"


@dataclass
class GroupedSet:
    """A query with at most one row per patient; `uses` counts the scopes that join it."""

    name: str
    sql: str
    uses: int = 0

    def definition(self) -> str:
        """What is joined once is planned with the rest, what is joined twice computed once."""
        how = "NOT MATERIALIZED" if self.uses == 1 else "MATERIALIZED"
        return f"{self.name} AS {how} ({self.sql})"


@dataclass
class Statement:
    """What all scopes of one statement share."""

    parameters: dict[str, Any] = field(default_factory=dict)
    sets: dict[Expression, GroupedSet] = field(default_factory=dict)
    variables: set[int] = field(default_factory=set)
    _count: int = 0

    def bind(self, value: Any, sql_type: str) -> str:
        """A constant as a bound parameter of this SQL type; equal constants share one."""
        for name, bound in self.parameters.items():
            if bound == value and type(bound) is type(value):
                return f"%({name})s::{sql_type}"
        name = f"c_{len(self.parameters)}"
        self.parameters[name] = value
        return f"%({name})s::{sql_type}"

    def new_name(self, letter: str) -> str:
        """An alias no one else has."""
        self._count += 1
        return f"{letter}{self._count}"

    def grouped(self, construct: Expression, sql: Callable[[], str]) -> str:
        """The name of the set with one row per patient that answers a construct."""
        if construct not in self.sets:
            text = sql()
            self.sets[construct] = GroupedSet(self.new_name("s"), text)
        self.sets[construct].uses += 1
        return self.sets[construct].name

    def with_clause(self) -> str:
        """The sets, in an order in which each uses only earlier ones."""
        if not self.sets:
            return ""
        return "WITH " + ",\n".join(each.definition() for each in self.sets.values()) + "\n"


@dataclass(frozen=True)
class Columns:
    """SQL for the parts of one element of a series."""

    id: str
    patient_id: str
    start: str
    end: str
    last: str
    number: str
    second: str
    text: str
    position: str

    @classmethod
    def of(cls, alias: str) -> "Columns":
        """The columns of a derived table that has them all under these names."""
        return cls(**{name: f"{alias}.{name}_" for name in COLUMN_NAMES})

    def select(self) -> str:
        """As a select list under the names that `of` expects."""
        return ", ".join(f"{getattr(self, name)} AS {name}_" for name in COLUMN_NAMES)


COLUMN_NAMES = tuple(Columns.__dataclass_fields__)


@dataclass
class Scope:
    """A query in whose rows expressions are evaluated: one row per patient or per element."""

    statement: Statement
    patient_id: str
    elements: Mapping[int, Columns] = field(default_factory=dict)
    joins: list[str] = field(default_factory=list)
    person: str | None = None  # alias of the row of `patients`, once it is joined
    laterals: dict[Expression, str] = field(default_factory=dict)
    grouped: dict[Expression, str] = field(default_factory=dict)

    def beside(self, construct: Expression, sql: Callable[[], str]) -> str:
        """The alias of a one-row query that is evaluated for each row of this scope."""
        if construct not in self.laterals:
            text = sql()
            self.laterals[construct] = alias = self.statement.new_name("b")
            self.joins.append(f"LEFT JOIN LATERAL ({text}) {alias} ON true")
        return self.laterals[construct]

    def beside_set(self, construct: Expression, sql: Callable[[], str]) -> str:
        """The alias of the set with at most one row per patient, joined to this scope."""
        if construct not in self.grouped:
            self.grouped[construct] = name = self.statement.grouped(construct, sql)
            self.joins.append(f"LEFT JOIN {name} ON {name}.patient_id = {self.patient_id}")
        return self.grouped[construct]

    def patient(self) -> str:
        """The alias of the patient's row."""
        if self.person is None:
            self.person = self.statement.new_name("p")
            valid = VALID.format(self.person)
            self.joins.append(
                f"JOIN patients {self.person} ON {self.person}.id = {self.patient_id} AND {valid}"
            )
        return self.person
