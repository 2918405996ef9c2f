"""Which pages are scans."""

from collections.abc import Sequence

import pypdfium2
import pypdfium2.raw as raw

from domain.scraping.words import Word

FEW_WORDS = 25
"""A scan may bear so many words of text: the line of a fax machine, a stamp."""
PICTURE_SHARE = 0.5
MANY_STROKES, MOST_STROKES = 30, 20_000
"""Without a font, each letter is a stroke or a few."""
MOST_OBJECTS = 1000


def is_scan(page: pypdfium2.PdfPage, words: Sequence[Word]) -> bool:
    """Whether a page shows more than its text says: without a word, any picture or many strokes,
    which may be letters; with a few words, a picture of half the page. Filled-in fields do not
    count as words."""
    count = sum(word.source != "form" for word in words)
    drawn = raw.FPDFPage_CountObjects(page)
    if count == 0 and MANY_STROKES <= drawn <= MOST_STROKES:
        return True
    share = PICTURE_SHARE if count else 0.0
    return count <= FEW_WORDS and drawn <= MOST_OBJECTS and _has_picture(page, share)


def _has_picture(page: pypdfium2.PdfPage, share: float) -> bool:
    """Whether there is a picture that covers such a share of the page."""
    width, height = page.get_size()
    for drawn in page.get_objects(max_depth=1):
        if drawn.type == raw.FPDF_PAGEOBJ_IMAGE or _holds_picture(drawn):
            left, bottom, right, top = drawn.get_bounds()
            if (right - left) * (top - bottom) >= share * width * height:
                return True
    return False


def _holds_picture(drawn: pypdfium2.PdfObject) -> bool:
    """Whether a group begins with a picture, as those of scanners do."""
    if drawn.type != raw.FPDF_PAGEOBJ_FORM or raw.FPDFFormObj_CountObjects(drawn) < 1:
        return False
    first = raw.FPDFFormObj_GetObject(drawn, 0)
    return bool(raw.FPDFPageObj_GetType(first) == raw.FPDF_PAGEOBJ_IMAGE)
