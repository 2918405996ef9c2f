"""What is the answer and what is not; expected values are read off the page by a person."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Literal

import pytest

from domain.scraping.extract import Found, NotFound, Target, extract
from tests.unit.domain.scraping.paper import document, read_back

PANEL = """
Riverside Laboratory                 Patient: A. Example
Collected: 03/04/2025

Test                 Result    Units      Reference       Prior 12/02/2024
Hemoglobin A1c       7.9 H     %          4.0 - 5.6       8.4 H
LDL cholesterol      96        mg/dL      < 100           139 H
Creatinine           1.42 H    mg/dL      0.70 - 1.30     1.38
PSA density          0.12      ng/mL      < 0.15
TSH                  pending   mIU/L      0.40 - 4.50     2.1
"""


def ask(
    text: str,
    name: str,
    units: str | None = None,
    kind: Literal["number", "date"] = "number",
    aliases: tuple[str, ...] = (),
    bounds: tuple[Decimal | None, Decimal | None] = (None, None),
) -> Found | NotFound:
    return extract([("doc", document(text))], Target(kind, name, units, None, aliases, *bounds))


def value(answer: Found | NotFound) -> str | None:
    return answer.value if isinstance(answer, Found) else None


@pytest.mark.parametrize(
    ("name", "units", "expected"),
    [
        ("HbA1c", "%", "7.9"),
        ("LDL", "mg/dL", "96"),
        ("Creatinine", "mg/dL", "1.42"),
        ("PSA", "ng/mL", None),
        ("TSH", "mIU/L", None),
        ("Hemoglobin", "g/dL", None),
        ("HDL", "mg/dL", None),
    ],
)
def test_a_row_gives_its_result_and_neither_range_nor_prior(
    name: str, units: str, expected: str | None
) -> None:
    assert value(ask(PANEL, name, units)) == expected


def test_the_box_is_the_word_of_the_value_and_the_note_tells_the_rest() -> None:
    answer = ask(PANEL, "HbA1c", "%")
    assert isinstance(answer, Found)
    assert read_back(document(PANEL), answer.page, answer.box) == "7.9"
    assert answer.observed_on == date(2025, 3, 4)
    assert "Hemoglobin A1c: 7.9 H" in answer.note
    assert "Also seen: 8.4 (page 1, 2024-12-02)" in answer.note


def test_an_ordered_test_is_told_from_an_unmentioned_one() -> None:
    ordered, absent = ask(PANEL, "TSH", "mIU/L"), ask(PANEL, "Ferritin", "ng/mL")
    assert isinstance(ordered, NotFound)
    assert isinstance(absent, NotFound)
    assert ordered.reason == "TSH is named on page 1, but ordered or pending without a result."
    assert absent.reason == "Nothing in the text is called Ferritin."


FLOWSHEET = """
Test            04-Mar-2025    02-Dec-2024    11-Jan-2024
LDL             96             139            128
Potassium                      4.4            4.1
"""


@pytest.mark.parametrize(("name", "expected"), [("LDL", "96"), ("Potassium", "4.4")])
def test_the_newest_column_wins_and_a_blank_cell_is_no_value(name: str, expected: str) -> None:
    assert value(ask(FLOWSHEET, name)) == expected


def test_the_newest_row_wins_wherever_it_stands() -> None:
    text = """
Date           Weight     Pulse
10/28/2011     150 lbs    70
1/24/2013      162 lbs    64
9/25/2012      155 lbs    81
"""
    assert value(ask(text, "Weight", "lb")) == "162"
    assert value(ask(text, "Heart rate", "bpm")) == "64"


def test_a_pair_answers_for_both_its_halves_and_for_itself() -> None:
    text = "Vital signs: BP 128/76 mmHg, pulse 72, temp 98.2 F."
    assert value(ask(text, "Systolic BP", "mmHg")) == "128"
    assert value(ask(text, "Diastolic blood pressure", "mmHg")) == "76"
    assert value(ask(text, "Blood pressure", "mmHg")) == "128/76"
    assert value(ask(text, "Heart rate", "bpm")) == "72"
    assert value(ask(text, "Temperature", "degF")) == "98.2"


@pytest.mark.parametrize(
    ("text", "name", "units"),
    [
        ("LDL goal 70 mg/dL.", "LDL", "mg/dL"),
        ("Keep HbA1c below 7.0 %.", "HbA1c", "%"),
        ("Normal range for sodium 135 - 145 mmol/L.", "Sodium", "mmol/L"),
        ("Mother's HbA1c was 9.1 %.", "HbA1c", "%"),
        ("FAMILY HISTORY: Brother had a PSA of 12 ng/mL.", "PSA", "ng/mL"),
        ("Will check LDL in 3 months.", "LDL", "mg/dL"),
        ("Weight: 182 cm", "Weight", "kg"),
        ("Glucose 7.4 %", "Glucose", "mg/dL"),
        ("PSA velocity 0.4 ng/mL", "PSA", "ng/mL"),
        ("Heart rate 4500", "Heart rate", "bpm"),
        ("Potassium chloride 20 mEq daily", "Potassium", "mmol/L"),
        ("Blood pressure 128 mmHg", "Systolic BP", "mmHg"),
    ],
)
def test_what_was_not_measured_of_this_patient_is_no_answer(
    text: str, name: str, units: str
) -> None:
    answer = ask(text, name, units)
    assert isinstance(answer, NotFound), answer.value


def test_a_value_in_another_unit_is_converted_and_the_note_says_what_is_printed() -> None:
    answer = ask("Weight: 226 lb", "Weight", "kg")
    assert isinstance(answer, Found)
    assert answer.value == "102.5"
    assert "226 lb on the page, converted to 102.5 kg." in answer.note
    assert read_back(document("Weight: 226 lb"), 1, answer.box) == "226"


def test_a_figure_that_can_only_be_in_another_unit_is_converted_and_said_to_be() -> None:
    answer = ask("Hemoglobin: 132", "Hemoglobin", "g/dL")
    assert isinstance(answer, Found)
    assert answer.value == "13.2"
    assert "No unit is printed; the figure can only be 132 g/l." in answer.note


def test_a_sum_of_two_units_is_boxed_and_told_as_printed() -> None:
    answer = ask("Height: 5 ft 10 in", "Height", "in")
    assert isinstance(answer, Found)
    assert answer.value == "70"
    assert "5 ft 10 in on the page, converted to 70 in." in answer.note
    assert read_back(document("Height: 5 ft 10 in"), 1, answer.box) == "5 ft 10"


def test_of_two_units_the_asked_one_is_taken() -> None:
    text = "Weight        145 lbs (65.8 kg)"
    assert value(ask(text, "Weight", "kg")) == "65.8"
    assert value(ask(text, "Weight", "lb")) == "145"


def test_units_are_not_required() -> None:
    assert value(ask("Weight: 81.4", "Weight", "kg")) == "81.4"


def test_the_bounds_of_the_variable_are_kept() -> None:
    bounds = (Decimal(100), Decimal(200))
    assert value(ask("Glucose 98 mg/dL", "Glucose", "mg/dL", bounds=bounds)) is None
    assert value(ask("Glucose 148 mg/dL", "Glucose", "mg/dL", bounds=bounds)) == "148"


def test_an_unknown_name_is_found_by_itself_or_by_an_alias() -> None:
    text = "Zeta index: 4.4\nWobble factor (WF)     12"
    assert value(ask(text, "Zeta index")) == "4.4"
    assert value(ask(text, "Unsteadiness", aliases=("Wobble factor",))) == "12"


def test_the_words_of_an_unknown_name_may_stand_loosely() -> None:
    text = "Three polyps were removed. The largest polyp measured 12 mm."
    assert value(ask(text, "Largest polyp size", "mm")) == "12"


def test_today_beats_the_past_of_the_same_sentence() -> None:
    text = "Her HbA1c came in at 9.2 % initially. HbA1c is 7.1 % today."
    assert value(ask(text, "HbA1c", "%")) == "7.1"


DATES = """
Westside Digestive Health
DOB: 03/08/1957        Visit date: 06/19/2024      Report signed: 06/21/2024

Last colonoscopy 05/30/2019 showed two adenomas. Mammogram was ordered for 07/01/2024.
Her sister had a mammogram on 01/02/2024. Next appointment: 12/18/2024.
"""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Date of birth", "1957-03-08"),
        ("Date of visit", "2024-06-19"),
        ("Last colonoscopy", "2019-05-30"),
        ("Colonoscopy date", "2019-05-30"),
        ("Next appointment", "2024-12-18"),
        ("Mammogram", None),
        ("Date of discharge", None),
        ("Next colonoscopy", None),
    ],
)
def test_a_date_belongs_to_the_event_it_stands_with(name: str, expected: str | None) -> None:
    assert value(ask(DATES, name, kind="date")) == expected


def test_a_date_of_birth_is_never_a_visit() -> None:
    assert value(ask("Date of birth: 03/08/1957", "Date of visit", kind="date")) is None
    assert value(ask("DOB 03/08/1957 seen today", "Visit", kind="date")) is None


def test_the_date_of_a_report_is_that_of_its_own_procedure() -> None:
    text = "Colonoscopy report\nProcedure date: 06/19/2024\nLast colonoscopy: 05/30/2019"
    assert value(ask(text, "Date of colonoscopy", kind="date")) == "2024-06-19"
    assert value(ask(text, "Last colonoscopy", kind="date")) == "2019-05-30"
    assert value(ask(text, "Date of mammogram", kind="date")) is None


def test_of_several_documents_the_newest_counts_whatever_was_uploaded_last() -> None:
    newer = document("Visit date: 09/18/2025\nWeight: 81.4 kg")
    older = document("Visit date: 03/11/2025\nWeight: 84.0 kg")
    target = Target("number", "Weight", "kg")
    for documents in ([("new", newer), ("old", older)], [("old", older), ("new", newer)]):
        answer = extract(documents, target)
        assert isinstance(answer, Found)
        assert (answer.value, answer.document_id) == ("81.4", "new")
        assert answer.observed_on == date(2025, 9, 18)


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [("HbA1c: 5.0 %", "number", "HbA1c"), ("Date of visit: 03/04/2025", "date", "Date of visit")],
)
def test_a_value_in_white_is_no_answer(
    text: str, kind: Literal["number", "date"], name: str
) -> None:
    seen = document(text)
    white = replace(seen, words=tuple(replace(word, source="white") for word in seen.words))
    assert isinstance(extract([("doc", seen)], Target(kind, name)), Found)
    answer = extract([("doc", white)], Target(kind, name))
    assert isinstance(answer, NotFound)
    assert answer.reason == f"{name} is named on page 1, but only as white text."


def test_pages_without_text_are_said_to_be_unread() -> None:
    scan = ask("", "HbA1c", "%")
    assert isinstance(scan, NotFound)
    assert scan.reason == "No page has readable text; the document may be a scan."
    partly = extract([("doc", document("Sodium 139", ""))], Target("number", "HbA1c", "%"))
    assert isinstance(partly, NotFound)
    assert partly.reason.endswith("1 page(s) have no readable text.")


def test_no_document_is_an_answer_too() -> None:
    assert extract([], Target("number", "HbA1c")) == NotFound("There is no document to read.")


def test_a_name_on_every_line_of_a_flood_is_refused_and_not_searched_forever() -> None:
    flood = "\n".join(["BP 120/80    " * 60] * 90)
    answer = ask(flood, "Systolic BP")
    assert isinstance(answer, NotFound)
    assert answer.reason == "Systolic BP is named too often to tell which value counts."


def test_a_turned_page_gives_the_box_on_the_page_as_shown() -> None:
    turned = document("HbA1c: 7.2 %", turn=90)
    answer = extract([("doc", turned)], Target("number", "HbA1c", "%"))
    assert isinstance(answer, Found)
    assert read_back(turned, 1, answer.box) == "7.2"
    assert answer.box.height > answer.box.width
