"""Reads what stands inside a box by other means than the product: the check of the boxes."""

import io
from collections.abc import Iterator
from functools import lru_cache
from types import TracebackType
from typing import Any

import pdfplumber
import pypdfium2
import pypdfium2.raw as raw

from domain.scraping.words import Box

PIXELS_PER_POINT = 300 / 72
DEVICE = 100
"""Device units per point, so that whole numbers are exact enough."""


class SecondReader:
    """The text in boxes of the displayed pages of one document.

    Upright pages are read with pdfplumber, its filled-in fields included; turned and cropped ones
    with pdfium and its own arithmetic of the displayed page; scans by OCR of the box alone.
    """

    def __init__(self, pdf: bytes) -> None:
        self._plumber = pdfplumber.open(io.BytesIO(pdf))
        self._pdfium = pypdfium2.PdfDocument(pdf)

    def __enter__(self) -> "SecondReader":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._plumber.close()
        self._pdfium.close()

    def text_in(self, number: int, box: Box) -> str:
        """What page `number`, counted from 1, prints inside `box`."""
        page = self._plumber.pages[number - 1]
        if page.rotation or tuple(page.cropbox) != tuple(page.mediabox) or _is_turned(page):
            return self._bounded(number, box)
        return "".join(
            text for text, x, y in _pieces(page) if box.x1 <= x <= box.x2 and box.y1 <= y <= box.y2
        )

    def _bounded(self, number: int, box: Box) -> str:
        page = self._pdfium[number - 1]
        x1, y1 = _user_space(page, box.x1, box.y1)
        x2, y2 = _user_space(page, box.x2, box.y2)
        sides = min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)
        return str(page.get_textpage().get_text_bounded(*sides))

    def recognised_in(self, number: int, box: Box, turn: int) -> str:
        """What OCR of `box` alone reads, where text runs `turn` degrees clockwise.

        The picture is a little larger than the box, so parts of neighbours may be read too.
        """
        page = self._pdfium[number - 1]
        width, height = page.get_size()
        around = (box.x1 - 2, height - box.y2 - 2, width - box.x2 - 2, box.y1 - 2)
        crop = tuple(max(0.0, side) for side in around)
        picture = page.render(scale=PIXELS_PER_POINT, crop=crop).to_pil()
        upright = picture.rotate(turn, expand=True)
        found = _engine()(upright, use_det=False, use_cls=False, use_rec=True)
        return "".join(found.txts or ())


def _pieces(page: Any) -> Iterator[tuple[str, float, float]]:
    """The characters and filled-in fields of an upright page with the middle of each."""
    for char in page.chars:
        yield char["text"], (char["x0"] + char["x1"]) / 2, (char["top"] + char["bottom"]) / 2
    for field in page.annots:
        filled = field["data"].get("V")
        if isinstance(filled, bytes):
            text = filled.decode("utf-16" if filled[:2] == b"\xfe\xff" else "latin-1")
            yield text, (field["x0"] + field["x1"]) / 2, (field["top"] + field["bottom"]) / 2


def _is_turned(page: Any) -> bool:
    return any(not char["upright"] for char in page.chars) or page.bbox[:2] != (0, 0)


def _user_space(page: pypdfium2.PdfPage, x: float, y: float) -> tuple[float, float]:
    """A point of the displayed page in the coordinates of the file."""
    width, height = (round(side * DEVICE) for side in page.get_size())
    across, up = raw.c_double(), raw.c_double()
    at = round(x * DEVICE), round(y * DEVICE)
    raw.FPDF_DeviceToPage(page, 0, 0, width, height, 0, *at, across, up)
    return across.value, up.value


@lru_cache(maxsize=1)
def _engine() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(params={"Global.log_level": "critical"})
