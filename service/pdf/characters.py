"""The characters that pdfium reports for a page, put together to words."""

import ctypes
import math
from collections.abc import Iterator

import pypdfium2
import pypdfium2.raw as raw

GAP, BACK, OVERLAP = 0.17, 1.0, 0.3
"""Shares of the character height: the gap that parts words, and how far a word steps back or aside."""
REPLACED = {0x02: "-", 0xFFFE: "-", 0xAD: "-", 0xA0: " "}
LINE_BREAKS = (0x0A, 0x0D)


class Run:
    """A word as drawn. The rectangle is in PDF user space; `turn` is clockwise, in degrees."""

    __slots__ = ("_end", "_high", "_low", "bottom", "left", "right", "text", "top", "turn")

    def __init__(self, text: str, rect: raw.FS_RECTF, turn: int) -> None:
        self.text, self.turn = text, turn
        self.left, self.bottom, self.right, self.top = _sides(rect)
        _, self._end, self._low, self._high = _along(rect, turn)

    def takes(self, letter: str, rect: raw.FS_RECTF, turn: int) -> bool:
        """Adds a character that goes on where the run ends; False when it starts another word."""
        if turn != self.turn:
            return False
        start, end, low, high = _along(rect, turn)
        height, last = high - low, self._high - self._low
        size = max(height, last)
        aside = min(high, self._high) - max(low, self._low) <= OVERLAP * min(height, last)
        if aside or not -BACK * size < start - self._end < GAP * size:
            return False
        self.text += letter
        left, bottom, right, top = _sides(rect)
        self.left, self.bottom = min(self.left, left), min(self.bottom, bottom)
        self.right, self.top = max(self.right, right), max(self.top, top)
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
            quarters = round(raw.FPDFText_GetCharAngle(handle, index) / (math.pi / 2))
            turn = quarters * 90 % 360
            if run is not None and run.takes(letter, rect, turn):
                continue
            if run is not None:
                yield run
            run = Run(letter, rect, turn)
    if run is not None:
        yield run


def _letter(handle: raw.FPDF_TEXTPAGE, index: int) -> str:
    """The character, " " for whatever parts words, "" for what counts for nothing."""
    code = raw.FPDFText_GetUnicode(handle, index)
    if code == 0 or 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:
        return ""
    if code in LINE_BREAKS and raw.FPDFText_IsGenerated(handle, index):
        return ""
    letter = REPLACED.get(code) or chr(code)
    return letter if letter.isprintable() and not letter.isspace() else " "


def _sides(rect: raw.FS_RECTF) -> tuple[float, float, float, float]:
    left, right, bottom, top = rect.left, rect.right, rect.bottom, rect.top
    return min(left, right), min(bottom, top), max(left, right), max(bottom, top)


def _along(rect: raw.FS_RECTF, turn: int) -> tuple[float, float, float, float]:
    """Start and end in the direction of reading, then the extent across it."""
    left, bottom, right, top = _sides(rect)
    if turn == 90:
        return -top, -bottom, left, right
    if turn == 180:
        return -right, -left, bottom, top
    if turn == 270:
        return bottom, top, left, right
    return left, right, bottom, top
