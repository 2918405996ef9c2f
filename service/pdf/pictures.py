"""Pictures of pages, as PNG."""

import io
from collections.abc import Sequence

import pypdfium2
from PIL import Image, ImageDraw

from service.pdf.limits import Unreadable

NOT_DRAWN = "The page cannot be drawn."
DOTS_PER_INCH = 130
LONG_SIDE_PIXELS = 1800
MOST_BYTES = 2_000_000
COLOURS = 48
MARK, MARK_WIDTH, MARGIN = (214, 40, 40), 3, 3
"""The frame around a value: red, its width and its distance in pixels."""


def draw(pdf: bytes, number: int, boxes: Sequence[Sequence[float]]) -> bytes:
    """Page `number` as displayed, as a PNG of at most 2 MB, with a frame around each of `boxes`
    (points of the displayed page). Raises Unreadable."""
    try:
        document = pypdfium2.PdfDocument(pdf)
        document.init_forms()
        page = document[number - 1]
        scale = min(DOTS_PER_INCH / 72, LONG_SIDE_PIXELS / max(page.get_size()))
        image = page.render(scale=scale).to_pil().convert("RGB")
    except pypdfium2.PdfiumError as error:
        raise Unreadable(NOT_DRAWN) from error
    pen = ImageDraw.Draw(image)
    for left, top, right, bottom in boxes:
        corners = (
            left * scale - MARGIN,
            top * scale - MARGIN,
            right * scale + MARGIN,
            bottom * scale + MARGIN,
        )
        pen.rectangle(corners, outline=MARK, width=MARK_WIDTH)
    return _encoded(image)


def _encoded(image: Image.Image) -> bytes:
    """`image` as PNG: in full colour, else in few colours, else smaller and smaller."""
    png = _png(image)
    while len(png) > MOST_BYTES:
        png = _png(image.quantize(COLOURS))
        image = image.reduce(2)
    return png


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
