"""Reading the lines of a formula in order, and putting the measure together."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import cast

from domain.measures.composites import PartMetric, composed
from domain.measures.errors import FormulaError, Problem
from domain.measures.expressions import Checker, Definition, Scope
from domain.measures.measure import (
    Component,
    Composite,
    CompositeMethod,
    Group,
    Measure,
    Method,
    constructs_in,
)
from domain.measures.model import Constant, Expression, IsTrue, Type
from domain.measures.names import Names, fold, unquoted
from domain.measures.populations import (
    OF_SCORING,
    Population,
    Scoring,
    inferred,
    population_named,
    scoring_named,
)
from domain.measures.syntax import Syntax, column_of, parts, read_line

MAX_LINES = 200
MAX_CHARACTERS = 10_000
MAX_CONSTRUCTS = 150
MAX_WEIGHT_DIGITS = 20
MAX_COMPONENTS = 20
METHODS: dict[str, Method] = {
    "median": "median",
    "mean": "mean",
    "avg": "mean",
    "average": "mean",
    "sum": "sum",
    "count": "count",
    "min": "min",
    "max": "max",
}
TRUE = Constant(True, Type.BOOLEAN)


@dataclass
class Section:
    """The lines of one group so far."""

    title: str | None = None
    criteria: dict[Population, Expression] = field(default_factory=dict)
    strata: dict[str, Expression] = field(default_factory=dict)


class Reader:
    """Reads the lines in order; each adds to what the formula means."""

    def __init__(
        self,
        lines: Sequence[str],
        names: Names,
        scoring: str | None = None,
        metrics: Mapping[int, PartMetric] | None = None,
    ) -> None:
        self.lines = lines
        self.metrics = metrics or {}
        self.checker = Checker(names)
        self.definitions: dict[str, Definition] = {}
        self.sections = [Section()]
        self.score: Expression | None = None
        self.composite: Composite | None = None
        self._component_groups: tuple[Group, ...] = ()
        self.scoring: Scoring | None = None
        self.method: Method | None = None
        self._line, self._text = 1, ""
        self._given_scoring = scoring

    def measure(self) -> Measure:
        """The whole formula; raises FormulaError."""
        self._check_size()
        for number, text in enumerate(self.lines, start=1):
            if text.strip():
                self._read(number, text)
        if self.scoring is None and self._given_scoring is not None:
            self._read(1, f"scoring: {self._given_scoring}")
        self._check_unused_definitions()
        measure = self._whole()
        if constructs_in(measure) > MAX_CONSTRUCTS:
            raise FormulaError(
                1, 1, f"the formula asks series more than {MAX_CONSTRUCTS} different things"
            )
        return measure

    def _whole(self) -> Measure:
        if self.composite is not None:
            return self._composed()
        return self._free() if self.score is not None else self._grouped()

    def _check_size(self) -> None:
        if len(self.lines) > MAX_LINES:
            raise FormulaError(MAX_LINES + 1, 1, f"a formula has at most {MAX_LINES} lines")
        if sum(map(len, self.lines)) > MAX_CHARACTERS:
            raise FormulaError(1, 1, f"a formula has at most {MAX_CHARACTERS} characters")

    def _read(self, number: int, text: str) -> None:
        self._line, self._text = number, text
        tree = read_line(text, number)
        match str(tree.data):
            case "population_line":
                self._read_population(tree)
            case "define":
                self._read_definition(tree)
            case "stratum":
                self._read_stratum(tree)
            case "group":
                self._read_group(tree)
            case "scoring":
                self._read_scoring(tree)
            case "composite":
                self._read_composite(tree)
            case _:
                self._read_score(tree)

    def _read_population(self, tree: Syntax) -> None:
        name, of, body = parts(tree)
        population = population_named(str(name))
        if of is not None:
            if (population, population_named(str(of))) != (
                Population.INITIAL_POPULATION,
                Population.NUMERATOR,
            ):
                raise self._error(column_of(of), "only an initial population is for a numerator")
            population = Population.NUMERATOR_INITIAL_POPULATION
        criteria = self.sections[-1].criteria
        if population in criteria:
            raise self._error(1, f"a second line for {name}", "one line per population and group")
        check = (
            self.checker.number
            if population is Population.MEASURE_OBSERVATION
            else self.checker.boolean
        )
        criteria[population] = check(body, self._scope())

    def _read_definition(self, tree: Syntax) -> None:
        name, body = parts(tree)
        folded = fold(unquoted(str(name)))
        if folded in self.definitions:
            raise self._error(column_of(name), f"{folded} is defined twice")
        self.definitions[folded] = Definition(body, self._scope())

    def _read_stratum(self, tree: Syntax) -> None:
        name, body = parts(tree)
        title, strata = unquoted(str(name)), self.sections[-1].strata
        if title in strata:
            raise self._error(column_of(name), f"a second stratum {title}")
        strata[title] = self.checker.boolean(body, self._scope())

    def _read_group(self, tree: Syntax) -> None:
        title = parts(tree)[0]
        section = Section(None if title is None else unquoted(str(title)))
        if self.sections[-1] == Section():
            self.sections.pop()
        elif len(self.sections) == 1 and self.sections[0].title is None:
            raise self._error(1, "populations stand before the first group")
        self.sections.append(section)

    def _read_scoring(self, tree: Syntax) -> None:
        kind, method = parts(tree)
        if self.scoring is not None:
            raise self._error(1, "a second scoring line")
        self.scoring = scoring_named(str(kind))
        if method is None:
            return
        if self.scoring is not Scoring.CONTINUOUS_VARIABLE:
            raise self._error(column_of(method), f"{self.scoring} takes no method")
        if str(method).lower() not in METHODS:
            raise self._error(column_of(method), "no such method", ", ".join(sorted(METHODS)))
        self.method = METHODS[str(method).lower()]

    def _read_composite(self, tree: Syntax) -> None:
        kind, *components = parts(tree)
        if self.composite is not None:
            raise self._error(1, "a second composite line")
        if len(components) > MAX_COMPONENTS:
            raise self._error(1, f"a composite has at most {MAX_COMPONENTS} components")
        method = cast(CompositeMethod, re.sub(r"[ _-]+", "-", str(kind).lower()))
        named = Composite(method, tuple(map(self._component, components)))
        try:
            self.composite, self._component_groups = composed(named, self.metrics)
        except Problem as problem:
            raise self._error(1, problem.message) from problem

    def _component(self, tree: Syntax) -> Component:
        word, number, weight = parts(tree)
        if str(word).lower() != "metric" or not number.isdigit() or len(number) > 18:
            raise self._error(column_of(word), "a component is a metric: metric(3)")
        if weight is not None and len(weight) > MAX_WEIGHT_DIGITS:
            raise self._error(column_of(weight), "a weight has too many digits")
        return Component(int(number), Decimal(1 if weight is None else str(weight)))

    def _read_score(self, tree: Syntax) -> None:
        if self.score is not None:
            raise self._error(1, "a second free score", "a formula is one score or populations")
        self.score = self.checker.number(parts(tree)[0], self._scope(is_score=True))

    def _check_unused_definitions(self) -> None:
        """A definition that no line uses must still mean something, for patients or as a score."""
        for name, definition in self.definitions.items():
            if name in self.checker.used:
                continue
            try:
                self.checker.check(definition.tree, definition.scope)
            except FormulaError:
                if self.score is None:
                    raise
                self.checker.number(definition.tree, definition.scope.as_score())

    def _free(self) -> Measure:
        if self.sections != [Section()]:
            raise FormulaError(1, 1, "a formula is one free score or population lines, never both")
        if self.scoring not in (None, Scoring.FREE):
            raise FormulaError(1, 1, f"a free score is not scored as {self.scoring}")
        return Measure(Scoring.FREE, (), self.checker.references, score=self.score)

    def _composed(self) -> Measure:
        if self.score is not None or self.sections != [Section()]:
            raise FormulaError(1, 1, "a composite has no score and no populations of its own")
        return Measure(
            Scoring.COMPOSITE,
            self._component_groups,
            self.checker.references,
            composite=self.composite,
        )

    def _grouped(self) -> Measure:
        present = set(self.sections[0].criteria)
        if not present:
            raise FormulaError(1, 1, "the formula has neither a score nor a population")
        scoring = self.scoring or inferred(present)
        if scoring is Scoring.CONTINUOUS_VARIABLE and self.method is None:
            raise FormulaError(
                1,
                1,
                "it is not said how the measure observation is aggregated",
                "scoring: continuous-variable (median), or mean, sum, count, min, max",
            )
        groups = tuple(_group(section, scoring) for section in self.sections)
        return Measure(scoring, groups, self.checker.references, method=self.method)

    def _scope(self, is_score: bool = False) -> Scope:
        return Scope(
            self._line,
            self._text,
            dict(self.definitions),
            dict(self.sections[-1].criteria),
            is_score=is_score,
        )

    def _error(self, column: int, message: str, hint: str | None = None) -> FormulaError:
        return FormulaError(self._line, column, message, hint, self._text)


def _group(section: Section, scoring: Scoring) -> Group:
    """A group with the populations its scoring needs; a missing denominator is everyone."""
    required, optional = OF_SCORING[scoring]
    place = f" in group {section.title}" if section.title else ""
    for population in sorted(required - set(section.criteria)):
        words = population.replace("-", " ")
        raise FormulaError(1, 1, f"a {scoring} measure needs a line {words}:{place}")
    for population in sorted(set(section.criteria) - required - optional):
        words = population.replace("-", " ")
        raise FormulaError(1, 1, f"a {scoring} measure has no {words}{place}")
    criteria = dict(section.criteria)
    for everyone in (Population.DENOMINATOR, Population.MEASURE_POPULATION):
        if everyone in required | optional:
            criteria.setdefault(everyone, IsTrue(TRUE))
    ordered = {each: criteria[each] for each in Population if each in criteria}
    return Group(section.title, ordered, section.strata)
