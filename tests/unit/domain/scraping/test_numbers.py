import pytest

from domain.scraping.numbers import numbers_in, plain


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("HbA1c 7.2% on 03/04/2024 at 10:34", ["7.2"]),
        ("WBC 12.80 x10E3/uL", ["12.80"]),
        (".8 mg/dL", ["0.8"]),
        ("platelets 184,000.", ["184000"]),
        ("2,90,000 lakh per cumm", ["290000"]),
        ("Hb 12,5 g/dl", ["12.5"]),
        ("T-score -2.5", ["-2.5"]),
        ("March 15, 1985", []),
        ("B12, T4, S1 and COVID-19", []),
        ("Gleason 3 + 4 = 7/10", ["7"]),
        ("BBPS 8 (3+3+2)", ["8"]),
        ("5'6\" (167.6 cm)", ["66", "167.6"]),
        ("388 10^3/ul", ["388"]),
        ("in November 2003 it was 94", ["94"]),
    ],
)
def test_only_values_are_numbers(text: str, expected: list[str]) -> None:
    assert [number.text for number in numbers_in(text)] == expected


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("BP 128/76 mmHg", "128", "76"),
        ("135mm[Hg]/93mm[Hg]", "135", "93"),
        ("148 over 90", "148", "90"),
    ],
)
def test_a_blood_pressure_is_a_pair(text: str, first: str, second: str) -> None:
    (number,) = numbers_in(text)
    assert (number.text, number.second) == (first, second)


@pytest.mark.parametrize("text", ["172 cm / 81 kg", "76/128", "10/12", "7/10 pain"])
def test_other_slashes_make_no_pair(text: str) -> None:
    assert all(number.second is None for number in numbers_in(text))


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("4.0 - 5.6", "range"),
        ("60-100 bpm", "range"),
        ("3.5 mmol/L to 5.0 mmol/L", "range"),
        ("12\u201320", "range"),
        ("< 70 mg/dL", "bound"),
        ("\u2265 6", "bound"),
        ("below 130", "bound"),
        ("at least 40", "bound"),
        ("130/80", "plain"),
        ("Hgb a1c - 8", "plain"),
    ],
)
def test_ranges_and_limits_are_told_from_values(text: str, role: str) -> None:
    assert {number.role for number in numbers_in(text)} == {role}


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("98.6\u00b0F", "\u00b0f"),
        ("54 mL/min/1.73 m2", "ml/min/1.73m2"),
        ("14.2 g/ dL", "g/dl"),
        ("16 mL per minute", "mlperminute"),
        ("7.9 H", None),
        ("1.2 L", None),
        ("142 C-Reactive", None),
        ("94 in November", None),
        ("70 in", "in"),
    ],
)
def test_a_unit_is_read_where_one_is_printed(text: str, unit: str | None) -> None:
    found = numbers_in(text)[0].unit
    assert (found.spelling if found else None) == unit


@pytest.mark.parametrize(
    ("printed", "expected"),
    [("1,234.5", "1234.5"), ("7,2", "7.2"), (".05", "0.05"), ("1,00,000", "100000"), ("12", "12")],
)
def test_figures_are_given_in_plain_digits(printed: str, expected: str) -> None:
    assert plain(printed) == expected
