"""The characters that pdfium reports for a page, put together to words."""

import ctypes
import math
from collections.abc import Iterator

import pypdfium2
import pypdfium2.raw as raw

GAP, BACK, OVERLAP = 0.17, 1.0, 0.3
"""Shares of the character height: a gap that parts words, a step back, and an overlap aside."""
REPLACED = {0x02: "-", 0xFFFE: "-", 0xAD: "-", 0xA0: " "}
LINE_BREAKS = (0x0A, 0x0D)
WHITE = 250
"""The least that each of red, green and blue (to 255) has in what counts as white."""


Sides = tuple[float, float, float, float]
"""Left, bottom, right and top in PDF user space."""


class Run:
    """A word as drawn; `turn` is the direction it runs in user space, in degrees clockwise.

    `index` is that of its first character on the page.
    """

    __slots__ = ("_end", "_high", "_low", "index", "sides", "text", "turn")

    def __init__(self, index: int, letter: str, sides: Sides, turn: int) -> None:
        self.index, self.text, self.sides, self.turn = index, letter, sides, turn
        _, self._end, self._low, self._high = _along(sides, turn)

    def takes(self, letter: str, sides: Sides, turn: int) -> bool:
        """Adds a character that goes on where the run ends; False when it starts another word."""
        if turn != self.turn:
            return False
        start, end, low, high = _along(sides, turn)
        height, last = high - low, self._high - self._low
        size = height if height > last else last
        aside = min(high, self._high) - max(low, self._low) <= OVERLAP * min(height, last)
        if aside or not -BACK * size < start - self._end < GAP * size:
            return False
        self.text += letter
        left, bottom, right, top = self.sides
        self.sides = (
            min(left, sides[0]),
            min(bottom, sides[1]),
            max(right, sides[2]),
            max(top, sides[3]),
        )
        self._end, self._low, self._high = end, low, high
        return True


def runs_of(page: pypdfium2.PdfTextPage) -> Iterator[Run]:
    """The words of a page in the order in which they are drawn.

    Spaces part words. Line breaks that pdfium made up do not: there, only the distance counts.
    """
    handle, rect = page.raw, raw.FS_RECTF()
    here = ctypes.byref(rect)
    run: Run | None = None
    for index in range(raw.FPDFText_CountChars(handle)):
        letter = _letter(handle, index)
        if letter == " ":
            if run is not None:
                yield run
            run = None
        elif letter and raw.FPDFText_GetLooseCharBox(handle, index, here):
            sides = (rect.left, rect.bottom, rect.right, rect.top)
            angle = raw.FPDFText_GetCharAngle(handle, index)
            turn = round(angle / (math.pi / 2)) * 90 % 360 if angle else 0
            if run is not None and run.takes(letter, sides, turn):
                continue
            if run is not None:
                yield run
            run = Run(index, letter, sides, turn)
    if run is not None:
        yield run


def is_white(page: pypdfium2.PdfTextPage, run: Run) -> bool:
    """Whether a word is filled with white: invisible on paper, or on a dark ground."""
    red, green, blue, opacity = (ctypes.c_uint() for _ in range(4))
    known = raw.FPDFText_GetFillColor(
        page.raw, run.index, *map(ctypes.byref, (red, green, blue, opacity))
    )
    return bool(known) and min(red.value, green.value, blue.value) >= WHITE


def _letter(handle: raw.FPDF_TEXTPAGE, index: int) -> str:
    """The character, " " for whatever parts words, "" for what counts for nothing."""
    code = raw.FPDFText_GetUnicode(handle, index)
    if 0x21 <= code <= 0x7E:
        return chr(code)
    if code == 0 or 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:
        return ""
    if code in LINE_BREAKS and raw.FPDFText_IsGenerated(handle, index):
        return ""
    letter = REPLACED.get(code) or chr(code)
    return letter if letter.isprintable() and not letter.isspace() else " "


def _along(sides: Sides, turn: int) -> Sides:
    """Start and end in the direction of reading, then the extent across it."""
    left, bottom, right, top = sides
    if turn == 0:
        return left, right, bottom, top
    if turn == 90:
        return -top, -bottom, left, right
    if turn == 180:
        return -right, -left, bottom, top
    return bottom, top, left, right
