"""Lines of a page and their segments, in the frame in which the text is upright."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from domain.scraping.words import Box, DocumentWords, Word, union

GAP = 0.9
"""Share of the word height that parts two segments of a line."""
SAME_LINE = 0.4
"""Share of the word height by which middles of words on one line may differ."""
BAND_OVERLAP, BAND_LINES = 0.2, 3
MOST_CELLS, MOST_WORDS = 60, 200
"""A line of more cells is none of a table; a longer segment is cut."""


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


def lines_of(document: DocumentWords, upright: Sequence[Box]) -> list[Line]:
    """The lines of all pages; `upright` are the boxes of the words in the reading frame.

    Words that stand across the text of their page are left out.
    """
    on_page: dict[int, list[int]] = {page.number: [] for page in document.pages}
    for index, word in enumerate(document.words):
        if not _is_across(word, upright[index]):
            on_page[word.page].append(index)
    lines: list[Line] = []
    for number, indexes in on_page.items():
        for row in _rows(indexes, upright):
            lines.append(_line(len(lines), number, row, document.words, upright))
    return lines


def bands(lines: Sequence[Line]) -> list[list[Line]]:
    """Lines that overlap vertically, as cells centred in a row of wrapped cells do."""
    found: list[list[Line]] = []
    for line in lines:
        last = found[-1][-1] if found else None
        height = min(line.box.height, last.box.height) if last else 0
        near = last is not None and last.page == line.page and len(found[-1]) < BAND_LINES
        if near and last is not None and last.box.y2 - line.box.y1 > BAND_OVERLAP * height:
            found[-1].append(line)
        else:
            found.append([line])
    return found


def overlaps(one: Box, other: Box) -> bool:
    """Whether two boxes share a stretch from left to right."""
    return min(one.x2, other.x2) - max(one.x1, other.x1) > 0


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
    groups = _groups(row, words, boxes)
    if len(groups) > MOST_CELLS:
        groups = [row]
    segments = tuple(
        Segment(
            tuple(part),
            union(boxes[index] for index in part),
            page,
            number,
            " ".join(words[index].text for index in part),
        )
        for group in groups
        for part in _parts(group)
    )
    return Line(number, page, union(segment.box for segment in segments), segments)


def _groups(row: list[int], words: Sequence[Word], boxes: Sequence[Box]) -> list[list[int]]:
    """Runs of words of one source without a wide gap."""
    groups = [row[:1]]
    for last, index in pairwise(row):
        narrow = GAP * min(boxes[last].height, boxes[index].height)
        wide = boxes[index].x1 - boxes[last].x2 > narrow
        if wide or words[index].source != words[last].source:
            groups.append([])
        groups[-1].append(index)
    return groups


def _parts(group: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(group), MOST_WORDS):
        yield group[start : start + MOST_WORDS]
