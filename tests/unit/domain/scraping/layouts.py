"""Blocks of a patient's document, each of which says one measured value of a quantity."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from hypothesis import strategies as st

NEWEST = date(2025, 3, 4)


@dataclass(frozen=True)
class Quantity:
    """What is measured: `figures` of it as documents print them, in one order of magnitude."""

    name: str
    unit: str
    figures: tuple[str, ...]
    reference: str


QUANTITIES = (
    Quantity("HbA1c", "%", ("6.1", "7.4", "8.8", "9.3", "11.2"), "4.0 - 5.6"),
    Quantity("LDL", "mg/dL", ("71", "94", "118", "133", "162"), "0 - 99"),
    Quantity("Creatinine", "mg/dL", ("0.83", "1.07", "1.42", "1.91", "2.65"), "0.60 - 1.30"),
    Quantity("Potassium", "mmol/L", ("3.4", "4.1", "4.6", "5.2", "5.7"), "3.5 - 5.1"),
    Quantity("Sodium", "mmol/L", ("128", "133", "137", "141", "147"), "135 - 145"),
    Quantity("TSH", "mIU/L", ("0.31", "1.27", "2.86", "4.93", "7.44"), "0.40 - 4.50"),
    Quantity("Platelets", "K/uL", ("97", "161", "248", "319", "437"), "150 - 400"),
    Quantity("Hemoglobin", "g/dL", ("8.9", "10.7", "12.3", "13.8", "15.1"), "12.0 - 16.0"),
)
quantities = st.sampled_from(QUANTITIES)


def printed(day: date) -> str:
    return day.strftime("%m/%d/%Y")


def key_and_value(quantity: Quantity, figure: str) -> str:
    return f"{quantity.name}: {figure} {quantity.unit}"


def dotted(quantity: Quantity, figure: str) -> str:
    return f"{quantity.name} ........ {figure} {quantity.unit}"


def sentence(quantity: Quantity, figure: str) -> str:
    return f"Her {quantity.name} was {figure} {quantity.unit} and she feels well."


def list_of_results(quantity: Quantity, figure: str) -> str:
    return f"Labs: WBC 6.2, {quantity.name} {figure}, albumin 4.0, calcium 9.1."


def panel(quantity: Quantity, figure: str) -> str:
    """A laboratory's table with a flag, units and the reference range."""
    return _table(
        ["Test", "Result", "Flag", "Units", "Reference range"],
        ["Albumin", "4.0", "", "g/dL", "3.5 - 5.0"],
        [quantity.name, figure, "H", quantity.unit, quantity.reference],
        ["Calcium", "9.1", "", "mg/dL", "8.5 - 10.5"],
    )


def range_before_result(quantity: Quantity, figure: str) -> str:
    return _table(
        ["Test", "Reference range", "Units", "Result"],
        ["Albumin", "3.5 - 5.0", "g/dL", "4.0"],
        [quantity.name, quantity.reference, quantity.unit, figure],
    )


def as_heading(quantity: Quantity, figure: str) -> str:
    """Each quantity heads a column."""
    return _table(["Albumin", quantity.name, "Calcium"], ["4.0", figure, "9.1"])


ONE_VALUE: tuple[Callable[[Quantity, str], str], ...] = (
    key_and_value,
    dotted,
    sentence,
    list_of_results,
    panel,
    range_before_result,
    as_heading,
)
one_value = st.sampled_from(ONE_VALUE)


def dated_columns(quantity: Quantity, series: list[tuple[date, str]]) -> str:
    days = [printed(day) for day, _ in series]
    figures = [figure for _, figure in series]
    return _table(
        ["Test", *days, "Units"],
        ["Albumin", *["4.0"] * len(days), "g/dL"],
        [quantity.name, *figures, quantity.unit],
        ["Calcium", *["9.1"] * len(days), "mg/dL"],
    )


def dated_rows(quantity: Quantity, series: list[tuple[date, str]]) -> str:
    rows = [[printed(day), "4.0", figure] for day, figure in series]
    return _table(["Date", "Albumin", quantity.name], *rows)


def date_at_the_right(quantity: Quantity, series: list[tuple[date, str]]) -> str:
    rows = [[quantity.name, f"{figure} {quantity.unit}", printed(day)] for day, figure in series]
    return _table(["Test", "Result", "Date"], *rows)


def dated_sentences(quantity: Quantity, series: list[tuple[date, str]]) -> str:
    return "\n".join(
        f"On {printed(day)} her {quantity.name} was {figure} {quantity.unit}."
        for day, figure in series
    )


SERIES = (dated_columns, dated_rows, date_at_the_right, dated_sentences)
series_layouts = st.sampled_from(SERIES)


@st.composite
def series_of(draw: st.DrawFn, quantity: Quantity) -> list[tuple[date, str]]:
    """Two to four values of different days, in any order; that of NEWEST is the latest."""
    count = draw(st.integers(2, 4))
    figures = draw(st.permutations(quantity.figures))[:count]
    gaps = draw(st.lists(st.integers(20, 300), min_size=count - 1, max_size=count - 1, unique=True))
    days = [NEWEST, *(NEWEST - timedelta(days=gap) for gap in gaps)]
    oldest_first = draw(st.booleans())
    return sorted(zip(days, figures, strict=True), reverse=not oldest_first)


def _table(*rows: list[str]) -> str:
    widths = [max(map(len, column)) + 5 for column in zip(*rows, strict=True)]
    return "\n".join(
        "".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
