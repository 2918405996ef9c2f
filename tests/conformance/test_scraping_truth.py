"""Extraction on real and trap documents with known answers, all the way from the PDF bytes.

The floors are what the extractor reached when they were written, rounded down.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import pytest

from domain.scraping.extract import Found, NotFound, Target, extract
from domain.scraping.words import Box, DocumentWords
from service.pdf.sandbox import Parsed, ParserServer
from tests.conformance import scraping_data

scraping_data.require()

Answer = Found | NotFound
LONG_SCANS = ("clinical/scan_ccda_partners.pdf", "clinical/scan_mosaicx_vitals.pdf")


@dataclass(frozen=True)
class Row:
    """A question with its known answer and ours."""

    truth: dict[str, Any]
    answer: Answer

    @property
    def is_right(self) -> bool:
        if isinstance(self.answer, NotFound):
            return self.truth["expected"] is None
        if self.truth["kind"] == "date":
            return self.answer.value in self.truth["accept"]
        value = Decimal(self.answer.value.split("/")[0])
        return value in [Decimal(str(each)) for each in self.truth["accept"]]

    def __str__(self) -> str:
        return f"{self.truth['file']}: {self.truth['name']} {self.truth['accept']} {self.answer}"


class Documents:
    """The parsed words of each file, read once."""

    def __init__(self, server: ParserServer) -> None:
        self._server = server
        self._read: dict[str, DocumentWords] = {}

    def __getitem__(self, file: str) -> DocumentWords:
        if file not in self._read:
            answer = self._server.parse((scraping_data.PDFS / file).read_bytes())
            assert isinstance(answer, Parsed), (file, answer)
            self._read[file] = answer.words
        return self._read[file]


@pytest.fixture(scope="module")
def documents() -> Iterator[Documents]:
    with ParserServer() as server:
        yield Documents(server)


@pytest.fixture(scope="module")
def rows(documents: Documents) -> list[Row]:
    return [
        Row(truth, _ask(documents[truth["file"]], truth))
        for truth in scraping_data.lines("truth.jsonl")
        if truth["file"] not in LONG_SCANS
    ]


def _ask(words: DocumentWords, truth: dict[str, Any]) -> Answer:
    kind: Literal["number", "date"] = "date" if truth.get("kind") == "date" else "number"
    target = Target(kind, truth["name"], truth["units"], truth.get("description"))
    return extract([("doc", words)], target)


def _share(rows: list[Row]) -> float:
    return sum(row.is_right for row in rows) / len(rows)


def test_at_least_98_of_100_questions_are_answered_right(rows: list[Row]) -> None:
    assert _share(rows) >= 0.98, [str(row) for row in rows if not row.is_right]


def test_at_least_99_of_100_answers_given_are_right(rows: list[Row]) -> None:
    given = [row for row in rows if isinstance(row.answer, Found)]
    assert len(given) >= 330
    assert _share(given) >= 0.99, [str(row) for row in given if not row.is_right]


def test_at_least_99_of_100_absent_values_are_not_found(rows: list[Row]) -> None:
    absent = [row for row in rows if row.truth["expected"] is None]
    assert len(absent) >= 160
    assert _share(absent) >= 0.99, [str(row) for row in absent if not row.is_right]


def test_what_is_printed_on_scans_is_read_off_them(rows: list[Row]) -> None:
    scanned = [row for row in rows if "ocr" in row.truth["tags"]]
    assert len(scanned) >= 12
    assert _share(scanned) >= 0.9, [str(row) for row in scanned if not row.is_right]


def test_no_goal_range_birth_date_or_blank_cell_is_ever_an_answer(rows: list[Row]) -> None:
    traps = {"goal", "refrange", "refrange-in-label", "blank-cell", "dob", "near-miss"}
    trapped = [row for row in rows if traps & set(row.truth["tags"])]
    wrong = [row for row in trapped if isinstance(row.answer, Found) and not row.is_right]
    assert len(trapped) >= 50
    assert [str(row) for row in wrong] == []


def test_every_right_answer_is_on_the_right_page_and_its_box_holds_it(
    rows: list[Row], documents: Documents
) -> None:
    right = [row for row in rows if isinstance(row.answer, Found) and row.is_right]
    for row in right:
        assert isinstance(row.answer, Found)
        assert row.answer.page in row.truth["pages"], str(row)
        inside = _text_in(documents[row.truth["file"]], row.answer)
        if row.truth["kind"] == "date":
            assert row.answer.value[2:4] in inside, str(row)
        elif "converted to" in row.answer.note:
            printed = row.answer.note.partition(" on the page, converted to ")[0].split(". ")[-1]
            assert set(_digits(printed)) <= set(_digits(inside)), str(row)
        else:
            assert _digits(row.answer.value).lstrip("0") in _digits(inside), str(row)


@pytest.mark.parametrize("truth", scraping_data.lines("geometry.jsonl"), ids=str)
def test_the_box_is_right_on_turned_cropped_and_shifted_pages(
    truth: dict[str, Any], documents: Documents
) -> None:
    answer = _ask(documents[truth["file"]], truth)
    assert isinstance(answer, Found), answer
    assert Decimal(answer.value) == Decimal(str(truth["expected"]))
    assert _overlap(answer.box, Box(**truth["box"])) > 0.95


def _text_in(words: DocumentWords, answer: Found) -> str:
    box = answer.box
    return "".join(
        word.text
        for word in words.words
        if word.page == answer.page
        and box.x1 <= word.box.x1 <= word.box.x2 <= box.x2
        and box.y1 <= word.box.y1 <= word.box.y2 <= box.y2
    )


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit())


def _overlap(one: Box, other: Box) -> float:
    """Shared area over joint area."""
    wide = min(one.x2, other.x2) - max(one.x1, other.x1)
    high = min(one.y2, other.y2) - max(one.y1, other.y1)
    shared = max(wide, 0) * max(high, 0)
    return shared / (one.width * one.height + other.width * other.height - shared)
