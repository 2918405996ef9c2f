"""What went wrong when the method first met documents it had not seen, each class by name."""

from decimal import Decimal
from typing import Literal

import pytest

from domain.scraping.extract import Found, NotFound, Target, extract
from tests.unit.domain.scraping.paper import document


def ask(
    *pages: str,
    name: str,
    units: str | None = None,
    description: str | None = None,
    kind: Literal["number", "date"] = "number",
) -> Found | NotFound:
    return extract([("doc", document(*pages))], Target(kind, name, units, description))


def value(answer: Found | NotFound) -> str | None:
    return answer.value if isinstance(answer, Found) else None


def test_the_newest_counts_where_the_dates_stand_to_the_right() -> None:
    text = """
Component     Value      Date
LDL           139        03/11/2025
LDL           96         09/15/2025
"""
    assert value(ask(text, name="LDL", units="mg/dL")) == "96"


def test_the_newest_counts_where_it_is_the_last_row() -> None:
    text = """
Date           Hgb      Plt
01/02/2024     9.1      140
03/04/2025     11.2     210
"""
    assert value(ask(text, name="Hemoglobin", units="g/dL")) == "11.2"


def test_a_table_goes_on_over_the_page_without_its_header() -> None:
    first = """
Date           Hgb      Plt
01/02/2024     9.1      140
05/06/2024     9.9      150
"""
    second = """
03/04/2025     11.2     210
04/05/2025     11.9     220
"""
    assert value(ask(first, second, name="Hemoglobin", units="g/dL")) == "11.9"


def test_a_table_goes_on_over_the_page_under_a_repeated_header() -> None:
    first = "Date           Hgb      Plt\n01/02/2024     9.1      140"
    second = "A. Example     page 2 of 2\nDate           Hgb      Plt\n03/04/2025     11.2     210"
    assert value(ask(first, second, name="Hemoglobin", units="g/dL")) == "11.2"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("She came in with an A1c of 7.2 and today it is 5.7.", "5.7"),
        ("A1c was 9.1 in March, 8.0 in June and is 7.4 now.", "7.4"),
        ("A1c 9.1 (01/05) -> 8.0 (03/06) -> 7.4 today.", "7.4"),
        ("Last year: A1c 8.1.\n\n\nLabs today: A1c 7.0, LDL 88.", "7.0"),
        ("PMH: Diabetes, A1c then 8.3.\n\n\nLaboratory data: A1c 7.7.", "7.7"),
    ],
)
def test_prose_tells_then_from_now(text: str, expected: str) -> None:
    assert value(ask(text, name="HbA1c", units="%")) == expected


def test_a_letterhead_is_no_column_of_references() -> None:
    text = """
Referring physician: Dr. Low      Normal Street Clinic      Ref 24-0815
Sodium                            139                       mmol/L
"""
    assert value(ask(text, name="Sodium", units="mmol/L")) == "139"


def test_the_name_of_a_panel_is_no_column() -> None:
    text = """
Complete Blood Count (LOINC: 58410-2)     Value
Hemoglobin                                13.1
"""
    assert value(ask(text, name="Hemoglobin", units="g/dL")) == "13.1"


@pytest.mark.parametrize(
    ("text", "name", "units", "expected"),
    [
        ("Sodium 142\nC-Reactive protein 3", "Sodium", "mmol/L", "142"),
        ("HbA1c 7.9 H", "HbA1c", "%", "7.9"),
        ("Hemoglobin 14.2 g/\ndL", "Hemoglobin", "g/dL", "14.2"),
        ("Potassium 3.2 L", "Potassium", "mmol/L", "3.2"),
        ("Platelets     K/uL     97", "Platelets", "K/uL", "97"),
        ("BP: 126/68 HR: 73", "Heart rate", "bpm", "73"),
    ],
)
def test_units_are_not_read_into_flags_and_names(
    text: str, name: str, units: str, expected: str
) -> None:
    assert value(ask(text, name=name, units=units)) == expected


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("1. TSH - 6\n2. Free T4 - 1.1", "TSH", "6"),
        ("Hgb a1c - 8%", "HbA1c", "8"),
        ("Gleason 3 - reviewed. PSA - 4.2", "PSA", "4.2"),
    ],
)
def test_a_dash_before_a_value_makes_no_range(text: str, name: str, expected: str) -> None:
    assert value(ask(text, name=name)) == expected


@pytest.mark.parametrize(
    ("text", "name", "units", "expected"),
    [
        ("LFTs WNL, potassium 3.9.", "Potassium", "mmol/L", "3.9"),
        ("Renal function normal with BUN of 17.", "BUN", "mg/dL", "17"),
        ("Electrolytes normal. Glucose 134.", "Glucose", "mg/dL", "134"),
        ("Troponin less than 0.04, white count 17.5.", "WBC", "K/uL", "17.5"),
        ("INR goal: 2.5 - 3.5. Hemoglobin was 13.0.", "Hemoglobin", "g/dL", "13.0"),
        ("Glucose within normal limits at 94.", "Glucose", "mg/dL", "94"),
    ],
)
def test_words_of_reference_and_goal_rule_their_own_clause_only(
    text: str, name: str, units: str, expected: str
) -> None:
    assert value(ask(text, name=name, units=units)) == expected


def test_the_number_of_a_list_item_is_no_value() -> None:
    text = (
        "5. Prostate cancer, Gleason\n6. Options were discussed with the patient at length today."
    )
    assert value(ask(text, name="Gleason score")) is None


def test_a_year_is_no_value() -> None:
    assert value(ask("His last PSA in November 2003 was 4.1.", name="PSA")) == "4.1"


@pytest.mark.parametrize(
    ("text", "name", "units", "expected"),
    [
        ("Hgb Bld-mCnc      13.2 g/dL", "Hemoglobin", "g/dL", "13.2"),
        ("BP-Sys(mm[Hg])      128", "Systolic BP", "mmHg", "128"),
        ("SBP/DBP 135mm[Hg]/93mm[Hg]", "Diastolic BP", "mmHg", "93"),
        ("Systolic Blood Pressure [90-140 mmHg]     128", "Systolic BP", "mmHg", "128"),
        ("Creatinine .8 mg/dL", "Creatinine", "mg/dL", "0.8"),
        ("Platelet count 2,90,000 /cumm", "Platelets", "/uL", "290000"),
        ("Albumin/Creatinine [Mass Ratio] in Urine     46 mg/g", "UACR", "mg/g", "46"),
    ],
)
def test_labels_and_figures_have_many_spellings(
    text: str, name: str, units: str, expected: str
) -> None:
    answer = ask(text, name=name, units=units)
    assert isinstance(answer, Found), answer
    assert Decimal(answer.value) == Decimal(expected)


STAY = """
Hospital course
Creatinine on admission was 2.9 mg/dL, peaked at 3.3 on hospital day 2 and was 1.4 at discharge.

                  Pre-procedure      Post-procedure
Blood pressure    148/90             122/74
"""


@pytest.mark.parametrize(
    ("name", "description", "expected"),
    [
        ("Creatinine", None, "1.4"),
        ("Creatinine", "at discharge", "1.4"),
        ("Creatinine", "on admission", "2.9"),
        ("Creatinine", "the highest value of the stay", "3.3"),
        ("Creatinine", "lowest", "1.4"),
        ("Creatinine", "most recent", "1.4"),
        ("Systolic BP", "pre-procedure", "148"),
        ("Systolic BP", "after the procedure", "122"),
        ("Pre-procedure systolic BP", None, "148"),
        ("Kidney function at its worst", "highest serum creatinine", "3.3"),
    ],
)
def test_the_description_says_which_measurement_is_meant(
    name: str, description: str | None, expected: str
) -> None:
    units = "mmHg" if "BP" in name else "mg/dL"
    assert value(ask(STAY, name=name, units=units, description=description)) == expected


def test_the_first_of_dated_values_is_the_oldest() -> None:
    text = "Date           Weight\n01/02/2024     90.1\n05/06/2024     88.0\n03/04/2025     85.5"
    assert value(ask(text, name="Weight", units="kg", description="first visit")) == "90.1"
    assert value(ask(text, name="First weight", units="kg")) == "90.1"
    assert value(ask(text, name="Weight", units="kg", description="lowest weight")) == "85.5"


def test_a_name_that_nothing_is_known_of_is_explained_by_its_description() -> None:
    text = "Vitals: BP 128/76, pulse 72.\n\n\nHemoglobin A1c 7.2 %."
    described = "Quality item 12: the hemoglobin A1c of the patient"
    assert value(ask(text, name="Item 12", units="%", description=described)) == "7.2"
    assert value(ask(text, name="Item 12", units="%", description="A1c and pulse")) is None


def test_a_relative_rules_the_whole_item_of_a_list() -> None:
    text = """
Family history
- Mother: breast cancer at 47; hemoglobin 8.2 during chemotherapy; colonoscopy 06/12/2020.
"""
    assert value(ask(text, name="Hemoglobin", units="g/dL")) is None
    assert value(ask(text, name="Date of colonoscopy", kind="date")) is None
