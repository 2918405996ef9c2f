"""Scans: which pages are read with OCR, and that its words stand where the printed ones do.

What is printed on a scan is known from the digital page that it is a picture of.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import psutil
import pytest

from domain.scraping.extract import Found, NotFound, Target, extract
from domain.scraping.words import DocumentWords, Word
from service.pdf.limits import Limits
from service.pdf.sandbox import Parsed, ParserServer
from tests.unit.service.pdf.drawing import joined, pdf, scanned, stamped, text

LABS = (
    ("Test", "Result", "Reference"),
    ("Hemoglobin A1c", "7.2", "4.0 - 5.6"),
    ("Creatinine", "0.9", "0.6 - 1.2"),
    ("Potassium", "4.1", "3.5 - 5.1"),
)
SMALL = "/MediaBox [0 0 330 130]"
"""A page that is read in a second."""


def labs(page: str = SMALL) -> bytes:
    """A table with results, close lines below each other."""
    rows = enumerate(LABS)
    drawn = "".join(
        text(20 + 110 * column, 76 - 16 * row, cell, 12)
        for row, cells in rows
        for column, cell in enumerate(cells)
    )
    return pdf(text(20, 100, "Laboratory report of 03/04/2025", 12) + drawn, page)


@pytest.fixture(scope="module")
def server() -> Iterator[ParserServer]:
    with ParserServer() as running:
        yield running


def words_of(server: ParserServer, document: bytes) -> DocumentWords:
    answer = server.parse(document)
    assert isinstance(answer, Parsed), answer
    return answer.words


def spelt(words: DocumentWords, source: str) -> list[str]:
    return [word.text for word in words.words if word.source == source]


def ask(words: DocumentWords, name: str, units: str | None = None) -> Found | NotFound:
    return extract([("doc", words)], Target("number", name, units))


def assert_in_the_same_place(read: Word, printed: Word) -> None:
    """The middle of what was read is in the printed word, which is not much smaller or larger."""
    box, true = read.box, printed.box
    assert true.x1 <= (box.x1 + box.x2) / 2 <= true.x2, (read, printed)
    assert true.y1 <= (box.y1 + box.y2) / 2 <= true.y2, (read, printed)
    assert max(box.width, box.height) == pytest.approx(max(true.width, true.height), abs=6)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_scan_is_read_however_the_paper_lay(server: ParserServer, turn: int) -> None:
    printed = words_of(server, labs(f"{SMALL} /Rotate {turn}"))
    read = words_of(server, scanned(labs(), turn))
    assert spelt(read, "ocr") == [word.text for word in read.words]
    # Where a picture has a narrow space is not sure; every letter is.
    letters = "".join(word.text for word in words_of(server, labs()).words)
    assert "".join(spelt(read, "ocr")) == letters
    assert read.pages[0].turn == printed.pages[0].turn == turn
    placed = [(one, other) for one in read.words for other in printed.words
              if one.text == other.text != "-"]  # fmt: skip
    assert len(placed) >= 13
    for one, other in placed:
        assert_in_the_same_place(one, other)
    answer = ask(read, "HbA1c", "%")
    assert isinstance(answer, Found)
    assert answer.value == "7.2"


def test_lines_that_fall_by_more_than_a_line_are_still_lines(server: ParserServer) -> None:
    read = words_of(server, scanned(labs(), skew=5))
    by_text = {word.text: word.box for word in read.words}
    assert by_text["0.6"].y1 - by_text["Creatinine"].y1 > 12
    for name, value in (("Hemoglobin A1c", "7.2"), ("Creatinine", "0.9"), ("Potassium", "4.1")):
        answer = ask(read, name)
        assert isinstance(answer, Found)
        assert answer.value == value


def test_a_colon_without_a_space_parts_a_label_from_its_number(server: ParserServer) -> None:
    page = pdf(text(30, 60, "BMI:28", 12) + text(150, 60, "at 14:08", 12), "/MediaBox [0 0 260 90]")
    assert spelt(words_of(server, scanned(page)), "ocr") == ["BMI:", "28", "at", "14:08"]


def test_without_ocr_a_scan_is_said_to_be_one(server: ParserServer) -> None:
    with ParserServer(ocr=False) as plain:
        words = words_of(plain, scanned(labs()))
    assert words.words == ()
    assert words.summary()["unread_pages"] == [1]
    answer = ask(words, "HbA1c", "%")
    assert isinstance(answer, NotFound)
    assert answer.reason == "Page 1 is a scan; OCR is not installed."


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        ({"wall_seconds": 0}, "reading the document took too long"),
        ({"scans_seconds": 0}, "there was no time left to read it"),
    ],
)
def test_a_scan_that_costs_too_much_is_left_unread_with_the_reason(
    limits: dict[str, Any], why: str
) -> None:
    with ParserServer(scan_limits=Limits(**limits), ocr=True) as limited:
        words = words_of(limited, scanned(labs()))
    assert [page.unread for page in words.pages] == [why]


def test_a_digital_document_never_starts_the_reader_of_scans() -> None:
    before = set(psutil.Process().children())
    with ParserServer(ocr=True) as server:
        words_of(server, labs())
        (digital,) = set(psutil.Process().children()) - before
        words_of(server, scanned(labs()))
        assert len(set(psutil.Process().children()) - before - {digital}) == 1


def test_pages_without_text_are_scans_only_when_something_is_drawn(server: ParserServer) -> None:
    with ParserServer(ocr=False) as plain:
        for content, unread in (
            ("", []),
            ("50 50 100 100 re f\n", []),
            ("50 50 2 2 re f\n" * 50, [1]),
            (text(72, 700, "words") + "50 50 2 2 re f\n" * 50, []),
        ):
            assert words_of(plain, pdf(content)).summary()["unread_pages"] == unread


def test_a_stamp_on_a_scan_does_not_hide_the_scan_and_is_not_read_twice(
    server: ParserServer,
) -> None:
    words = words_of(server, stamped(scanned(labs()), text(20, 118, "FAX 555-0100 page 1 of 2")))
    assert spelt(words, "text") == ["FAX", "555-0100", "page", "1", "of", "2"]
    assert "FAX" not in spelt(words, "ocr")
    assert {"Potassium", "4.1", "Reference"} <= set(spelt(words, "ocr"))


def test_the_words_of_all_pages_stay_in_the_order_of_pages(server: ParserServer) -> None:
    words = words_of(server, joined(labs(), scanned(labs()), labs()))
    numbers = [word.page for word in words.words]
    assert all(one <= other for one, other in pairwise(numbers))
    assert words.summary()["ocr_pages"] == [2]
    assert [page.number for page in words.pages] == [1, 2, 3]
    assert words.tables == 3
