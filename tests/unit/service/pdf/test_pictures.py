"""Pictures of pages: their size, what is on them, and how many bytes they may have."""

import io
import os

import pytest
from PIL import Image

from service.pdf.limits import Unreadable
from service.pdf.pictures import MARK, MOST_BYTES, draw
from service.pdf.sandbox import Drawn, ParserServer, Refused
from tests.unit.service.pdf.drawing import pdf, text

SQUARE = "1 0 0 rg\n72 648 72 72 re f\n"
"""An inch of red, one inch from the left and one from the top of a page of 612 x 792 points."""
INCH = 130


def picture(document: bytes, boxes: tuple[tuple[float, ...], ...] = ()) -> Image.Image:
    return Image.open(io.BytesIO(draw(document, 1, boxes))).convert("RGB")


def test_a_page_is_drawn_at_130_dots_per_inch() -> None:
    drawn = picture(pdf(SQUARE))
    assert drawn.size == pytest.approx((8.5 * INCH, 11 * INCH), abs=1)
    assert drawn.getpixel((1.5 * INCH, 1.5 * INCH)) == (255, 0, 0)
    assert drawn.getpixel((0.5 * INCH, 1.5 * INCH)) == (255, 255, 255)


def test_a_turned_page_is_drawn_as_it_is_displayed() -> None:
    drawn = picture(pdf(SQUARE, "/Rotate 90"))
    assert drawn.size == pytest.approx((11 * INCH, 8.5 * INCH), abs=1)
    assert drawn.getpixel((11 * INCH - 1.5 * INCH, 1.5 * INCH)) == (255, 0, 0)


def test_a_box_is_framed_where_it_is_in_points_of_the_displayed_page() -> None:
    page = pdf(text(72, 700, "7.2"), "/Rotate 270")
    drawn = picture(page, ((72, 144, 216, 216),))
    left, top, right, bottom = INCH, 2 * INCH, 3 * INCH, 3 * INCH
    for x, y in ((left - 2, 2.5 * INCH), (right + 2, 2.5 * INCH), (2 * INCH, top - 2),
                 (2 * INCH, bottom + 2)):  # fmt: skip
        assert drawn.getpixel((x, y)) == MARK
    assert drawn.getpixel((2 * INCH, 2.5 * INCH)) == (255, 255, 255)
    plain = picture(page)
    assert plain.tobytes() != drawn.tobytes()


def test_a_field_is_drawn_with_what_was_filled_in() -> None:
    look = "q 0 0 1 rg 0 0 80 16 re f Q"
    field = (
        "<< /Type /Annot /Subtype /Widget /FT /Tx /T (a) /V (134) /F 4 /Rect [72 700 152 716]"
        " /AP << /N 7 0 R >> >>",
        f"<< /Type /XObject /Subtype /Form /BBox [0 0 80 16] /Length {len(look)} >>\n"
        f"stream\n{look}\nendstream",
    )
    page = pdf("", "/Annots [6 0 R]", "/AcroForm << /Fields [6 0 R] >>", field)
    assert (0, 0, 255) in {colour for _, colour in picture(page).getcolors(1 << 20) or ()}


def test_a_noisy_scan_is_no_more_than_two_megabytes() -> None:
    noise = Image.frombytes("RGB", (1275, 1650), os.urandom(3 * 1275 * 1650))
    file = io.BytesIO()
    noise.save(file, "PDF", resolution=150, quality=95)
    png = draw(file.getvalue(), 1, ())
    assert 100_000 < len(png) <= MOST_BYTES
    assert Image.open(io.BytesIO(png)).size[0] >= 500


def test_a_poster_is_drawn_smaller() -> None:
    assert max(picture(pdf("", "/MediaBox [0 0 14000 7000]")).size) == 1800


@pytest.mark.parametrize(("document", "page"), [(b"", 1), (b"%PDF-1.7", 1), (pdf(""), 2)])
def test_what_cannot_be_drawn_is_refused(document: bytes, page: int) -> None:
    with pytest.raises(Unreadable, match="cannot be drawn"):
        draw(document, page, ())
    with ParserServer() as server:
        assert server.draw(document, page) == Refused("The page cannot be drawn.")


def test_the_parser_server_draws_the_same_picture() -> None:
    with ParserServer() as server:
        assert server.draw(pdf(SQUARE), 1) == Drawn(draw(pdf(SQUARE), 1, ()))
