"""What a value means as a number, and which values a variable takes."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Invalid
from domain.variable import ParsedValue, VariableDefinition, parse_value


@pytest.mark.parametrize(
    ("text", "number", "second"),
    [
        ("7.2", "7.2", None),
        ("  7.2 ", "7.2", None),
        ("-0", "-0", None),
        ("+5", "5", None),
        (".5", "0.5", None),
        ("5.", "5", None),
        ("1e3", "1000", None),
        ("128/76", "128", "76"),
        ("-1.5/+2", "-1.5", "2"),
        ("0.1000", "0.1000", None),
    ],
)
def test_numbers_and_pairs_are_read_exactly(text: str, number: str, second: str | None) -> None:
    expected = ParsedValue(Decimal(number), None if second is None else Decimal(second))
    assert parse_value(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "high", "7,2", "7.2 %", "128 / 76", "128/76/1", "128/", "/76", "NaN", "inf", "0x10",
     "1e999", "1_000", "\N{ARABIC-INDIC DIGIT FIVE}/", "<7", "7\n8"],
)  # fmt: skip
def test_anything_else_has_no_numeric_meaning(text: str) -> None:
    assert parse_value(text) == ParsedValue(None)


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9
    )
)
def test_a_number_written_out_is_read_back_exactly(number: Decimal) -> None:
    assert parse_value(f"{number:f}") == ParsedValue(number)


@pytest.mark.parametrize(
    ("value", "rule"),
    [("3.99", "must not be below valid_min, 4"), ("20.01", "must not be above valid_max, 20")],
)
def test_a_number_outside_the_range_is_refused_by_the_rule_it_breaks(value: str, rule: str) -> None:
    definition = VariableDefinition("HbA1c", valid_min="4", valid_max="20")
    with pytest.raises(Invalid) as refused:
        definition.refuse_outside(parse_value(value))
    (fault,) = refused.value.faults
    assert (fault.pointer, fault.detail) == ("#/value", rule)


@pytest.mark.parametrize("value", ["4", "20", "20.000", "128/76", "too high to read"])
def test_bounds_are_inclusive_and_hold_for_plain_numbers_only(value: str) -> None:
    VariableDefinition("x", valid_min="4", valid_max="20").refuse_outside(parse_value(value))


def test_a_range_is_compared_as_numbers_and_not_as_text() -> None:
    VariableDefinition("x", valid_min="9", valid_max="10")
    with pytest.raises(Invalid, match="valid_max"):
        VariableDefinition("x", valid_min="10", valid_max="9")
