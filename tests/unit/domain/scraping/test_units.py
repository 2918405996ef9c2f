from decimal import Decimal

import pytest

from domain.scraping.units import named


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("K/uL", "10*3/ul"),
        ("x10E3/uL", "10^9/L"),
        ("mmHg", "mm[Hg]"),
        ("mEq/L", "mmol/L"),
        ("bpm", "/min"),
        ("mIU/L", "uIU/mL"),
        ("lbs", "[lb_av]"),
        ("mL/min", "mL/min/1.73 m2"),
        ("mcg/dL", "ug/dL"),
    ],
)
def test_spellings_of_the_same_unit_are_equal(one: str, other: str) -> None:
    first, second = named(one), named(other)
    assert first is not None
    assert second is not None
    assert (first.dimension, first.factor) == (second.dimension, second.factor)


@pytest.mark.parametrize(
    ("small", "large", "times"),
    [("mg/dL", "g/dL", 1000), ("mm", "cm", 10), ("ng/mL", "ug/mL", 1000), ("/uL", "K/uL", 1000)],
)
def test_units_of_a_dimension_convert(small: str, large: str, times: int) -> None:
    first, second = named(small), named(large)
    assert first is not None
    assert second is not None
    assert first.dimension == second.dimension
    assert first.factor * times == second.factor


def test_a_pound_is_the_international_pound() -> None:
    pound = named("lb")
    assert pound is not None
    assert pound.factor == Decimal("0.45359237")


@pytest.mark.parametrize(
    ("one", "other"), [("mg/dL", "mmol/L"), ("%", "mmol/mol"), ("m2", "kg/m2"), ("mm", "mmHg")]
)
def test_units_of_different_things_are_not_comparable(one: str, other: str) -> None:
    first, second = named(one), named(other)
    assert first is not None
    assert second is not None
    assert first.dimension != second.dimension


@pytest.mark.parametrize("text", [None, "", "score", "H", "points"])
def test_what_is_no_unit_has_none(text: str | None) -> None:
    assert named(text) is None
