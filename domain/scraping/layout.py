"""The layout of a document: its lines and flows, and the boxes of words in both frames."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from domain.scraping.flows import Flow, flows_of
from domain.scraping.lines import Line, lines_of
from domain.scraping.words import Box, DocumentWords, Page, Word, levelled, turned, union

ALIGNED_POINTS = 2
ROW_GAP = 1.5


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """`upright` holds the box of every word in the reading frame of its page."""

    words: tuple[Word, ...]
    upright: tuple[Box, ...]
    lines: tuple[Line, ...]
    flows: tuple[Flow, ...]

    def is_white(self, words: Sequence[int]) -> bool:
        """Whether any of these words is white, which no reader of paper would see."""
        return any(self.words[word].source == "white" for word in words)

    def box_of(self, words: Sequence[int]) -> Box:
        """The union of exactly these words, upright."""
        return union(self.upright[word] for word in words)

    def shown_box(self, words: Sequence[int]) -> Box:
        """The union of exactly these words on the displayed page."""
        return union(self.words[word].box for word in words)


def lay_out(document: DocumentWords) -> Layout:
    """The layout of `document`."""
    upright = _upright(document)
    lines = lines_of(document, upright)
    return Layout(document.words, upright, tuple(lines), flows_of(lines, document.words))


def _upright(document: DocumentWords) -> tuple[Box, ...]:
    pages = {page.number: page for page in document.pages}
    return tuple(_held(word.box, pages[word.page]) for word in document.words)


def _held(box: Box, page: Page) -> Box:
    return levelled(turned(box, page, page.turn), page.slope)


def with_tables(pages: Iterable[Page], words: Iterable[Word]) -> DocumentWords:
    """The words of a document, with its tables counted."""
    found = DocumentWords(tuple(pages), tuple(words), 0)
    return replace(found, tables=count_tables(found))


def count_tables(document: DocumentWords) -> int:
    """How many blocks of three or more lines stand in two or more aligned columns."""
    tables, run = 0, 0
    previous: Line | None = None
    for line in lines_of(document, _upright(document)):
        follows = previous is not None and _same_columns(previous, line)
        tables += follows and run == 1
        run = run + 1 if follows else 0
        previous = line
    return tables


def _same_columns(line: Line, below: Line) -> bool:
    if line.page != below.page or below.box.y1 - line.box.y2 > ROW_GAP * line.box.height:
        return False
    aligned = sum(
        any(abs(one.box.x1 - other.box.x1) < ALIGNED_POINTS for other in below.segments)
        for one in line.segments
    )
    return aligned >= 2
