"""Bombs, loops, encrypted and malformed files: each ends in an answer, and the server goes on."""

from collections.abc import Iterator

import psutil
import pytest

from service.pdf.sandbox import Parsed, ParserServer, Refused
from tests.conformance import scraping_data

scraping_data.require()

HOSTILE = sorted(path.name for path in (scraping_data.PDFS / "hostile").glob("*.pdf"))
HARD = sorted((scraping_data.PDFS / "hard").glob("*.pdf"))
GOOD = scraping_data.PDFS / "clinical" / "own_lab_flowsheet.pdf"
ENCRYPTED = "The document is password-protected."
NOT_A_PDF = "The document is not readable as a PDF."


@pytest.fixture(scope="module")
def server() -> Iterator[ParserServer]:
    with ParserServer() as running:
        yield running


def _parse(server: ParserServer, name: str) -> Parsed | Refused:
    return server.parse((scraping_data.PDFS / "hostile" / name).read_bytes())


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_ends_in_an_answer_and_leaves_the_server_well(
    server: ParserServer, name: str
) -> None:
    answer = _parse(server, name)
    assert isinstance(answer, Parsed | Refused)
    after = server.parse(GOOD.read_bytes())
    assert isinstance(after, Parsed)
    assert len(after.words.words) > 100
    for child in psutil.Process().children():
        if "service.pdf.worker" in child.cmdline():
            assert child.children() == []


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
