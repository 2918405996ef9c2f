"""What the oracle knows while it walks a syntax tree, and its table of rules."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from lark import Token, Tree

from domain.measures.names import VariableName
from tests.unit.projections.measures.oracle_values import Item, Series
from tests.unit.projections.measures.world import Person

RULES: dict[str, Callable[..., Any]] = {}


@dataclass(frozen=True)
class Context:
    """One patient, the period, and what names mean where the expression stands."""

    person: Person
    period: tuple[date, date]
    variables: Mapping[str, VariableName]
    definitions: Mapping[str, Tree[Token]] = field(default_factory=dict)
    elements: tuple[tuple[str | None, Item], ...] = ()
    populations: Mapping[str, bool] = field(default_factory=dict)


def evaluate(tree: Tree[Token], c: Context) -> Any:
    """The value of a syntax tree, by the rule for its kind."""
    return RULES[str(tree.data)](c, *tree.children)


def recorded(c: Context, variable: VariableName) -> Series:
    is_value = variable.kind == "number"
    items = frozenset(
        Item(
            seen.day,
            seen.end or (None if variable.is_interval else seen.day),
            (seen.since, seen.id),
            is_value,
            None if seen.number is None else Fraction(seen.number),
            None if seen.second is None else Fraction(seen.second),
            seen.text,
        )
        for seen in c.person.seen
        if seen.variable_id == variable.id
    )
    inside = frozenset(item for item in items if item.start <= c.period[1])
    return Series(lambda is_bare: inside if is_bare else items, is_value)
