"""From the syntax tree of an expression to its typed model: names, scopes, limits, places."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lark import Token, Tree

from domain.measures import calls, types
from domain.measures.building import BUILD
from domain.measures.errors import FormulaError, Problem
from domain.measures.model import (
    Attribute,
    BirthDate,
    Duration,
    Expression,
    IsTrue,
    Patients,
    Type,
)
from domain.measures.names import FUNCTIONS, NO_VARIABLE, Names, VariableName, fold, unquoted
from domain.measures.populations import Population, population_named
from domain.measures.series_model import DayOf, Defined, Element, Series, Values, Where
from domain.measures.syntax import Branch, Syntax, column_of, parts

MAX_DEPTH = 50
MAX_NODES = 5000
MAX_MULTIPLICATIONS = 100  # no product overflows the numbers of the database
MAX_DAYS = 2000 * 372  # no sum leaves its calendar
MAX_WHERES = 5  # each level may try every element of a series for each of the level outside


@dataclass(frozen=True)
class Scope:
    """Where an expression stands: its line, what is defined there, the elements under test."""

    line: int
    text: str
    definitions: Mapping[str, "Definition"]
    populations: Mapping[Population, Expression] = field(default_factory=dict)
    is_score: bool = False  # directly in a free score, where aggregates range over patients
    elements: tuple[tuple[str | None, Element], ...] = ()
    depth: int = 0

    def as_score(self) -> "Scope":
        return replace(self, is_score=True)


@dataclass(frozen=True)
class Definition:
    """A named expression; checked again, in its own scope, wherever it is used."""

    tree: Syntax
    scope: Scope


@dataclass(frozen=True)
class Use:
    """A place where a variable is named: columns count from 0, the end is excluded."""

    line: int
    begin: int
    end: int
    variable: VariableName
    is_argument: bool  # inside variable(…) or date_variable(…)


class Checker:
    """Checks expressions of one formula; collects which variables were named where."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.references: dict[str, int] = {}
        self.uses: list[Use] = []
        self.used: set[str] = set()  # definitions
        self._nodes = self._multiplications = self._days = 0

    def check(self, tree: Syntax, scope: Scope) -> Expression:
        """The typed expression; raises FormulaError with its place."""
        self._nodes += 1
        inner = replace(scope, depth=scope.depth + 1)
        try:
            if self._nodes > MAX_NODES:
                raise Problem(f"the formula has more than {MAX_NODES} parts")
            if inner.depth > MAX_DEPTH:
                raise Problem(f"the formula is nested more than {MAX_DEPTH} deep")
            return self._checked(tree, inner)
        except Problem as problem:
            raise FormulaError(
                scope.line, column_of(tree), problem.message, problem.hint, scope.text
            ) from problem

    def boolean(self, tree: Syntax, scope: Scope) -> Expression:
        return self._as(types.boolean, tree, scope)

    def number(self, tree: Syntax, scope: Scope) -> Expression:
        return self._as(types.number, tree, scope)

    def _as(
        self, convert: Callable[[Expression], Expression], tree: Syntax, scope: Scope
    ) -> Expression:
        checked = self.check(tree, scope)
        try:
            return convert(checked)
        except Problem as problem:
            raise FormulaError(
                scope.line, column_of(tree), problem.message, problem.hint, scope.text
            ) from problem

    def _checked(self, tree: Syntax, scope: Scope) -> Expression:
        kind = str(tree.data)
        if kind in SCOPED:
            return SCOPED[kind](self, tree, scope)
        if scope.is_score and kind not in OVER_PATIENTS:
            raise Problem(
                "a free score is made of numbers and aggregates over patients",
                "count(patients where …), avg(…), or a line such as numerator: …",
            )
        operands = [self._operand(child, scope) for child in parts(tree)]
        if len(operands) > MAX_DEPTH and kind == "arithmetic":
            raise Problem(f"more than {MAX_DEPTH // 2} terms in a row", "use definitions")
        self._multiplications += operands.count("*") + operands.count("/")
        if self._multiplications > MAX_MULTIPLICATIONS:
            raise Problem(f"the formula multiplies more than {MAX_MULTIPLICATIONS} times")
        built = BUILD[kind](*operands)
        if isinstance(built, Duration):
            self._days += built.months * 31 + built.days
            if self._days > MAX_DAYS:
                raise Problem("the durations of the formula come to more than 2000 years")
        return built

    def _operand(self, child: Branch | None, scope: Scope) -> Any:
        return self.check(child, scope) if isinstance(child, Tree) else child

    def _name(self, tree: Syntax, scope: Scope) -> Expression:
        token = _token(tree)
        name = unquoted(token)
        element = dict(scope.elements).get(str(token))
        if element is not None:
            return element
        definition = scope.definitions.get(fold(name))
        if definition is not None:
            return self._defined(fold(name), definition, scope)
        if scope.is_score:
            raise Problem(f"{name} stands outside an aggregate", f"avg({name}), count({name})")
        if not self.names.knows(name) and fold(name) in FACTS:
            self.references[fold(name)] = NO_VARIABLE
            return FACTS[fold(name)]
        return self._variable(*self.names.resolve(name), token, scope)

    def _defined(self, name: str, definition: Definition, scope: Scope) -> Expression:
        self.used.add(name)
        place = replace(definition.scope, is_score=scope.is_score, depth=scope.depth)
        checked = self.check(definition.tree, place)
        return Defined(name, checked) if isinstance(checked, Series) else checked

    def _variable(
        self, key: str | None, variable: VariableName, place: Token, scope: Scope
    ) -> Expression:
        if key is not None:
            self.references[key] = variable.id
            begin = place.start_pos or 0
            use = Use(scope.line, begin, begin + len(place), variable, ":" in key)
            self.uses.append(use)
        return Values(variable.id, variable.kind == "number", variable.is_interval)

    def _call(self, tree: Syntax, scope: Scope) -> Expression:
        function, *arguments = parts(tree)
        name = str(function).lower()
        if name in FUNCTIONS:
            return self._variable_call(name, arguments, scope)
        if scope.is_score and name in calls.AGGREGATES:
            return self._over_patients(name, arguments, replace(scope, is_score=False))
        if scope.is_score and name != "coalesce":
            raise Problem(f"{name} of one patient has no place in a free score by itself")
        return calls.call(name, *(self._operand(each, scope) for each in arguments))

    def _variable_call(self, function: str, arguments: list[Branch], scope: Scope) -> Expression:
        tree = arguments[0]
        if len(arguments) != 1 or not isinstance(tree, Tree) or tree.data not in NAMING:
            raise Problem(f'{function} takes an id or a name: {function}("HbA1c")')
        token = _token(tree)
        if tree.data == "number":
            if not token.isdigit() or len(token) > 18:
                raise Problem("an id is a whole number")
            variable = self.names.numbered(int(token), FUNCTIONS[function])
            return self._variable(None, variable, token, scope)
        return self._variable(*self.names.resolve(unquoted(token), function), token, scope)

    def _over_patients(self, name: str, arguments: list[Branch], scope: Scope) -> Expression:
        first = arguments[0]
        condition: Expression = calls.TRUE
        if isinstance(first, Tree) and first.data == "where" and not _tests_elements(first):
            base, _, restriction = parts(first)
            condition = self.boolean(restriction, scope)
            arguments = [base, *arguments[1:]]
        values = tuple(self._operand(each, scope) for each in arguments)
        return calls.over_patients(name, values, condition)

    def _where(self, tree: Syntax, scope: Scope) -> Expression:
        base, alias, condition = parts(tree)
        series = self._operand(base, replace(scope, is_score=False))
        if isinstance(series, Patients):
            also = self.boolean(condition, scope)
            return Patients(calls.both(series.condition or calls.TRUE, also))
        series = types.series(series)
        if len(scope.elements) >= MAX_WHERES:
            raise Problem(f"where stands in where more than {MAX_WHERES} deep")
        element = Element(len(scope.elements), series.is_valued)
        named = (None if alias is None else str(alias), element)
        inside = replace(scope, elements=(*scope.elements, named))
        return Where(series, element.binder, self.boolean(condition, inside))

    def _field(self, tree: Syntax, scope: Scope) -> Expression:
        owner, field_name = map(str, parts(tree))
        return _edge(self._element(owner, scope), field_name.lower())

    def _it(self, tree: Syntax, scope: Scope) -> Expression:
        return self._element("it", scope)

    def _element(self, name: str, scope: Scope) -> Element:
        if name.lower() == "it":
            if not scope.elements:
                raise Problem("it has a meaning only inside a where")
            return scope.elements[-1][1]
        found = dict(scope.elements).get(name)
        if found is None:
            aliases = [alias for alias, _ in scope.elements if alias]
            raise Problem(f"{name} names no element here", self.names.nearest(name, aliases))
        return found

    def _population(self, tree: Syntax, scope: Scope) -> Expression:
        population = population_named(_token(tree))
        found = scope.populations.get(population)
        if found is None and population is Population.DENOMINATOR:
            found = scope.populations.get(Population.INITIAL_POPULATION)
        if found is None or found.type is not Type.BOOLEAN:
            raise Problem(f"there is no line {_token(tree)} before this one")
        return IsTrue(found)


def _token(tree: Syntax) -> Token:
    token: Token = parts(tree)[0]
    return token


def _edge(element: Element, name: str) -> Expression:
    if name == "value":
        if not element.is_valued:
            raise Problem("a date has no value", "say start or end")
        return element
    return DayOf("start" if name == "start" else "end", element)


def _tests_elements(where: Syntax) -> bool:
    """Whether a condition is about each element of a series, not about the patient."""
    _, alias, condition = parts(where)
    return alias is not None or _says_it(condition)


def _says_it(tree: Branch | None) -> bool:
    if not isinstance(tree, Tree):
        return False
    inside = tree.children[:1] if tree.data == "where" else tree.children
    return tree.data in ("it", "it_field") or any(map(_says_it, inside))


FACTS: dict[str, Expression] = {"dob": BirthDate(), "deceased": Attribute("deceased")}
NAMING = ("number", "name", "text")
OVER_PATIENTS = ("score", "arithmetic", "negative", "number")
SCOPED: dict[str, Callable[[Checker, Syntax, Scope], Expression]] = {
    "name": Checker._name,
    "call": Checker._call,
    "where": Checker._where,
    "it": Checker._it,
    "it_field": Checker._field,
    "alias_field": Checker._field,
    "population": Checker._population,
}
