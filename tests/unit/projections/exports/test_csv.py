import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.exports.csv import HEADER, to_csv
from tests.unit.projections.exports.reports import entry, rate, report


def read(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def test_a_metric_is_one_row_under_the_header() -> None:
    content = to_csv(report())
    assert content.decode() == (
        ",".join(HEADER) + "\r\n"
        "2025-01-01,2025-12-31,4711,1,Blood pressure under control,236,3,proportion,increase,%,,,"
        "100,100,10,5,60,,,,,60,25,70.59,0.7058823529411764705882352941,100.00,90,true,medium,"
        "50,80.5,6,6.8627\r\n"
    )


def test_groups_and_strata_are_rows_of_their_own() -> None:
    group = {**rate("Screened", 3, 1), "strata": [rate("Women", 2, 0)]}
    rows = read(to_csv(report(entry(groups=[group], strata=[rate("65 and over", 1, 1)]))))
    assert [(row["group"], row["stratum"], row["numerator"]) for row in rows] == [
        ("", "", "60"),
        ("", "65 and over", "1"),
        ("Screened", "", "3"),
        ("Screened", "Women", "2"),
    ]
    assert {row["metric_name"] for row in rows} == {"Blood pressure under control"}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_a_text_is_never_a_formula(start: str) -> None:
    name = f'{start}HYPERLINK("http://example.org")'
    [row] = read(to_csv(report(entry(metric_name=name))))
    assert row["metric_name"] == "'" + name


def test_a_negative_number_stays_a_number() -> None:
    [row] = read(to_csv(report(entry(score=Decimal("-1.50")))))
    assert row["score"] == "-1.50"


def test_a_large_or_small_number_has_no_exponent() -> None:
    [row] = read(to_csv(report(entry(score=Decimal("1E+9"), performance_rate=Decimal("1E-7")))))
    assert (row["score"], row["performance_rate"]) == ("1000000000", "0.0000001")


def test_what_is_not_known_is_empty() -> None:
    nothing: dict[str, Any] = {"low": None, "high": None}
    [row] = read(to_csv(report(entry(performance_rate=None, thresholds=nothing, benchmark=None))))
    empty = ("performance_rate", "low_threshold", "high_threshold", "benchmark_points")
    assert [row[name] for name in empty] == ["", "", "", ""]


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


@given(texts, texts)
def test_any_text_comes_back_from_its_cell(name: str, unit: str) -> None:
    [row] = read(to_csv(report(entry(metric_name=name, unit=unit))))
    assert row["metric_name"].removeprefix("'") == name.removeprefix("'")
    assert row["unit"].removeprefix("'") == unit.removeprefix("'")
    assert set(row) == set(HEADER)
