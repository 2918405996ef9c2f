"""Bombs, loops, encrypted and malformed files: each ends in an answer, and the server goes on."""

from collections.abc import Iterator
from dataclasses import dataclass

import psutil
import pytest

from service.pdf.sandbox import Drawn, Parsed, ParserServer, Refused
from service.pdf.worker import TOO_LONG, TOO_MUCH_MEMORY
from tests.conformance import hostile_recipes, scraping_data

scraping_data.require()

HOSTILE = sorted(path.name for path in (scraping_data.PDFS / "hostile").glob("*.pdf"))
RECIPES = {
    recipe.__name__: recipe
    for recipe in (
        hostile_recipes.nested_forms,
        hostile_recipes.table_that_precedes_itself,
        hostile_recipes.predictor_of_huge_rows,
        hostile_recipes.filters_without_end,
        hostile_recipes.fifty_thousand_pages,
        hostile_recipes.picture_of_many_pixels,
    )
}
HARD = sorted((scraping_data.PDFS / "hard").glob("*.pdf"))
HARD_TO_DRAW = {
    "nested_forms", "picture_of_many_pixels", "bomb_image_50000x50000.pdf", "loop_form_self.pdf",
}  # fmt: skip
GOOD = scraping_data.PDFS / "clinical" / "own_lab_flowsheet.pdf"
ENCRYPTED = "The document is password-protected."
NOT_A_PDF = "The document is not readable as a PDF."


@dataclass(frozen=True)
class Ordeal:
    """What became of every hostile file, read (and some drawn) by one server in a row."""

    read: dict[str, Parsed | Refused]
    drawn: dict[str, Drawn | Refused]
    bytes_grown: int


@pytest.fixture(scope="module")
def server() -> Iterator[ParserServer]:
    with ParserServer(ocr=False) as running:
        yield running


@pytest.fixture(scope="module")
def ordeal(server: ParserServer) -> Ordeal:
    process = psutil.Process()
    server.parse(GOOD.read_bytes())
    before = process.memory_info().rss
    read: dict[str, Parsed | Refused] = {}
    drawn: dict[str, Drawn | Refused] = {}
    for name in (*HOSTILE, *RECIPES):
        pdf = RECIPES[name]() if name in RECIPES else _bytes(name)
        read[name] = server.parse(pdf)
        if name in HARD_TO_DRAW:
            drawn[name] = server.draw(pdf, 1)
    return Ordeal(read, drawn, process.memory_info().rss - before)


def _bytes(name: str) -> bytes:
    return (scraping_data.PDFS / "hostile" / name).read_bytes()


def _parse(server: ParserServer, name: str) -> Parsed | Refused:
    return server.parse(_bytes(name))


def test_every_hostile_file_is_read_or_refused_with_a_sentence(ordeal: Ordeal) -> None:
    assert len(ordeal.read) == len(HOSTILE) + len(RECIPES) >= 30
    refused = [answer for answer in ordeal.read.values() if isinstance(answer, Refused)]
    assert all(answer.reason.endswith(".") for answer in refused)
    assert sum(isinstance(answer, Parsed) for answer in ordeal.read.values()) >= 15


def test_the_reader_of_hostile_files_keeps_its_memory(ordeal: Ordeal) -> None:
    assert ordeal.bytes_grown < 64 << 20


def test_after_all_hostile_files_the_same_server_reads_a_good_one(
    ordeal: Ordeal, server: ParserServer
) -> None:
    answer = server.parse(GOOD.read_bytes())
    assert isinstance(answer, Parsed)
    assert len(answer.words.words) > 100
    for child in psutil.Process().children():
        if "service.pdf.worker" in child.cmdline():
            assert child.children() == []


def test_work_without_end_is_stopped(ordeal: Ordeal) -> None:
    for answer in (ordeal.read["nested_forms"], ordeal.drawn["nested_forms"]):
        assert answer in (Refused(TOO_LONG), Refused(TOO_MUCH_MEMORY))


@pytest.mark.parametrize(
    "name", ["picture_of_many_pixels", "bomb_image_50000x50000.pdf", "loop_form_self.pdf"]
)
def test_a_page_that_draws_too_much_is_a_small_picture(ordeal: Ordeal, name: str) -> None:
    answer = ordeal.drawn[name]
    assert isinstance(answer, Drawn)
    assert 0 < len(answer.png) <= 2_000_000


def test_too_many_pages_are_counted_and_not_read(ordeal: Ordeal) -> None:
    reason = "The document has 50000 pages; the limit is 300."
    assert ordeal.read["fifty_thousand_pages"] == Refused(reason)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("table_that_precedes_itself", ["HbA1c", "7.2"]),
        ("predictor_of_huge_rows", []),
        ("filters_without_end", []),
        ("picture_of_many_pixels", []),
    ],
)
def test_what_is_broken_beside_the_text_leaves_the_text(
    ordeal: Ordeal, name: str, words: list[str]
) -> None:
    answer = ordeal.read[name]
    assert isinstance(answer, Parsed)
    assert [word.text for word in answer.words.words] == words


def test_a_picture_of_too_many_pixels_is_a_scan_that_holds_nothing() -> None:
    with ParserServer(ocr=True) as server:
        answer = server.parse(hostile_recipes.picture_of_many_pixels())
    assert isinstance(answer, Parsed)
    assert answer.words.words == ()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("enc_user_password.pdf", ENCRYPTED),
        ("empty.pdf", NOT_A_PDF),
        ("header_only.pdf", NOT_A_PDF),
        ("html_as_pdf.pdf", NOT_A_PDF),
        ("zip_as_pdf.pdf", NOT_A_PDF),
        ("truncated_half.pdf", NOT_A_PDF),
        ("loop_page_tree.pdf", "The document has no pages."),
        ("bomb_mediabox_14M.pdf", "A page side is longer than 14400 points."),
    ],
)
def test_a_refusal_says_why(server: ParserServer, name: str, reason: str) -> None:
    assert _parse(server, name) == Refused(reason)


@pytest.mark.parametrize(
    "name",
    [
        "enc_owner_only_aes256.pdf",
        "enc_owner_only_rc4.pdf",
        "js_openaction.pdf",
        "launch_action.pdf",
        "embedded_file.pdf",
        "garbage_before_header.pdf",
        "lie_page_count.pdf",
    ],
)
def test_what_a_reader_can_open_is_read_and_nothing_in_it_is_run(
    server: ParserServer, name: str
) -> None:
    answer = _parse(server, name)
    assert isinstance(answer, Parsed)
    assert len(answer.words.words) >= 4


def test_text_beside_the_page_is_not_read(server: ParserServer) -> None:
    answer = _parse(server, "hidden_text_white_offpage_tr3.pdf")
    assert isinstance(answer, Parsed)
    (page,) = answer.words.pages
    assert answer.words.words
    assert all(0 <= w.box.x1 < w.box.x2 <= page.width for w in answer.words.words)
    assert all(0 <= w.box.y1 < w.box.y2 <= page.height for w in answer.words.words)


def test_a_file_that_pdfium_refuses_is_read_with_pdfplumber(server: ParserServer) -> None:
    answer = server.parse((scraping_data.PDFS / "hard" / "qpdf_bad35.pdf").read_bytes())
    assert isinstance(answer, Parsed)
    assert [word.text for word in answer.words.words] == ["Potato"]


def test_nine_of_ten_odd_files_of_other_projects_are_read(server: ParserServer) -> None:
    answers = [server.parse(path.read_bytes()) for path in HARD]
    assert len(answers) >= 100
    assert sum(isinstance(answer, Parsed) for answer in answers) >= 0.9 * len(answers)
    reasons = {answer.reason for answer in answers if isinstance(answer, Refused)}
    assert reasons <= {ENCRYPTED, NOT_A_PDF}
