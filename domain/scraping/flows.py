"""Text that reads on: wrapped cells and paragraphs put together again."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.scraping.lines import Line, Segment, bands, overlaps
from domain.scraping.words import Word

LEADING, WRAPPED = 1.0, 0.4
"""Shares of the line height between lines of a paragraph and lines of a cell, at most."""
INDENT, OTHER_SIZE = 1.5, 0.35
MOST_SEGMENTS = 60
"""A longer paragraph is cut."""
_GLUED = re.compile(
    r"[a-z]{4,}(?=\d+\.\d)|\d(?=(?:to|and|or)\b)|\b(?:goals?|targets?|below|above|under|over|than|to|of"
    r"|is|was|range|normal|BP|HR|RR|BMI|Temp|Pulse|Weight|Height|Age)(?=\d)",
    re.I,
)
KEY_WORDS = 4
HEADING_WORDS, HEADING_SHARE = 7, 0.6
LOOK_BELOW = 3
"""Lines further down on which a cell may go on, past lines of its neighbours."""
_FRESH_START = re.compile(
    r"(?:[-•*▪●◦·]\s|\(?\d{1,2}[.)]\s|[A-Z][\w/ ()'-]{0,40}(?::(?:\s|$)|\s?(?:\.\s?){3})"
    r"|[A-Z][A-Z &/]{4,40}:)"
)
_CAPITALS = re.compile(r"(?=(?:.*[A-Z]){4})[A-Z][A-Z &/,()'-]{3,40}:?")
_SHORT_LINE = re.compile(r"[A-Z][a-z]+(?: (?:[A-Za-z&/-]+)){0,3}")


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


def flows_of(lines: Sequence[Line], words: Sequence[Word]) -> tuple[Flow, ...]:
    """The flows of a document in the order of their first lines."""
    return tuple(_flow(chain, words) for chain in _chains(lines))


def _chains(lines: Sequence[Line]) -> Iterator[list[Segment]]:
    """Segments that read on over several lines, in document order of their first line."""
    followers: dict[tuple[int, float], Segment] = {}
    taken: set[tuple[int, float]] = set()
    band_of = {line.number: band for band in bands(lines) for line in band}
    for position, line in enumerate(lines):
        for segment in line.segments:
            below = _stacked(segment, band_of[line.number]) or _follower(
                segment, line, lines[position + 1 : position + 1 + LOOK_BELOW]
            )
            if below is not None and (below.line, below.box.x1) not in taken:
                followers[line.number, segment.box.x1] = below
                taken.add((below.line, below.box.x1))
    for line in lines:
        for segment in line.segments:
            if (line.number, segment.box.x1) not in taken:
                chain = [segment]
                while following := followers.get((chain[-1].line, chain[-1].box.x1)):
                    if len(chain) == MOST_SEGMENTS:
                        yield chain
                        chain = []
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


def _reads_on(segment: Segment, line: Line, below: Segment, other: Line) -> bool:
    box, next_box = segment.box, below.box
    height = box.height
    gap = next_box.y1 - box.y2
    if gap > LEADING * height or abs(height - next_box.height) > OTHER_SIZE * height:
        return False
    if abs(box.x1 - next_box.x1) > INDENT * height or _starts_afresh(segment, below):
        return False
    if len(line.segments) == 1 and _is_heading(segment, below):
        return False
    if len(line.segments) == 1 and len(other.segments) == 1:
        return _is_prose(segment) or _is_prose(below)
    if len(line.segments) > len(other.segments):
        return gap < WRAPPED * height and not _has_own_figures(line, other)
    if len(line.segments) < len(other.segments) and not _is_prose(below):
        return False
    if below is other.segments[0]:
        keyed = len(below.words) <= KEY_WORDS and other.segments[1].text[0].isdigit()
    else:
        keyed = _has_own_key(line, other)
    return _is_prose(segment) and not segment.text.endswith((".", ":")) and not keyed


def _is_heading(segment: Segment, below: Segment) -> bool:
    """Whether a line ends long before the next one does, which starts with a capital."""
    starts_anew = below.text[0].isupper() or below.text[0].isdigit()
    finished = segment.text[-1] not in ",;-" and len(segment.words) <= HEADING_WORDS
    return starts_anew and finished and segment.box.width < HEADING_SHARE * below.box.width


def _has_own_key(line: Line, other: Line) -> bool:
    """Whether short words stand before both lines in one column: another row with its own key."""
    above, first = line.segments[0], other.segments[0]
    aligned = abs(above.box.x1 - first.box.x1) < above.box.height
    return aligned and max(len(above.words), len(first.words)) <= KEY_WORDS


def _starts_afresh(segment: Segment, below: Segment) -> bool:
    """Whether a heading, a list item or a "Key:" starts; a sentence may wrap before "6."."""
    if _CAPITALS.fullmatch(below.text) and not _CAPITALS.fullmatch(segment.text):
        return True
    if segment.text[-1] in ".:!?" and _SHORT_LINE.fullmatch(below.text):
        return True
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
        text += _spaced(words[index])
        glued = index in line_ends and _is_hyphenated(text, words[indexes[position + 1]].text)
        text = text[:-1] if glued else text
    return Flow(text, tuple(starts), tuple(indexes), tuple(chain), chain[0].page)


def _spaced(word: Word) -> str:
    """The text of a word; where OCR glues words and figures together, with blanks between."""
    return _GLUED.sub(r"\g<0> ", word.text) if word.source == "ocr" else word.text


def _is_hyphenated(text: str, following: str) -> bool:
    return re.search(r"[a-z]{2}-$", text) is not None and following[:1].islower()
