"""Words and boxes of pages drawn by hand; the boxes follow from the numbers in the drawing."""

import pytest

from domain.scraping.words import Box, Word
from service.pdf.limits import Limits
from service.pdf.words import read
from tests.unit.service.pdf.drawing import pdf, text

DIGIT = 5.56
"""The width of a Helvetica digit at 10 points."""


def _read(document: bytes) -> list[Word]:
    return list(read(document, Limits()).words)


def _box(document: bytes, wanted: str) -> Box:
    (found,) = [word.box for word in _read(document) if word.text == wanted]
    return found


def _assert_around(box: Box, x: float, y: float, upright: bool = True) -> None:
    """`box` is that of "43" whose baseline starts at `x`, `y` of the displayed page."""
    across, along = (box.width, box.height) if upright else (box.height, box.width)
    assert across == pytest.approx(2 * DIGIT, abs=0.1)
    assert 8 < along < 14
    assert box.x1 - 4 < x < box.x2 + 4
    assert box.y1 - 4 < y < box.y2 + 4


@pytest.mark.parametrize(
    ("page", "x", "y", "upright"),
    [
        ("", 100, 92, True),
        ("/Rotate 90", 700, 100, False),
        ("/Rotate 180", 512, 700, True),
        ("/Rotate 270", 92, 512, False),
        ("/CropBox [50 600 300 750]", 50, 50, True),
        ("/MediaBox [-100 -50 512 742]", 200, 42, True),
        ("/CropBox [50 600 300 750] /Rotate 90", 100, 50, False),
    ],
)
def test_a_box_is_where_the_word_is_on_the_page_as_shown(
    page: str, x: float, y: float, upright: bool
) -> None:
    _assert_around(
        _box(pdf(text(100, 700, "EF 43"), page).replace(b"EF 43", b"43"), "43"), x, y, upright
    )


def test_sideways_text_is_read_in_its_own_direction() -> None:
    upwards = "BT /F 10 Tf 0 1 -1 0 300 100 Tm (LVEF 43) Tj ET"
    document = read(pdf(upwards), Limits())
    assert [word.text for word in document.words] == ["LVEF", "43"]
    assert document.pages[0].turn == 270
    _assert_around(document.words[1].box, 298, 657, upright=False)


def test_words_off_the_page_are_dropped() -> None:
    drawn = text(5000, 700, "HbA1c") + text(100, -40, "7.2") + text(100, 700, "Visit")
    assert [word.text for word in _read(pdf(drawn))] == ["Visit"]


def test_what_the_crop_box_hides_is_dropped() -> None:
    drawn = text(100, 700, "shown") + text(100, 100, "hidden")
    page = "/CropBox [50 600 300 750]"
    assert [word.text for word in _read(pdf(drawn, page))] == ["shown"]


def test_white_words_are_told_from_others() -> None:
    drawn = text(100, 700, "seen") + "1 1 1 rg\n" + text(100, 600, "unseen")
    assert [(word.text, word.source) for word in _read(pdf(drawn))] == [
        ("seen", "text"),
        ("unseen", "white"),
    ]


def test_the_page_is_measured_as_shown() -> None:
    (page,) = read(pdf("", "/CropBox [50 600 300 750] /Rotate 90"), Limits()).pages
    assert (page.number, page.width, page.height) == (1, 150, 250)


def test_filled_in_fields_are_words_and_hidden_ones_are_not() -> None:
    field = (
        "<< /Type /Annot /Subtype /Widget /FT /Tx /T ({}) /V ({}) /F {} /Rect [100 {} 180 {}] >>"
    )
    document = pdf(
        text(50, 700, "Systolic"),
        "/Annots [6 0 R 7 0 R]",
        "/AcroForm << /Fields [6 0 R 7 0 R] >>",
        (field.format("a", "134", 4, 695, 711), field.format("b", "999", 2, 500, 516)),
    )
    assert [(word.text, word.source) for word in _read(document)] == [
        ("Systolic", "text"),
        ("134", "form"),
    ]
    assert _box(document, "134") == Box(100, 81, 180, 97)


def test_a_script_in_the_document_is_not_run_and_does_no_harm() -> None:
    action = "/OpenAction << /S /JavaScript /JS (app.launchURL('http://localhost')) >>"
    assert [word.text for word in _read(pdf(text(9, 9, "fine"), catalog=action))] == ["fine"]
