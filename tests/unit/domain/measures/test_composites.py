"""Composite lines: what they name, and what cannot be a component."""

from decimal import Decimal

import pytest

from domain.measures.errors import FormulaError
from domain.measures.measure import Component
from domain.measures.parser import Names, PartMetric, parse
from domain.measures.scoring import score

NAMES = Names([])
PROPORTION = PartMetric(parse(["initial population: true", "numerator: true"], NAMES))
LOWER_IS_BETTER = PartMetric(PROPORTION.measure, is_ascending=False)
COHORT = PartMetric(parse(["initial population: true"], NAMES))


def test_a_composite_names_metrics_and_weights() -> None:
    lines = ["composite: Weighted of metric(3), metric(4) weight 2.5"]
    measure = parse(lines, NAMES, metrics={3: PROPORTION, 4: LOWER_IS_BETTER})
    assert measure.scoring == "composite"
    assert measure.composite is not None
    assert measure.composite.components == (
        Component(3, Decimal(1)),
        Component(4, Decimal("2.5"), is_ascending=False),
    )
    assert measure.populations == ("denominator", "numerator")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["composite: weighted of metrics(3)"], "a component is a metric: metric(3)"),
        (["composite: weighted of metric(3.5)"], "a component is a metric: metric(3)"),
        (["composite: weighted of metric(3)"] * 2, "a second composite line"),
        (
            ["composite: opportunity of metric(3)", "initial population: true"],
            "a composite has no score and no populations of its own",
        ),
        (
            ["composite: opportunity of " + ", ".join(f"metric({n})" for n in range(21))],
            "a composite has at most 20 components",
        ),
    ],
)
def test_a_line_that_makes_no_composite_is_refused(lines: list[str], message: str) -> None:
    with pytest.raises(FormulaError) as caught:
        parse(lines, NAMES, metrics=dict.fromkeys(range(30), PROPORTION))
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("metrics", "message"),
    [({}, "there is no metric 3"), ({3: COHORT}, "metric 3 is not a single proportion")],
)
def test_a_component_must_be_a_proportion(metrics: dict[int, PartMetric], message: str) -> None:
    with pytest.raises(FormulaError) as caught:
        parse(["", "composite: opportunity of metric(3)"], NAMES, metrics=metrics)
    assert (caught.value.message, caught.value.line) == (message, 2)


def test_weights_count() -> None:
    """Rates 1/2 and 3/3 with weights 3 and 1: (3/2 + 1) / 4."""
    parts = {3: PROPORTION, 4: PROPORTION}
    lines = ["composite: weighted of metric(3) weight 3, metric(4)"]
    measure = parse(lines, NAMES, metrics=parts)
    totals = [Decimal(n) for n in (2, 1, 3, 3, 0, 0, 0, 0, 0)]
    assert score(measure, totals, {}).score == Decimal("0.625")


@pytest.mark.parametrize("method", ["all-or-nothing", "opportunity", "patient-linear", "weighted"])
def test_a_composite_of_no_cases_has_no_score(method: str) -> None:
    lines = [f"composite: {method} of metric(3)"]
    measure = parse(lines, NAMES, metrics={3: PROPORTION})
    assert score(measure, [Decimal(0)] * 5, {}).score is None
