"""From the lines of a formula to a measure: the public door of the formula language."""

from collections.abc import Mapping, Sequence

from domain.measures.composites import PartMetric
from domain.measures.errors import FormulaError
from domain.measures.lines import Reader
from domain.measures.measure import Measure, variables_of
from domain.measures.names import Names, VariableName
from domain.measures.renaming import renamed

__all__ = [
    "FormulaError",
    "Measure",
    "Names",
    "PartMetric",
    "VariableName",
    "formula_with_current_names",
    "parse",
    "variables_of",
]


def parse(
    lines: Sequence[str],
    names: Names,
    *,
    scoring: str | None = None,
    metrics: Mapping[int, PartMetric] | None = None,
) -> Measure:
    """The measure that the lines of a formula mean.

    `scoring` (as in a scoring line) counts where no line says it; `metrics` are those a composite
    may name. Raises FormulaError with line, column and, where there is one, a hint.
    """
    return Reader(lines, names, scoring, metrics).measure()


def formula_with_current_names(
    lines: Sequence[str], names: Names, *, metrics: Mapping[int, PartMetric] | None = None
) -> list[str]:
    """The lines with each variable under its present name; `names` has the references too."""
    reader = Reader(lines, names, metrics=metrics)
    reader.measure()
    return renamed(lines, names, reader.checker.uses, reader.definitions)
