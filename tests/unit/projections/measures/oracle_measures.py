"""The oracle for whole formulas: who is in which population, and what a free score comes to."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from lark import Token, Tree

from domain.measures.names import fold
from domain.measures.syntax import grammar
from tests.unit.projections.measures import oracle
from tests.unit.projections.measures.oracle_values import (
    Series,
    is_missing,
    number,
    statistic,
    truth,
)
from tests.unit.projections.measures.world import VARIABLES, Person

PERIOD = (date(2025, 1, 1), date(2025, 12, 31))
BY_NAME = {fold(each.name): each for each in VARIABLES}
Trees = dict[str, Tree[Token]]


def read(lines: Sequence[str]) -> tuple[Trees, Trees]:
    """The syntax trees of the definitions and of the other lines, by name."""
    definitions: Trees = {}
    others: Trees = {}
    for line in lines:
        name, body = line.split(":", 1)
        tree = grammar().parse(body.strip()).children[0]
        if name.startswith("define "):
            definitions[name.removeprefix("define ")] = tree
        else:
            others[name] = tree
    return definitions, others


def said(definitions: Trees, lines: Trees, person: Person) -> dict[str, Any]:
    """What each line says of a patient, before gating."""
    found: dict[str, Any] = {}
    for name, tree in lines.items():
        context = oracle.Context(person, PERIOD, BY_NAME, definitions, populations=dict(found))
        value = oracle.evaluate(tree, context)
        found[name] = number(value) if name == "measure observation" else truth(value) is True
    return found


def proportion(definitions: Trees, lines: Trees, person: Person) -> list[int]:
    """Membership in standard order, of the populations that have a line, and the denominator."""
    raw = said(definitions, lines, person)
    ip = raw["initial population"]
    den = ip and raw.get("denominator", True)
    denex = den and raw.get("denominator exclusion", False)
    num = den and not denex and raw["numerator"]
    numex = num and raw.get("numerator exclusion", False)
    denexcep = den and not denex and not num and raw.get("denominator exception", False)
    members = {
        "initial population": ip,
        "denominator": den,
        "denominator exclusion": denex,
        "denominator exception": denexcep,
        "numerator": num,
        "numerator exclusion": numex,
    }
    return [int(is_in) for name, is_in in members.items() if name in raw or name == "denominator"]


def free_score(tree: Tree[Token], people: Sequence[Person]) -> Fraction | None:
    """A free score: arithmetic of aggregates over patients."""
    parts: list[Any] = list(tree.children)
    if tree.data == "number":
        return Fraction(str(parts[0]))
    if tree.data == "call":
        return aggregate(str(parts[0]), parts[1:], people)
    result = free_score(parts[0], people)
    for sign, part in zip(parts[1::2], parts[2::2], strict=True):
        other = free_score(part, people)
        if result is None or other is None or (sign == "/" and other == 0):
            return None
        result = {
            "+": lambda a, b: a + b,
            "-": lambda a, b: a - b,
            "*": lambda a, b: a * b,
            "/": lambda a, b: a / b,
        }[str(sign)](result, other)
    return result


def aggregate(name: str, parts: list[Tree[Token]], people: Sequence[Person]) -> Fraction | None:
    what: Any = parts[0]
    condition: Any = None
    if what.data == "where":
        what, _, condition = what.children
    values = []
    for person in people:
        context = oracle.Context(person, PERIOD, BY_NAME)
        if condition is None or truth(oracle.evaluate(condition, context)) is True:
            values.append(True if what.data == "patients" else oracle.evaluate(what, context))
    if name == "count":
        return Fraction(sum(counts(value) for value in values))
    percent = Fraction(str(parts[1].children[0])) if len(parts) > 1 else Fraction(50)
    known = [n for n in map(number, values) if n is not None]
    found = statistic(name, known, percent)
    return None if found is None else Fraction(found)


def counts(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    return bool(value.current()) if isinstance(value, Series) else not is_missing(value)
