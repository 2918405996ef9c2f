"""Asks the questions of a truth file and checks the answers, on the page too."""

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from tqdm import tqdm

from benchmarks import naive
from benchmarks.questions import Question, Score, Share
from benchmarks.second_reader import SecondReader
from benchmarks.spelling import spells
from domain.scraping.extract import Found, NotFound, Target, extract
from domain.scraping.words import Box, DocumentWords
from service.pdf.sandbox import Parsed, ParserServer

OURS = "ours"
NAIVE: dict[str, Callable[[DocumentWords, Target], str | None]] = {
    "first figure after": naive.first_after,
    "nearest figure": naive.nearest,
}
NEAR = 2.0
"""Points by which a side of a box may be off."""


@dataclass(frozen=True)
class Document:
    """A parsed document and the seconds that took."""

    pdf: bytes
    words: DocumentWords
    seconds: float

    @property
    def scans(self) -> set[int]:
        """The pages read by OCR, and those that could not be."""
        read = {word.page for word in self.words.words if word.source == "ocr"}
        return read | {page.number for page in self.words.pages if page.unread}


@dataclass(frozen=True)
class Asked:
    """A question, our answer, and the seconds that took."""

    question: Question
    answer: Found | NotFound
    seconds: float

    @property
    def value(self) -> str | None:
        return self.answer.value if isinstance(self.answer, Found) else None

    @property
    def is_right(self) -> bool:
        return self.question.is_right(self.value)

    def __str__(self) -> str:
        target = self.question.target
        said = self.answer.note if isinstance(self.answer, Found) else self.answer.reason
        expected = " or ".join(self.question.accepted) or "nothing"
        return f"{self.question.file}: {target.name} is {expected}, not {self.value}. {said}"


def parse(folder: Path, files: Sequence[str]) -> dict[str, Document]:
    """Every file that the parser reads. Raises ValueError for one that it refuses."""
    found = {}
    with ParserServer() as server:
        for file in tqdm(files, "parsing", unit="file", disable=None):
            pdf = (folder / file).read_bytes()
            started = time.perf_counter()
            answer = server.parse(pdf)
            if not isinstance(answer, Parsed):
                raise ValueError(f"{file}: {answer.reason}")
            found[file] = Document(pdf, answer.words, time.perf_counter() - started)
    return found


def ask(questions: Sequence[Question], documents: Mapping[str, Document]) -> list[Asked]:
    """Our answers, in order."""
    found = []
    for question in tqdm(questions, "asking", unit="question", disable=None):
        words = documents[question.file].words
        started = time.perf_counter()
        answer = extract([("document", words)], question.target)
        found.append(Asked(question, answer, time.perf_counter() - started))
    return found


def scores(asked: Sequence[Asked], documents: Mapping[str, Document]) -> dict[str, Score]:
    """Ours and those of the naive ways, on the same words."""
    questions = [each.question for each in asked]
    found = {OURS: Score(questions, [each.value for each in asked])}
    for name, answer in NAIVE.items():
        values = [answer(documents[each.file].words, each.target) for each in questions]
        found[name] = Score(questions, values)
    return found


def places(asked: Sequence[Asked], documents: Mapping[str, Document]) -> dict[str, list[Asked]]:
    """The right answers whose page, or box, is wrong."""
    off: dict[str, list[Asked]] = {"page": [], "box": []}
    for file, group in groupby(asked, key=lambda each: each.question.file):
        with SecondReader(documents[file].pdf) as reader:
            for each in group:
                if not isinstance(each.answer, Found) or not each.is_right:
                    continue
                if each.answer.page not in each.question.pages:
                    off["page"].append(each)
                if not _is_boxed(each.answer, documents[file], reader):
                    off["box"].append(each)
    return off


def _is_boxed(answer: Found, document: Document, reader: SecondReader) -> bool:
    """Whether another reader finds the answer in the box; on a scan, among parts of neighbours."""
    if answer.page not in document.scans:
        return spells(reader.text_in(answer.page, answer.box), answer)
    turn = document.words.pages[answer.page - 1].turn
    text = reader.recognised_in(answer.page, answer.box, turn)
    return any(spells(part, answer) for part in (text, *re.split(r"[^\w.,/]+|,(?!\d)", text)))


def geometry(path: Path) -> Share:
    """The answers of a file of boxes that are right and within 2 points of their `box`."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    documents = parse(path.parent, list(dict.fromkeys(row["file"] for row in rows)))
    verdicts = []
    for row in rows:
        target = Target("number", row["name"], row["units"])
        answer = extract([("document", documents[row["file"]].words)], target)
        right = isinstance(answer, Found) and float(answer.value) == row["expected"]
        verdicts.append(right and isinstance(answer, Found) and _is_near(answer.box, row["box"]))
    return Share.count(verdicts)


def _is_near(box: Box, sides: Mapping[str, float]) -> bool:
    return all(abs(getattr(box, side) - at) <= NEAR for side, at in sides.items())
