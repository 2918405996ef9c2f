"""A value printed in one unit and asked for in another, there and back.

Factors are from NIST SP 811 (appendix B.8) and molar masses from the AMA Manual of Style's table of
conversions to SI units, not from the code.
"""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.scraping.extract import Found, Target, extract
from tests.unit.domain.scraping.paper import document, read_back

# name, unit, other unit, what times the first is the second, and figures of the first
PAIRS = [
    ("Weight", "kg", "lb", "2.2046226", (400, 1500, 1)),
    ("Height", "cm", "in", "0.39370079", (1400, 2000, 1)),
    ("Height", "m", "cm", "100", (140, 200, 2)),
    ("Hemoglobin", "g/dL", "g/L", "10", (70, 180, 1)),
    ("Glucose", "mg/dL", "mmol/L", "0.0555", (60, 400, 0)),
    ("LDL", "mg/dL", "mmol/L", "0.0259", (40, 250, 0)),
    ("Triglycerides", "mg/dL", "mmol/L", "0.0113", (50, 500, 0)),
    ("Creatinine", "mg/dL", "umol/L", "88.4", (50, 500, 2)),
    ("Calcium", "mg/dL", "mmol/L", "0.25", (80, 120, 1)),
    ("WBC", "K/uL", "/uL", "1000", (30, 200, 1)),
    ("Platelets", "10*9/L", "K/uL", "1", (50, 600, 0)),
    ("Albumin", "g/dL", "g/L", "10", (20, 55, 1)),
    ("Ferritin", "ng/mL", "ug/L", "1", (5, 500, 0)),
]


FACTOR_ROUNDING = Decimal("0.003")
"""Of the published factors, which have three digits."""


def answer(name: str, figure: str, unit: str, wanted: str) -> Found:
    found = extract([("doc", document(f"{name}: {figure} {unit}"))], Target("number", name, wanted))
    assert isinstance(found, Found), (name, figure, unit, wanted, found)
    return found


def last_place(figure: str) -> Decimal:
    return Decimal(1).scaleb(min(int(Decimal(figure).as_tuple().exponent), 0))


@st.composite
def printed(draw: st.DrawFn) -> tuple[str, str, str, Decimal, str]:
    name, unit, other, factor, (low, high, places) = draw(st.sampled_from(PAIRS))
    figure = Decimal(draw(st.integers(low, high))).scaleb(-places)
    return name, unit, other, Decimal(factor), str(figure)


@given(printed())
def test_a_converted_value_is_the_printed_one_times_the_published_factor(
    case: tuple[str, str, str, Decimal, str],
) -> None:
    name, unit, other, factor, figure = case
    found = answer(name, figure, unit, other)
    exact = Decimal(figure) * factor
    rounding = last_place(found.value) / 2 + exact * FACTOR_ROUNDING
    assert abs(Decimal(found.value) - exact) <= rounding


@given(printed())
def test_a_value_converted_there_and_back_is_the_printed_one(
    case: tuple[str, str, str, Decimal, str],
) -> None:
    """Within what either rounding may cost."""
    name, unit, other, factor, figure = case
    there = answer(name, figure, unit, other).value
    back = answer(name, there, other, unit).value
    lost = last_place(there) / factor / 2 + last_place(back) / 2
    assert abs(Decimal(back) - Decimal(figure)) <= lost * Decimal("1.01")


@given(printed())
def test_the_box_of_a_converted_value_is_that_of_the_printed_figure_and_the_note_tells_it(
    case: tuple[str, str, str, Decimal, str],
) -> None:
    name, unit, other, factor, figure = case
    words = document(f"{name}: {figure} {unit}")
    found = extract([("doc", words)], Target("number", name, other))
    assert isinstance(found, Found)
    assert re.sub(r"[^\d.]", "", read_back(words, 1, found.box).strip("/uLdgmk")) == figure
    if factor != 1:
        assert "onverted" in found.note
        assert figure in found.note


@given(st.integers(340, 420))
def test_a_temperature_goes_to_fahrenheit_and_back(tenths: int) -> None:
    celsius = Decimal(tenths).scaleb(-1)
    there = answer("Temperature", str(celsius), "C", "F").value
    assert abs(Decimal(there) - (celsius * 9 / 5 + 32)) <= Decimal("0.1")
    back = answer("Temperature", there, "F", "C").value
    assert abs(Decimal(back) - celsius) <= Decimal("0.1")


@pytest.mark.parametrize(
    ("line", "name", "unit", "expected"),
    [
        ("Height: 5 ft 10 in", "Height", "cm", (177, 178)),
        ("Height: 5'10\"", "Height", "cm", (177, 178)),
        ("Height: 5 feet 10 inches", "Height", "in", (70, 70)),
        ("Weight: 7 lb 8 oz", "Weight", "kg", (3, 4)),
    ],
)
def test_compound_measures_are_added_up(
    line: str, name: str, unit: str, expected: tuple[int, int]
) -> None:
    found = extract([("doc", document(line))], Target("number", name, unit))
    assert isinstance(found, Found), found
    assert expected[0] <= Decimal(found.value) <= expected[1]


@pytest.mark.parametrize(
    ("line", "name", "unit"),
    [
        ("Glucose: 141", "Glucose", "mmol/L"),
        ("HDL: 41", "HDL", "mmol/L"),
        ("Creatinine: 1.2", "Creatinine", "umol/L"),
        ("Hemoglobin: 13.5", "Hemoglobin", "g/L"),
    ],
)
def test_a_figure_without_a_unit_is_never_given_in_a_unit_it_cannot_be_in(
    line: str, name: str, unit: str
) -> None:
    found = extract([("doc", document(line))], Target("number", name, unit))
    assert not isinstance(found, Found) or found.value not in line
