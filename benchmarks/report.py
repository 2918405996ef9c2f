"""What a benchmark finds, and the table of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

Measure = Callable[[], float]
HEADINGS = ("what", "ours", "theirs", "unit", "ratio", "bar", "reached")


@dataclass(frozen=True)
class Finding:
    """One line of the table: the measures of every round, in `unit`, where more is better.

    Without `theirs` the bar is a number in `unit`; otherwise it is a ratio, ours to theirs, of
    the same round. A finding without a bar is for information.
    """

    what: str
    unit: str
    ours: Sequence[float]
    theirs: Sequence[float] = ()
    bar: float | None = None

    @property
    def ratio(self) -> float | None:
        """The median over the rounds of ours to theirs."""
        pairs = zip(self.ours, self.theirs, strict=True) if self.theirs else ()
        ratios = [ours / theirs for ours, theirs in pairs]
        return median(ratios) if ratios else None

    @property
    def is_reached(self) -> bool | None:
        """Whether the bar is reached, or None where there is none."""
        if self.bar is None:
            return None
        return (median(self.ours) if self.ratio is None else self.ratio) >= self.bar

    @property
    def cells(self) -> tuple[str, ...]:
        """The finding as a row of the table."""
        bar = "" if self.bar is None else f"≥ {_number(self.bar)}" + ("x" if self.theirs else "")
        return (
            self.what,
            _number(median(self.ours)),
            _number(median(self.theirs)) if self.theirs else "",
            self.unit,
            "" if self.ratio is None else f"{self.ratio:.2f}x",
            bar,
            {None: "", True: "yes", False: "no"}[self.is_reached],
        )


def alternate(rounds: int, sides: Mapping[str, Measure]) -> dict[str, list[float]]:
    """The measures of each side, taken in turns (A B A B …), so that a slow moment of the machine
    falls on both."""
    measures: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, measure in sides.items():
            measures[name].append(measure())
    return measures


def table(findings: Sequence[Finding]) -> str:
    """The findings in columns, numbers to the right."""
    rows = [HEADINGS, *(finding.cells for finding in findings)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column in (1, 2, 4, 5) else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _number(value: float) -> str:
    return f"{value:,.0f}".replace(",", " ") if value >= 100 else f"{value:.3g}"
