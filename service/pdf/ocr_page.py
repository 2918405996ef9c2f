"""What OCR reads on a scanned page, as words of the displayed page."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pypdfium2

from domain.scraping.layout import with_tables
from domain.scraping.words import Box, DocumentWords, Page, Word, turned
from service.pdf import ocr, pdfium

LONG_SIDE_PIXELS, DOTS_PER_INCH = 2000, 300


def read_scan(pdf: bytes, number: int) -> DocumentWords:
    """Page `number` alone, with its words of every source; boxes as everywhere."""
    document = pypdfium2.PdfDocument(pdf)
    document.init_forms()
    page = document[number - 1]
    shown, drawn = pdfium.read_page(page, page.get_textpage(), number)
    scale = min(LONG_SIDE_PIXELS / max(shown.width, shown.height), DOTS_PER_INCH / 72)
    reading = ocr.read(page.render(scale=scale, may_draw_forms=False).to_numpy())
    upright = _upright(shown, reading.turn)
    words = list(drawn)
    for printed in reading.words:
        box = Box(*(side / scale for side in printed.sides))
        on_page = pdfium.clipped(turned(box, upright, -reading.turn % 360), shown)
        if on_page is not None and not any(_holds(word.box, on_page) for word in drawn):
            words.append(Word(printed.text, on_page, number, "ocr"))
    turn = _turn(shown, words, reading.turn)
    slope = round(reading.slope, 5) if turn == reading.turn else 0.0
    shown = replace(shown, turn=turn, slope=slope)
    return with_tables([shown], words)


def _upright(page: Page, turn: int) -> Page:
    """The page as it is when text that runs `turn` degrees is held upright."""
    sides = (page.height, page.width) if turn in (90, 270) else (page.width, page.height)
    return Page(page.number, *sides)


def _turn(page: Page, words: Sequence[Word], turn: int) -> int:
    """The direction of most letters, where those of the text run as `page` says."""
    letters: Counter[int] = Counter()
    for word in words:
        letters[turn if word.source == "ocr" else page.turn] += len(word.text)
    return max(letters, key=lambda each: letters[each], default=0)


def _holds(box: Box, other: Box) -> bool:
    """Whether the middle of `other` is inside `box`."""
    x, y = (other.x1 + other.x2) / 2, (other.y1 + other.y2) / 2
    return box.x1 <= x <= box.x2 and box.y1 <= y <= box.y2
