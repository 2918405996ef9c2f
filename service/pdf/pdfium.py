"""One page read with pdfium: characters to words, boxes from user space to the displayed page."""

import ctypes
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pypdfium2
import pypdfium2.raw as raw

from domain.scraping.words import Box, Page, Word, turned, union

HIDDEN = 2
GAP = 0.17
"""Share of the character height that parts two words."""
DASHES = {0x02: "-", 0xFFFE: "-", 0xAD: "-", 0xA0: " "}
LINE_BREAKS = "\r\n"


@dataclass(frozen=True, slots=True)
class Character:
    """A drawn character; `box` on the displayed page, `turn` as in Page."""

    text: str
    box: Box
    turn: int


def read_page(
    page: pypdfium2.PdfPage, text: pypdfium2.PdfTextPage, number: int
) -> tuple[Page, list[Word]]:
    """The displayed page and its words: text, then filled-in form fields; none off the page."""
    width, height = page.get_size()
    place = _placer(page)
    characters = list(_characters(page, text, place))
    turns = Counter(character.turn for character in characters if character)
    turn = max(turns, key=lambda each: turns[each], default=0)
    shown = Page(number, round(width, 2), round(height, 2), turn)
    words = [word for run in _runs(characters, shown) if (word := _word(run, shown))]
    words.extend(_form_words(page, shown, place))
    return shown, words


def clipped(box: Box, page: Page) -> Box | None:
    """The part of `box` on the page, rounded to 1/100 point; None when its centre is off it."""
    x, y = (box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2
    if not (0 <= x <= page.width and 0 <= y <= page.height):
        return None
    inside = Box(
        round(max(box.x1, 0.0), 2),
        round(max(box.y1, 0.0), 2),
        round(min(box.x2, page.width), 2),
        round(min(box.y2, page.height), 2),
    )
    return inside if inside.x1 < inside.x2 and inside.y1 < inside.y2 else None


class _placer:
    """Moves a rectangle of PDF user space to the displayed page."""

    def __init__(self, page: pypdfium2.PdfPage) -> None:
        self.left, self.bottom, right, top = page.get_bbox()
        self.width, self.height = right - self.left, top - self.bottom
        self.rotation = page.get_rotation()

    def __call__(self, rect: raw.FS_RECTF) -> Box:
        x1, x2 = sorted((rect.left - self.left, rect.right - self.left))
        y1, y2 = sorted((rect.bottom - self.bottom, rect.top - self.bottom))
        if self.rotation == 90:
            return Box(y1, x1, y2, x2)
        if self.rotation == 180:
            return Box(self.width - x2, y1, self.width - x1, y2)
        if self.rotation == 270:
            return Box(self.height - y2, self.width - x2, self.height - y1, self.width - x1)
        return Box(x1, self.height - y2, x2, self.height - y1)


def _characters(
    page: pypdfium2.PdfPage, text: pypdfium2.PdfTextPage, place: _placer
) -> Iterator[Character | None]:
    """The characters as drawn; None stands for a space. Breaks pdfium made up are left out."""
    rotation = page.get_rotation()
    rect = raw.FS_RECTF()
    for index in range(text.count_chars()):
        code = raw.FPDFText_GetUnicode(text, index)
        if code == 0 or 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:
            continue
        letter = DASHES.get(code) or chr(code)
        if letter in LINE_BREAKS and raw.FPDFText_IsGenerated(text, index):
            continue
        if letter.isspace() or not letter.isprintable():
            yield None
        elif raw.FPDFText_GetLooseCharBox(text, index, ctypes.byref(rect)):
            quarter = round(math.degrees(raw.FPDFText_GetCharAngle(text, index)) / 90) * 90
            yield Character(letter, place(rect), (quarter + rotation) % 360)


def _runs(characters: list[Character | None], page: Page) -> Iterator[list[Character]]:
    run: list[Character] = []
    last = Box(0, 0, 0, 0)
    for character in characters:
        if character is None:
            if run:
                yield run
            run = []
            continue
        box = turned(character.box, page, character.turn)
        if run and (run[-1].turn != character.turn or not _continues(last, box)):
            yield run
            run = []
        run.append(character)
        last = box
    if run:
        yield run


def _continues(last: Box, box: Box) -> bool:
    size = max(last.height, box.height)
    overlap = min(last.y2, box.y2) - max(last.y1, box.y1)
    return overlap > 0.3 * min(last.height, box.height) and -size < box.x1 - last.x2 < GAP * size


def _word(run: list[Character], page: Page) -> Word | None:
    box = clipped(union(character.box for character in run), page)
    text = "".join(character.text for character in run)
    return Word(text, box, page.number) if box else None


def _form_words(page: pypdfium2.PdfPage, shown: Page, place: _placer) -> Iterator[Word]:
    if page.formenv is None:
        return
    for index in range(raw.FPDFPage_GetAnnotCount(page)):
        annotation = raw.FPDFPage_GetAnnot(page, index)
        rect = raw.FS_RECTF()
        visible = not raw.FPDFAnnot_GetFlags(annotation) & HIDDEN
        if visible and raw.FPDFAnnot_GetRect(annotation, ctypes.byref(rect)):
            yield from _split(_field_value(page, annotation), place(rect), shown)
        raw.FPDFPage_CloseAnnot(annotation)


def _field_value(page: pypdfium2.PdfPage, annotation: raw.FPDF_ANNOTATION) -> str:
    kind = raw.FPDFAnnot_GetFormFieldType(page.formenv, annotation)
    if kind not in (raw.FPDF_FORMFIELD_TEXTFIELD, raw.FPDF_FORMFIELD_COMBOBOX):
        return ""
    size = raw.FPDFAnnot_GetFormFieldValue(page.formenv, annotation, None, 0)
    buffer = ctypes.create_string_buffer(size)
    raw.FPDFAnnot_GetFormFieldValue(
        page.formenv, annotation, ctypes.cast(buffer, ctypes.POINTER(raw.FPDF_WCHAR)), size
    )
    return buffer.raw.decode("utf-16-le", "ignore").rstrip("\0")


def _split(value: str, box: Box, page: Page) -> Iterator[Word]:
    """The words of a field, its box shared out by characters."""
    step = box.width / max(len(value), 1)
    start = 0
    for text in value.split():
        start = value.index(text, start)
        part = Box(box.x1 + start * step, box.y1, box.x1 + (start + len(text)) * step, box.y2)
        start += len(text)
        on_page = clipped(part, page)
        if on_page is not None:
            yield Word(text, on_page, page.number, "form")
