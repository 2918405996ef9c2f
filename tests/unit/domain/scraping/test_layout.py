from dataclasses import replace

import pytest

from domain.scraping.columns import role_of
from domain.scraping.layout import count_tables, lay_out
from tests.unit.domain.scraping.paper import document

TABLE = """
Test              Result     Units
Sodium            139        mmol/L
Potassium         4.1        mmol/L
Chloride          98         mmol/L
"""


def _texts(text: str, turn: int = 0) -> list[str]:
    return [flow.text for flow in lay_out(document(text, turn=turn)).flows]


def test_wide_gaps_part_the_cells_of_a_line() -> None:
    assert _texts("Heart rate      72 bpm") == ["Heart rate", "72 bpm"]


def test_a_wrapped_sentence_reads_on() -> None:
    text = (
        "The patient came back for the review of laboratory values, her hemoglobin\n"
        "was 10.2 and stable.\n"
    )
    (flow,) = _texts(text)
    assert "hemoglobin was 10.2" in flow


def test_a_word_divided_at_the_line_end_is_mended() -> None:
    text = (
        "A structurally normal heart with normal left ventricular systolic func-\n"
        "tion was seen on the echocardiogram performed in the morning by the team.\n"
    )
    (flow,) = _texts(text)
    assert "function" in flow


def test_rows_of_a_table_do_not_read_on() -> None:
    assert "Sodium Potassium" not in " ".join(_texts(TABLE))
    assert "Potassium" in _texts(TABLE)


def test_a_key_starts_a_new_text() -> None:
    assert _texts("Weight: 80 kg\nHeight: 170 cm") == ["Weight: 80 kg", "Height: 170 cm"]


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_turned_page_reads_like_an_upright_one(turn: int) -> None:
    assert _texts(TABLE, turn) == _texts(TABLE)


def test_a_table_counts_once() -> None:
    assert count_tables(document(TABLE)) == 1
    assert count_tables(document("One line of text.\nAnother line of it.")) == 0


@pytest.mark.parametrize(
    ("heading", "role"),
    [
        ("Reference range", "reference"),
        ("Benchmark", "reference"),
        ("Prior (2019)", "prior"),
        ("Result", "result"),
        ("This exam", "result"),
        ("Units", "unit"),
        ("Status", "other"),
        ("Referring physician", "other"),
        ("Results were sent to the referring physician today", "other"),
    ],
)
def test_a_column_is_known_by_its_heading(heading: str, role: str) -> None:
    assert role_of(heading) == role


@pytest.mark.parametrize(
    ("glued", "text"),
    [
        ("ultrasensitive3.62", "ultrasensitive 3.62"),
        ("goal2to", "goal 2 to"),
        ("below7", "below 7"),
        ("HR73", "HR 73"),
        ("HbA1c", "HbA1c"),
        ("SpO2", "SpO2"),
        ("B12", "B12"),
    ],
)
def test_words_and_figures_that_ocr_glues_together_are_parted(glued: str, text: str) -> None:
    seen = document(glued)
    scanned = replace(seen, words=tuple(replace(word, source="ocr") for word in seen.words))
    assert lay_out(scanned).flows[0].text == text
    assert lay_out(seen).flows[0].text == glued
