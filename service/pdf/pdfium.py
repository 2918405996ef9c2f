"""One page read with pdfium: words and form fields, with boxes on the displayed page."""

import ctypes
from collections import Counter
from collections.abc import Iterator

import pypdfium2
import pypdfium2.raw as raw

from domain.scraping.words import Box, Page, Word
from service.pdf.characters import is_white, runs_of

HIDDEN = 2


def read_page(
    page: pypdfium2.PdfPage, text: pypdfium2.PdfTextPage, number: int
) -> tuple[Page, list[Word]]:
    """The displayed page and its words: text, then filled-in form fields; none off the page."""
    width, height = page.get_size()
    place = Placement(page)
    runs = list(runs_of(text))
    letters: Counter[int] = Counter()
    for run in runs:
        letters[(run.turn + page.get_rotation()) % 360] += len(run.text)
    turn = max(letters, key=lambda each: letters[each], default=0)
    shown = Page(number, round(width, 2), round(height, 2), turn)
    words = []
    for run in runs:
        box = clipped(place(*run.sides), shown)
        if box is not None:
            words.append(Word(run.text, box, number, "white" if is_white(text, run) else "text"))
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


class Placement:
    """Moves a rectangle of PDF user space to the displayed page."""

    def __init__(self, page: pypdfium2.PdfPage) -> None:
        self.left, self.bottom, right, top = page.get_bbox()
        self.width, self.height = right - self.left, top - self.bottom
        self.rotation = page.get_rotation()

    def __call__(self, left: float, bottom: float, right: float, top: float) -> Box:
        x1, x2 = sorted((left - self.left, right - self.left))
        y1, y2 = sorted((bottom - self.bottom, top - self.bottom))
        if self.rotation == 90:
            return Box(y1, x1, y2, x2)
        if self.rotation == 180:
            return Box(self.width - x2, y1, self.width - x1, y2)
        if self.rotation == 270:
            return Box(self.height - y2, self.width - x2, self.height - y1, self.width - x1)
        return Box(x1, self.height - y2, x2, self.height - y1)


def _form_words(page: pypdfium2.PdfPage, shown: Page, place: Placement) -> Iterator[Word]:
    if page.formenv is None:
        return
    for index in range(raw.FPDFPage_GetAnnotCount(page)):
        annotation = raw.FPDFPage_GetAnnot(page, index)
        rect = raw.FS_RECTF()
        visible = not raw.FPDFAnnot_GetFlags(annotation) & HIDDEN
        if visible and raw.FPDFAnnot_GetRect(annotation, ctypes.byref(rect)):
            box = place(rect.left, rect.bottom, rect.right, rect.top)
            yield from _split(_field_value(page, annotation), box, shown)
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
