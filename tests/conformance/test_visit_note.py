"""The example note that the README and the demonstration use; answers as written in its source."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from domain.scraping.extract import Found, NotFound, Target, extract
from domain.scraping.words import DocumentWords
from examples import make_visit_note
from service.pdf.sandbox import Parsed, ParserServer

NOTE = Path(make_visit_note.__file__).with_name("visit-note.pdf")
VISIT = date(2025, 9, 18)


@pytest.fixture(scope="module")
def server() -> Iterator[ParserServer]:
    with ParserServer() as running:
        yield running


@pytest.fixture(scope="module")
def note(server: ParserServer) -> DocumentWords:
    answer = server.parse(NOTE.read_bytes())
    assert isinstance(answer, Parsed)
    return answer.words


def test_the_note_is_what_its_script_makes(
    server: ParserServer, note: DocumentWords, tmp_path: Path
) -> None:
    make_visit_note.main(tmp_path / "note.pdf")
    made = server.parse((tmp_path / "note.pdf").read_bytes())
    assert isinstance(made, Parsed)
    assert [word.text for word in made.words.words] == [word.text for word in note.words]


@pytest.mark.parametrize(
    ("name", "units", "value", "page"),
    [
        ("Hemoglobin A1c", "%", "7.2", 2),
        ("LDL", "mg/dL", "96", 2),
        ("Creatinine", "mg/dL", "0.94", 2),
        ("eGFR", "mL/min/1.73 m2", "68", 2),
        ("UACR", "mg/g", "24", 2),
        ("Blood pressure", "mmHg", "128/76", 1),
        ("Systolic blood pressure", "mmHg", "128", 1),
        ("Diastolic blood pressure", "mmHg", "76", 1),
        ("Pulse", "bpm", "72", 1),
        ("Weight", "kg", "81.4", 1),
        ("BMI", "kg/m2", "29.9", 1),
        ("PHQ-9", None, "4", 1),
    ],
)
def test_a_number_of_the_note_is_found(
    note: DocumentWords, name: str, units: str | None, value: str, page: int
) -> None:
    answer = extract([("note", note)], Target("number", name, units))
    assert isinstance(answer, Found)
    assert (answer.value, answer.page) == (value, page)
    assert answer.confidence > 0.75


def test_values_are_of_the_day_they_were_measured(note: DocumentWords) -> None:
    pressure = extract([("note", note)], Target("number", "Blood pressure", "mmHg"))
    ldl = extract([("note", note)], Target("number", "LDL", "mg/dL"))
    assert isinstance(pressure, Found)
    assert isinstance(ldl, Found)
    assert (pressure.observed_on, ldl.observed_on) == (VISIT, date(2025, 9, 15))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Date of visit", "2025-09-18"),
        ("Date of birth", "1961-04-12"),
        ("Next appointment", "2025-12-18"),
        ("Last colonoscopy", "2021-06-19"),
        ("Mammogram", "2025-02-03"),
    ],
)
def test_a_date_of_the_note_is_found(note: DocumentWords, name: str, value: str) -> None:
    answer = extract([("note", note)], Target("date", name))
    assert isinstance(answer, Found)
    assert answer.value == value


@pytest.mark.parametrize(
    ("name", "units", "reason"),
    [
        ("TSH", "mIU/L", "TSH is named on page 2, but ordered or pending without a result."),
        (
            "Vitamin D",
            "ng/mL",
            "Vitamin D is named on page 1, but ordered or pending without a result.",
        ),
        ("PSA", "ng/mL", "Nothing in the text is called PSA."),
    ],
)
def test_what_the_note_does_not_say_is_not_found(
    note: DocumentWords, name: str, units: str, reason: str
) -> None:
    answer = extract([("note", note)], Target("number", name, units))
    assert isinstance(answer, NotFound)
    assert answer.reason == reason
