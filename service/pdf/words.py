"""Reads the words of a PDF with pdfium, or with pdfplumber where pdfium refuses the file.

Runs only in the child process of the parser server: what happens here may crash, hang or eat
memory, and costs one job.
"""

import io
from dataclasses import replace

import pdfplumber
import pypdfium2
from pdfminer.pdfdocument import PDFPasswordIncorrect
from pdfminer.pdfparser import PDFSyntaxError
from pdfplumber.page import Page as PlumberPage
from pdfplumber.utils.exceptions import PdfminerException

from domain.scraping.layout import with_tables
from domain.scraping.words import Box, DocumentWords, Page, Word
from service.pdf import pdfium
from service.pdf.limits import Limits, Unreadable
from service.pdf.scans import is_scan

ENCRYPTED = "The document is password-protected."
NOT_A_PDF = "The document is not readable as a PDF."
NO_PAGES = "The document has no pages."
NO_OCR = "OCR is not installed"


def read(pdf: bytes, limits: Limits) -> DocumentWords:
    """The words of every page, boxes on the displayed page; scans are left `unread`, for OCR.

    Raises Unreadable with the reason.
    """
    try:
        pages, words = _with_pdfium(pdf, limits)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise Unreadable(ENCRYPTED) from error
        pages, words = _with_pdfplumber(pdf, limits)
    if len(words) > limits.words:
        raise Unreadable(f"The document has more than {limits.words} words.")
    return with_tables(pages, words)


def _with_pdfium(pdf: bytes, limits: Limits) -> tuple[list[Page], list[Word]]:
    document = pypdfium2.PdfDocument(pdf)
    _check_page_count(len(document), limits)
    document.init_forms()
    pages: list[Page] = []
    words: list[Word] = []
    characters = 0
    for number in range(1, len(document) + 1):
        page = document[number - 1]
        width, height = page.get_size()
        _check_page_size(width, height, limits)
        text = page.get_textpage()
        characters += text.count_chars()
        _check_characters(text.count_chars(), characters, limits)
        read_page, read_words = pdfium.read_page(page, text, number)
        if is_scan(page, read_words):
            read_page = replace(read_page, unread=NO_OCR)
        pages.append(read_page)
        words.extend(read_words)
        text.close()
        page.close()
    return pages, words


def _with_pdfplumber(pdf: bytes, limits: Limits) -> tuple[list[Page], list[Word]]:
    pages: list[Page] = []
    words: list[Word] = []
    try:
        with pdfplumber.open(io.BytesIO(pdf)) as document:
            _check_page_count(len(document.pages), limits)
            for page in document.pages:
                read_page, read_words = _plumber_page(page, limits)
                pages.append(read_page)
                words.extend(read_words)
                page.close()
    except PdfminerException as error:
        cause = error.args[0] if error.args else None
        reason = ENCRYPTED if isinstance(cause, PDFPasswordIncorrect) else NOT_A_PDF
        raise Unreadable(reason) from error
    except PDFSyntaxError as error:
        raise Unreadable(NOT_A_PDF) from error
    _check_characters(0, sum(len(word.text) for word in words), limits)
    return pages, words


def _plumber_page(page: PlumberPage, limits: Limits) -> tuple[Page, list[Word]]:
    left, top, right, bottom = map(float, page.cropbox)
    width, height = right - left, bottom - top
    _check_page_size(width, height, limits)
    if page.rotation % 360:
        raise Unreadable(NOT_A_PDF)
    _check_characters(len(page.chars), 0, limits)
    shown = Page(page.page_number, width, height)
    words = []
    for found in page.extract_words():
        box = Box(found["x0"] - left, found["top"] - top, found["x1"] - left, found["bottom"] - top)
        on_page = pdfium.clipped(box, shown)
        if on_page is not None:
            words.append(Word(found["text"], on_page, shown.number))
    return shown, words


def _check_page_count(pages: int, limits: Limits) -> None:
    if pages == 0:
        raise Unreadable(NO_PAGES)
    if pages > limits.pages:
        raise Unreadable(f"The document has {pages} pages; the limit is {limits.pages}.")


def _check_page_size(width: float, height: float, limits: Limits) -> None:
    if max(width, height) > limits.page_side_points:
        raise Unreadable(f"A page side is longer than {limits.page_side_points} points.")
    if min(width, height) <= 0:
        raise Unreadable("A page has no area.")


def _check_characters(on_page: int, so_far: int, limits: Limits) -> None:
    if on_page > limits.characters_per_page:
        raise Unreadable(f"A page has more than {limits.characters_per_page} characters.")
    if so_far > limits.characters:
        raise Unreadable(f"The document has more than {limits.characters} characters.")
