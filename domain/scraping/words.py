"""The words of a document, each with its box on the page a reader sees."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

SUMMARY_BYTES = 2_000


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in points, origin top-left of the displayed page (crop box, after /Rotate).

    x1 < x2 and y1 < y2.
    """

    x1: float
    y1: float
    x2: float
    y2: float

    @property
    def height(self) -> float:
        return self.y2 - self.y1

    @property
    def width(self) -> float:
        return self.x2 - self.x1


@dataclass(frozen=True, slots=True)
class Word:
    """One run of characters without a space.

    `source` is "text", "white" (text of that colour), "form" (a filled-in field) or "ocr" (read
    off a picture).
    """

    text: str
    box: Box
    page: int
    source: str = "text"


@dataclass(frozen=True, slots=True)
class Page:
    """A displayed page in points; `number` counts from 1.

    `turn` is the direction its text runs on the displayed page, in degrees clockwise from
    left-to-right: 0, 90 (downwards), 180 or 270. `unread` is why a scan has no words, such as
    "OCR is not installed"; "" for every other page. `slope` is by how much the lines of a skewed
    scan fall from left to right, in points per point, once the text is held upright.
    """

    number: int
    width: float
    height: float
    turn: int = 0
    unread: str = ""
    slope: float = 0.0


@dataclass(frozen=True, slots=True)
class DocumentWords:
    """Everything extraction knows of a document. `words` are in reading order."""

    pages: tuple[Page, ...]
    words: tuple[Word, ...]
    tables: int

    def __hash__(self) -> int:
        """Cheap: a document has thousands of words."""
        return hash((self.pages, len(self.words), self.tables))

    def to_json(self) -> dict[str, Any]:
        """A compact JSON object from which `from_json` makes an equal DocumentWords."""
        return {
            "pages": [_page_to_json(page) for page in self.pages],
            "words": [_word_to_json(word) for word in self.words],
            "tables": self.tables,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "DocumentWords":
        """The inverse of `to_json`. Raises ValueError on anything else."""
        try:
            pages = tuple(_page_from_json(row) for row in data["pages"])
            words = tuple(_word_from_json(row) for row in data["words"])
            return cls(pages, words, int(data["tables"]))
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ValueError("not the words of a document") from error

    def summary(self) -> dict[str, Any]:
        """Counts, page sizes, and the pages that OCR has read or nothing could; as JSON always
        below 2 kB for documents of up to 300 pages (later page sizes are left out)."""
        counts = {
            "pages": len(self.pages),
            "words": len(self.words),
            "tables": self.tables,
            "ocr_pages": sorted({word.page for word in self.words if word.source == "ocr"}),
            "unread_pages": [page.number for page in self.pages if page.unread],
        }
        sizes: list[list[float]] = []
        for page in self.pages:
            longer = [*sizes, [round(page.width, 1), round(page.height, 1)]]
            if len(json.dumps({**counts, "page_sizes": longer})) >= SUMMARY_BYTES:
                break
            sizes = longer
        return {**counts, "page_sizes": sizes}


def union(boxes: Iterable[Box]) -> Box:
    """The smallest box around all of `boxes` (at least one)."""
    corners = list(boxes)
    return Box(
        min(box.x1 for box in corners),
        min(box.y1 for box in corners),
        max(box.x2 for box in corners),
        max(box.y2 for box in corners),
    )


def turned(box: Box, page: Page, turn: int) -> Box:
    """`box` of the displayed page as seen when text that runs `turn` degrees is held upright."""
    if turn == 90:
        return Box(box.y1, page.width - box.x2, box.y2, page.width - box.x1)
    if turn == 180:
        return Box(
            page.width - box.x2, page.height - box.y2, page.width - box.x1, page.height - box.y1
        )
    if turn == 270:
        return Box(page.height - box.y2, box.x1, page.height - box.y1, box.x2)
    return box


def levelled(box: Box, slope: float) -> Box:
    """`box` of text held upright, moved up or down to where it stood if its line did not fall."""
    fall = slope * (box.x1 + box.x2) / 2
    return Box(box.x1, box.y1 - fall, box.x2, box.y2 - fall) if slope else box


def _page_to_json(page: Page) -> list[Any]:
    row = [page.number, page.width, page.height, page.turn]
    return [*row, page.unread, page.slope] if page.unread or page.slope else row


def _page_from_json(row: list[Any]) -> Page:
    number, width, height, turn, *more = row
    unread, slope = more or ("", 0.0)
    return Page(int(number), float(width), float(height), int(turn), str(unread), float(slope))


def _word_to_json(word: Word) -> list[Any]:
    box = word.box
    row = [word.text, word.page, box.x1, box.y1, box.x2, box.y2]
    return row if word.source == "text" else [*row, word.source]


def _word_from_json(row: list[Any]) -> Word:
    text, page, x1, y1, x2, y2, *source = row
    if not isinstance(text, str):
        raise TypeError("the text of a word is a string")
    box = Box(float(x1), float(y1), float(x2), float(y2))
    return Word(text, box, int(page), str(source[0]) if source else "text")
