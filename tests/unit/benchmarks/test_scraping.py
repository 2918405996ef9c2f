"""The benchmark of scraping judges as a person would; the documents are drawn here."""

import json
from pathlib import Path
from typing import Any

import pdfplumber
import pytest
from reportlab.pdfgen.canvas import Canvas

from benchmarks import hostile, naive, scraping, scraping_speed
from benchmarks.answers import Document, geometry, parse
from benchmarks.bombs import bombs
from benchmarks.questions import Question, Score, Share, read_questions
from benchmarks.scraping_speed import Cost
from benchmarks.second_reader import SecondReader
from benchmarks.spelling import spells
from domain.scraping.extract import Found, Target
from domain.scraping.words import Box

LINES = [
    "Date of visit: 03/04/2025",
    "Potassium goal: above 4.0 mmol/L",
    "Potassium: 3.6 mmol/L",
    "LDL goal: below 70 mg/dL",
    "Blood pressure: 128/76 mmHg",
]


def row(name: str, accept: list[Any], units: str | None = None, **more: Any) -> dict[str, Any]:
    pages = [1] if accept else []
    kind = "numeric"
    made = {"file": "note.pdf", "name": name, "units": units, "description": None, "kind": kind}
    return {**made, "accept": accept, "pages": pages, "page": 1, "tags": ["plain"], **more}


ROWS = [
    row("Potassium", [3.6], "mmol/L"),
    row("LDL", [], "mg/dL", tags=["goal"]),
    row("Systolic BP", [128.0], "mmHg", tags=["bp"]),
    row("Date of visit", ["2025-03-04"], kind="date"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tmp_path_factory.mktemp("truth")
    canvas = Canvas(str(made / "note.pdf"), pagesize=(400, 300))
    for _ in range(3):
        for n, line in enumerate(LINES):
            canvas.drawString(50, 250 - 20 * n, line)
        canvas.showPage()
    canvas.save()
    _write(made / "truth.jsonl", ROWS)
    return made


@pytest.fixture(scope="module")
def document(folder: Path) -> Document:
    return parse(folder, ["note.pdf"])["note.pdf"]


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")


def test_answers_that_are_right_on_the_page_reach_every_bar(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scraping.main([str(folder / "truth.jsonl"), "--rounds", "0"]) == 0
    printed = capsys.readouterr().out
    assert "4 questions about 1 documents" in printed
    (everything,) = [line for line in printed.splitlines() if line.startswith("all questions")]
    assert everything.split()[2:4] == ["4", "1.000"]
    assert "no" not in printed.split()


@pytest.mark.parametrize(
    ("change", "below"),
    [
        ({"accept": [4.0]}, "answers given (precision)"),
        ({"accept": [], "pages": []}, "not in the document"),
        ({"pages": [2]}, "page of the right answers"),
    ],
)
def test_a_wrong_value_or_page_is_below_a_bar(
    folder: Path, capsys: pytest.CaptureFixture[str], change: dict[str, Any], below: str
) -> None:
    path = folder / "wrong.jsonl"
    _write(path, [{**ROWS[0], **change}, *ROWS[1:]])
    assert scraping.main([str(path), "--rounds", "0", "--wrong"]) == 1
    printed = capsys.readouterr().out
    (line,) = [line for line in printed.splitlines() if line.startswith(below)]
    assert line.endswith("no")
    assert "\nwrong" in printed


def test_a_first_attempt_takes_the_goal_for_the_value(document: Document) -> None:
    words = document.words
    assert naive.first_after(words, Target("number", "Potassium")) == "4.0"
    assert naive.first_after(words, Target("number", "LDL")) == "70"
    assert naive.nearest(words, Target("number", "LDL")) == "70"
    assert naive.first_after(words, Target("date", "Date of visit")) == "2025-03-04"
    assert naive.nearest(words, Target("date", "Date of visit")) == "2025-03-04"
    assert naive.nearest(words, Target("number", "Sodium")) is None


def _answer(value: str, note: str = "") -> Found:
    return Found(value, 1, Box(0, 0, 1, 1), 1.0, note, None, "document", ())


@pytest.mark.parametrize(
    ("text", "value", "note"),
    [
        ("7.2%", "7.2", ""),
        ("7,2", "7.2", ""),
        (".8", "0.8", ""),
        ("184,000", "184000", ""),
        ("128/76", "128", ""),
        ("128/76", "76", ""),
        ("3+4=7/10", "7", ""),
        ("3 + 4", "7", ""),
        ("226 lb", "102.5", "Read from “Weight 226 lb”. Converted from 226 lb."),
        ("211,000.", "211", "211,000 /ul on the page, converted to 211 K/uL."),
        ("03/04/2025", "2025-03-04", ""),
        ("March 4, 2025", "2025-03-04", ""),
        ("20250304", "2025-03-04", ""),
        ("4.3.25", "2025-03-04", ""),
    ],
)
def test_a_box_around_the_printed_answer_spells_it(text: str, value: str, note: str) -> None:
    assert spells(text, _answer(value, note))


@pytest.mark.parametrize(
    ("text", "value", "note"),
    [
        ("", "7.2", ""),
        ("", "102.5", "Converted from 226 lb."),
        ("Potassium", "7.2", ""),
        ("7.2 (4.0-5.6)", "7.2", ""),
        ("17.2", "7.2", ""),
        ("226 lb", "102.5", "Read from “Weight 226 lb”."),
        ("03/04/2025 10:30", "2025-03-04", ""),
        ("03/05/2025", "2025-03-04", ""),
        ("2025", "2025-03-04", ""),
    ],
)
def test_a_box_around_more_less_or_other_figures_does_not(text: str, value: str, note: str) -> None:
    assert not spells(text, _answer(value, note))


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_the_second_reader_finds_text_where_the_displayed_page_shows_it(
    tmp_path: Path, turn: int
) -> None:
    """The figure is 60 points right of and 40 above the lower left corner of the square page."""
    path = tmp_path / "turned.pdf"
    canvas = Canvas(str(path), pagesize=(400, 400))
    canvas.setPageRotation(turn)
    canvas.drawString(60, 40, "43")
    canvas.drawString(200, 150, "99")
    canvas.save()
    left, top = {0: (60, 351), 90: (40, 60), 180: (324, 40), 270: (351, 324)}[turn]
    across, down = (16, 9) if turn in (0, 180) else (9, 16)
    with SecondReader(path.read_bytes()) as reader:
        assert reader.text_in(1, Box(left - 2, top - 2, left + across + 2, top + down + 2)) == "43"


def test_a_share_of_nothing_is_complete_and_shown_as_blank() -> None:
    assert Share(0, 0).ratio == 1
    assert str(Share(0, 0)) == ""
    assert str(Share(2, 3)) == "0.667"


def test_precision_counts_only_the_answers_given(folder: Path) -> None:
    questions = read_questions(folder / "truth.jsonl")
    rows = Score(questions, ["3.6", "70", None, None]).rows()
    assert rows["all questions"] == Share(1, 4)
    assert rows["the value is there"] == Share(1, 3)
    assert rows["not in the document"] == Share(0, 1)
    assert rows["answers given (precision)"] == Share(1, 2)
    assert rows["  goal"] == Share(0, 1)


def test_a_pair_is_judged_by_its_first_value_and_a_date_by_its_day() -> None:
    pressure = Question.from_row(row("Blood pressure", [128.0]))
    assert pressure.is_right("128/76")
    assert not pressure.is_right("76")
    visit = Question.from_row(row("Date of visit", ["2025-03-04"], kind="date"))
    assert visit.is_right("2025-03-04")
    assert not visit.is_right(None)


def test_boxes_more_than_two_points_off_are_wrong(folder: Path) -> None:
    with pdfplumber.open(folder / "note.pdf") as read:
        (figure,) = read.pages[0].search("3.6", regex=False)
    box = {"x1": figure["x0"], "y1": figure["top"], "x2": figure["x1"], "y2": figure["bottom"]}
    good = {"file": "note.pdf", "name": "Potassium", "units": "mmol/L", "expected": 3.6}
    path = folder / "boxes.jsonl"
    _write(path, [{**good, "box": box}, {**good, "box": {**box, "x2": box["x2"] + 2.5}}])
    assert geometry(path) == Share(1, 2)


def test_every_cost_is_measured_and_a_ratio_is_held_to_its_bar(
    folder: Path, document: Document
) -> None:
    questions = read_questions(folder / "truth.jsonl")
    words = scraping_speed.words_of_a_page([document.pdf], rounds=1)
    scrapes = scraping_speed.scrapes_after_upload(document.pdf, document.words, questions, 1)
    assert words.ours > 0
    assert words.ratio is not None
    assert [scrape.bar for scrape in scrapes] == [0.01, None]
    assert all(scrape.ours > 0 for scrape in scrapes)
    assert Cost("x", "ms", 1, 0.2, 6).is_reached
    assert not Cost("x", "ms", 1, 0.2, 4).is_reached
    assert Cost("x", "ms", 1).is_reached is None


def test_the_memory_of_a_long_document_is_that_of_the_process_that_parses_it(
    document: Document,
) -> None:
    cost = scraping_speed.long_document([document.pdf])
    assert cost.ours > 10
    assert cost.unit == "MB"


def test_bombs_and_other_files_end_and_nothing_is_left_of_them(folder: Path) -> None:
    (folder / "page.pdf").write_text("<html></html>", encoding="utf-8")
    ends, damage = hostile.run([folder])
    states = {end.name: end.state for end in ends}
    assert states["note.pdf"] == "read"
    assert states["page.pdf"] == "The document is not readable as a PDF."
    assert set(states) == {"note.pdf", "page.pdf", *bombs()}
    assert states["forms that draw each other 10^8 times"] != "read"
    assert (damage.processes_left, damage.open_files_left) == (0, 0)
    printed = hostile.summary(ends, damage)
    assert "2 files, each ended" in printed
    assert "not readable as a PDF" in printed


def test_the_command_says_what_it_needs(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        scraping.main([])
    assert "TRUTH.jsonl or --hostile DIR is needed" in capsys.readouterr().err
