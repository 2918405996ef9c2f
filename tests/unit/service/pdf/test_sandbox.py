"""The parser server with documents of the test's own; hostile ones are in tests/conformance."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from service.pdf.sandbox import Limits, Parsed, ParserServer, Refused
from tests.unit.service.pdf.drawing import bomb, pdf, text

NOTE = pdf(text(72, 700, "HbA1c: 7.2 %"))


@pytest.fixture(scope="module")
def server() -> Iterator[ParserServer]:
    with ParserServer() as running:
        yield running


def _words(answer: Parsed | Refused) -> list[str]:
    assert isinstance(answer, Parsed), answer
    return [word.text for word in answer.words.words]


def _reason(answer: Parsed | Refused) -> str:
    assert isinstance(answer, Refused), answer
    return answer.reason


def _servers() -> set[psutil.Process]:
    """The parser servers that this process has started."""
    children = psutil.Process().children()
    return {child for child in children if "service.pdf.worker" in child.cmdline()}


@contextmanager
def _started() -> Iterator[tuple[ParserServer, psutil.Process]]:
    """A server of one test, and its process."""
    before = _servers()
    with ParserServer() as server:
        # A process that was just started has no command line for a moment.
        server.parse(NOTE)
        (process,) = _servers() - before
        yield server, process


def test_a_document_becomes_words(server: ParserServer) -> None:
    assert _words(server.parse(NOTE)) == ["HbA1c:", "7.2", "%"]


def test_one_server_reads_many_documents() -> None:
    with _started() as (server, process):
        assert all(_words(server.parse(NOTE)) for _ in range(3))
        assert process.is_running()
        assert process.children() == []


@pytest.mark.parametrize("junk", [b"", b"%PDF-1.7", b"PK\x03\x04", NOTE[: len(NOTE) // 3]])
def test_what_is_no_pdf_is_refused(server: ParserServer, junk: bytes) -> None:
    assert _reason(server.parse(junk)) == "The document is not readable as a PDF."


def test_a_page_too_large_is_refused(server: ParserServer) -> None:
    large = pdf("", "/MediaBox [0 0 14401 100]")
    assert _reason(server.parse(large)) == "A page side is longer than 14400 points."


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(pages=0), "The document has 1 pages; the limit is 0."),
        (Limits(characters_per_page=5), "A page has more than 5 characters."),
        (Limits(characters=5), "The document has more than 5 characters."),
        (Limits(words=2), "The document has more than 2 words."),
        (Limits(result_bytes=64), "The document holds more text than can be stored."),
        (Limits(wall_seconds=0), "Reading the document took too long."),
    ],
)
def test_a_document_over_a_limit_is_refused_with_the_reason(limits: Limits, reason: str) -> None:
    with ParserServer(limits) as limited:
        assert _reason(limited.parse(NOTE)) == reason


def test_a_document_that_unpacks_beyond_its_memory_is_refused() -> None:
    with ParserServer(Limits(address_space_bytes=1 << 28)) as limited:
        assert _reason(limited.parse(bomb(1 << 28))) == "Reading the document took too much memory."
        assert _words(limited.parse(NOTE)) == ["HbA1c:", "7.2", "%"]


def test_a_server_that_died_is_started_again() -> None:
    with _started() as (server, process):
        process.kill()
        process.wait()
        assert _words(server.parse(NOTE)) == ["HbA1c:", "7.2", "%"]


def test_a_closed_server_leaves_no_process_and_starts_on_demand() -> None:
    with _started() as (server, process):
        server.close()
        assert not process.is_running()
        assert _words(server.parse(NOTE)) == ["HbA1c:", "7.2", "%"]


def test_the_server_is_out_of_reach_of_the_terminal_and_gets_no_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ATTESTOR_MASTER_KEY", "secret")
    with _started() as (server, process):
        server.parse(NOTE)
        assert os.getsid(process.pid) == process.pid
        assert set(process.environ()) == {
            "PYTHONPATH", "PATH", "LC_ALL", "OMP_NUM_THREADS"
        }  # fmt: skip
        assert process.nice() == min(os.nice(0) + 10, 19)
