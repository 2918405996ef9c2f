"""Reads and draws documents in processes that may die; the caller's memory stays flat."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from types import TracebackType

from domain.scraping.words import Box, DocumentWords, Page, Word
from service.pdf import frames
from service.pdf.channel import Channel, Refused
from service.pdf.limits import SCAN, Limits

__all__ = ["Drawn", "Limits", "Parsed", "ParserServer", "Refused", "has_ocr"]

GARBLED = "The document could not be read."
NO_TIME_LEFT = "there was no time left to read it"


@dataclass(frozen=True)
class Parsed:
    """The words of a document. Scans that could not be read are pages with `unread`."""

    words: DocumentWords


@dataclass(frozen=True)
class Drawn:
    """The picture of a page."""

    png: bytes


def has_ocr() -> bool:
    """Whether the extra `ocr` is installed."""
    return find_spec("rapidocr") is not None and find_spec("onnxruntime") is not None


class ParserServer:
    """Parses and draws in a process of its own, and reads scans in a second, larger one.

    Neither method raises for what a document does. The second process starts at the first scan.
    """

    def __init__(
        self, limits: Limits | None = None, scan_limits: Limits = SCAN, *, ocr: bool | None = None
    ) -> None:
        """`ocr` says whether to read scans; None: where the extra is installed."""
        self._digital = Channel(limits or Limits())
        self._scans = Channel(scan_limits)
        self._scans_seconds = scan_limits.scans_seconds
        self._reads_scans = has_ocr() if ocr is None else ocr

    def __enter__(self) -> "ParserServer":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start(self) -> None:
        """Starts the process for digital documents unless it runs."""
        self._digital.start()

    def close(self) -> None:
        """Ends the processes and what they do; the next call would start them again."""
        self._digital.close()
        self._scans.close()

    def parse(self, pdf: bytes) -> Parsed | Refused:
        """The words of `pdf`, or why there are none. One document at a time."""
        words = _words(self._digital.ask(frames.READ, {}, pdf))
        if isinstance(words, Refused):
            return words
        scans = [page for page in words.pages if page.unread]
        return Parsed(self._with_scans(words, scans, pdf) if self._reads_scans else words)

    def draw(self, pdf: bytes, page: int, boxes: Sequence[Box] = ()) -> Drawn | Refused:
        """A PNG of at most 2 MB of the displayed `page`, counted from 1, with frames around
        `boxes` of that page; or why there is none."""
        sides = [[box.x1, box.y1, box.x2, box.y2] for box in boxes]
        png = self._digital.ask(frames.DRAW, {"page": page, "boxes": sides}, pdf)
        return png if isinstance(png, Refused) else Drawn(png)

    def _with_scans(self, words: DocumentWords, scans: Sequence[Page], pdf: bytes) -> DocumentWords:
        """`words` with those that OCR reads on `scans`, each page a job of its own."""
        deadline = time.monotonic() + self._scans_seconds
        for page in scans:
            left = deadline - time.monotonic()
            read = self._scan(page, pdf) if left > 0 else Refused(NO_TIME_LEFT)
            words = _with_page(words, page, read)
        return words

    def _scan(self, page: Page, pdf: bytes) -> DocumentWords | Refused:
        return _words(self._scans.ask(frames.SCAN, {"page": page.number}, pdf))


def _words(answer: bytes | Refused) -> DocumentWords | Refused:
    if isinstance(answer, Refused):
        return answer
    try:
        return DocumentWords.from_json(json.loads(answer))
    except ValueError:
        return Refused(GARBLED)


def _with_page(words: DocumentWords, page: Page, read: DocumentWords | Refused) -> DocumentWords:
    """`words` with `page` as it was read, or with the reason why it was not."""
    if isinstance(read, Refused):
        why = read.reason[:1].lower() + read.reason[1:].rstrip(".")
        found: tuple[Word, ...] = tuple(word for word in words.words if word.page == page.number)
        shown, tables = replace(page, unread=why), 0
    else:
        found, shown, tables = read.words, read.pages[0], read.tables
    index = words.pages.index(page)
    pages = (*words.pages[:index], shown, *words.pages[index + 1 :])
    before = tuple(word for word in words.words if word.page < page.number)
    after = tuple(word for word in words.words if word.page > page.number)
    return DocumentWords(pages, (*before, *found, *after), words.tables + tables)
