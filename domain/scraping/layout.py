"""Lines, segments and running text of a document, in the frame in which its text is upright."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from domain.scraping.words import Box, DocumentWords, Word, turned, union

GAP = 1.1
"""Share of the word height that parts two segments of a line."""
SAME_LINE = 0.4
LEADING = 1.0
WRAPPED = 0.4
_FRESH_START = re.compile(
    r"(?:[-•*▪●◦·]\s|\(?\d{1,2}[.)]\s|[A-Z][\w/ ()'-]{0,40}:(?:\s|$)|[A-Z][A-Z &/]{4,40}:)"
)


@dataclass(frozen=True, slots=True)
class Segment:
    """Words of one line without a wide gap between them; `words` index DocumentWords.words."""

    words: tuple[int, ...]
    box: Box
    page: int
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """Segments from left to right; `number` counts through the document."""

    number: int
    page: int
    box: Box
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """Text that reads on: a cell, a heading, or a paragraph of wrapped lines."""

    text: str
    starts: tuple[int, ...]
    words: tuple[int, ...]
    segments: tuple[Segment, ...]
    page: int

    def words_between(self, start: int, end: int) -> tuple[int, ...]:
        """The indexes of the words that hold the characters from `start` to `end`."""
        first = bisect_right(self.starts, start) - 1
        last = bisect_right(self.starts, max(start, end - 1)) - 1
        return self.words[first : last + 1]

    def segment_of(self, word: int) -> Segment:
        return next(segment for segment in self.segments if word in segment.words)


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """`upright` holds the box of every word in the reading frame of its page."""

    words: tuple[Word, ...]
    upright: tuple[Box, ...]
    lines: tuple[Line, ...]
    flows: tuple[Flow, ...]

    def box_of(self, words: Sequence[int]) -> Box:
        """The union of exactly these words, upright."""
        return union(self.upright[word] for word in words)

    def shown_box(self, words: Sequence[int]) -> Box:
        """The union of exactly these words on the displayed page."""
        return union(self.words[word].box for word in words)


@lru_cache(maxsize=4)
def lay_out(document: DocumentWords) -> Layout:
    """The layout of `document`. Words that stand across their page's text are left out."""
    pages = {page.number: page for page in document.pages}
    upright = tuple(
        turned(word.box, pages[word.page], pages[word.page].turn) for word in document.words
    )
    lines: list[Line] = []
    for page in document.pages:
        indexes = [
            index
            for index, word in enumerate(document.words)
            if word.page == page.number and not _is_across(word, upright[index])
        ]
        for words in _rows(indexes, upright):
            lines.append(_line(len(lines), page.number, words, document.words, upright))
    flows = tuple(_flow(chain, document.words) for chain in _chains(lines))
    return Layout(document.words, upright, tuple(lines), flows)


def _is_across(word: Word, box: Box) -> bool:
    return len(word.text) > 2 and box.height > 1.5 * box.width


def _rows(indexes: list[int], boxes: Sequence[Box]) -> Iterator[list[int]]:
    """Words by line: those whose middles are within a share of their height of the first."""
    row: list[int] = []
    for index in sorted(indexes, key=lambda each: (_middle(boxes[each]), boxes[each].x1)):
        if row:
            first, box = boxes[row[0]], boxes[index]
            near = SAME_LINE * min(max(first.height, box.height), 2 * min(first.height, box.height))
            if _middle(box) - _middle(first) > near:
                yield sorted(row, key=lambda each: boxes[each].x1)
                row = []
        row.append(index)
    if row:
        yield sorted(row, key=lambda each: boxes[each].x1)


def _middle(box: Box) -> float:
    return (box.y1 + box.y2) / 2


def _line(
    number: int, page: int, row: list[int], words: Sequence[Word], boxes: Sequence[Box]
) -> Line:
    groups: list[list[int]] = []
    for index in row:
        last = boxes[groups[-1][-1]] if groups else None
        wide = last is not None and boxes[index].x1 - last.x2 > GAP * min(
            last.height, boxes[index].height
        )
        if last is None or wide or words[index].source != words[groups[-1][-1]].source:
            groups.append([])
        groups[-1].append(index)
    segments = tuple(
        Segment(
            tuple(group),
            union(boxes[index] for index in group),
            page,
            number,
            " ".join(words[index].text for index in group),
        )
        for group in groups
    )
    return Line(number, page, union(segment.box for segment in segments), segments)


def bands(lines: Sequence[Line]) -> list[list[Line]]:
    """Lines that overlap vertically, as cells centred in a row of wrapped cells do."""
    found: list[list[Line]] = []
    for line in lines:
        last = found[-1][-1] if found else None
        height = min(line.box.height, last.box.height) if last else 0
        near = last is not None and last.page == line.page and len(found[-1]) < 3
        if near and last is not None and last.box.y2 - line.box.y1 > 0.2 * height:
            found[-1].append(line)
        else:
            found.append([line])
    return found


def _chains(lines: Sequence[Line]) -> Iterator[list[Segment]]:
    """Segments that read on over several lines, in document order of their first line."""
    followers: dict[tuple[int, float], Segment] = {}
    taken: set[tuple[int, float]] = set()
    band_of = {line.number: band for band in bands(lines) for line in band}
    for position, line in enumerate(lines):
        for segment in line.segments:
            below = _stacked(segment, band_of[line.number]) or _follower(
                segment, line, lines[position + 1 : position + 4]
            )
            if below is not None and (below.line, below.box.x1) not in taken:
                followers[line.number, segment.box.x1] = below
                taken.add((below.line, below.box.x1))
    for line in lines:
        for segment in line.segments:
            if (line.number, segment.box.x1) not in taken:
                chain = [segment]
                while following := followers.get((chain[-1].line, chain[-1].box.x1)):
                    chain.append(following)
                yield chain


def _stacked(segment: Segment, band: Sequence[Line]) -> Segment | None:
    """The segment under this one in the same cell of a band of overlapping lines."""
    for line in band:
        if line.number > segment.line and len(band) > 1:
            for below in line.segments:
                if overlaps(segment.box, below.box):
                    return below
    return None


def _follower(segment: Segment, line: Line, below: Sequence[Line]) -> Segment | None:
    """The segment that continues `segment` on a following line, if its text reads on there."""
    for other in below:
        if other.page != line.page:
            return None
        for candidate in other.segments:
            if overlaps(segment.box, candidate.box):
                return candidate if _reads_on(segment, line, candidate, other) else None
    return None


def overlaps(one: Box, other: Box) -> bool:
    """Whether two boxes share a stretch from left to right."""
    return min(one.x2, other.x2) - max(one.x1, other.x1) > 0


def _reads_on(segment: Segment, line: Line, below: Segment, other: Line) -> bool:
    box, next_box = segment.box, below.box
    height = box.height
    gap = next_box.y1 - box.y2
    if gap > LEADING * height or abs(height - next_box.height) > 0.35 * height:
        return False
    if abs(box.x1 - next_box.x1) > 1.5 * height or _starts_afresh(segment, below):
        return False
    if len(line.segments) == 1 and len(other.segments) == 1:
        return _is_prose(segment) or _is_prose(below)
    if len(line.segments) > len(other.segments):
        return gap < WRAPPED * height and not _has_own_figures(line, other)
    if len(line.segments) < len(other.segments) and not _is_prose(below):
        return False
    return _is_prose(segment) and not segment.text.endswith((".", ":"))


def _starts_afresh(segment: Segment, below: Segment) -> bool:
    """Whether a list item or a "Key:" starts; a sentence may wrap before what looks like "6."."""
    if _FRESH_START.match(below.text) is None:
        return False
    unfinished = _is_prose(segment) and segment.text[-1] not in ".:;"
    return not (unfinished and below.text[0].isdigit())


def _has_own_figures(line: Line, other: Line) -> bool:
    """Whether figures stand under figures: another row, not the rest of wrapped cells."""
    return any(
        below.text[0].isdigit()
        and ":" not in below.text
        and any(
            above.text[0].isdigit() and overlaps(above.box, below.box) for above in line.segments
        )
        for below in other.segments
    )


def _is_prose(segment: Segment) -> bool:
    return len(segment.words) >= 5 and segment.box.width > 18 * segment.box.height


def _flow(chain: Sequence[Segment], words: Sequence[Word]) -> Flow:
    indexes = [index for segment in chain for index in segment.words]
    starts, text = [], ""
    line_ends = {segment.words[-1] for segment in chain[:-1]}
    glued = True
    for position, index in enumerate(indexes):
        text += "" if glued else " "
        starts.append(len(text))
        text += words[index].text
        glued = index in line_ends and _is_hyphenated(text, words[indexes[position + 1]].text)
        text = text[:-1] if glued else text
    return Flow(text, tuple(starts), tuple(indexes), tuple(chain), chain[0].page)


def _is_hyphenated(text: str, following: str) -> bool:
    return re.search(r"[a-z]{2}-$", text) is not None and following[:1].islower()


def count_tables(document: DocumentWords) -> int:
    """How many blocks of three or more lines stand in two or more aligned columns."""
    tables, run = 0, 0
    previous: Line | None = None
    for line in lay_out(document).lines:
        follows = previous is not None and _same_columns(previous, line)
        tables += follows and run == 1
        run = run + 1 if follows else 0
        previous = line
    return tables


def _same_columns(line: Line, below: Line) -> bool:
    if line.page != below.page or below.box.y1 - line.box.y2 > 1.5 * line.box.height:
        return False
    aligned = sum(
        any(abs(one.box.x1 - other.box.x1) < 2 for other in below.segments) for one in line.segments
    )
    return aligned >= 2
