"""Which pages are scans."""

from collections.abc import Sequence

import pypdfium2
import pypdfium2.raw as raw

from domain.scraping.words import Word

FEW_WORDS = 25
"""A scan may bear so many words of text: the line of a fax machine, a stamp."""
PICTURE_SHARE = 0.5
MOST_OBJECTS = 1000


def is_scan(page: pypdfium2.PdfPage, words: Sequence[Word]) -> bool:
    """Whether a page shows more than its text says: a picture of half the page with a few words
    on it, or anything at all without a word. Filled-in fields do not count as words."""
    count = sum(word.source != "form" for word in words)
    drawn = raw.FPDFPage_CountObjects(page)
    if count == 0:
        return bool(drawn)
    return count <= FEW_WORDS and drawn <= MOST_OBJECTS and _has_large_picture(page)


def _has_large_picture(page: pypdfium2.PdfPage) -> bool:
    width, height = page.get_size()
    for drawn in page.get_objects(max_depth=1):
        if drawn.type == raw.FPDF_PAGEOBJ_IMAGE or _holds_picture(drawn):
            left, bottom, right, top = drawn.get_bounds()
            if (right - left) * (top - bottom) >= PICTURE_SHARE * width * height:
                return True
    return False


def _holds_picture(drawn: pypdfium2.PdfObject) -> bool:
    """Whether a group begins with a picture, as those of scanners do."""
    if drawn.type != raw.FPDF_PAGEOBJ_FORM or raw.FPDFFormObj_CountObjects(drawn) < 1:
        return False
    first = raw.FPDFFormObj_GetObject(drawn, 0)
    return bool(raw.FPDFPageObj_GetType(first) == raw.FPDF_PAGEOBJ_IMAGE)
