"""What reading and scraping cost, beside pdfplumber in the same run."""

import io
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from statistics import median

import pdfplumber
import pypdfium2

from benchmarks.questions import Question
from benchmarks.report import alternate
from domain.scraping.extract import extract
from domain.scraping.reading import read
from domain.scraping.words import DocumentWords
from service.pdf.limits import Limits
from service.pdf.sandbox import Parsed, ParserServer
from service.pdf.words import read as parse

LONG_PAGES = 172
SCRAPES = 40


@dataclass(frozen=True)
class Cost:
    """A figure in `unit` that should not exceed `bar`; with `theirs`, the bar is for the ratio."""

    what: str
    unit: str
    ours: float
    bar: float | None = None
    theirs: float | None = None

    @property
    def ratio(self) -> float | None:
        return self.ours / self.theirs if self.theirs else None

    @property
    def is_reached(self) -> bool | None:
        """None where there is no bar."""
        if self.bar is None:
            return None
        return (self.ours if self.ratio is None else self.ratio) <= self.bar


def words_of_a_page(pdfs: Sequence[bytes], rounds: int) -> Cost:
    """Milliseconds a page of digital documents takes, ours and pdfplumber's in turns."""
    pages = sum(len(parse(pdf, Limits()).pages) for pdf in pdfs)
    sides: dict[str, Callable[[], float]] = {
        "ours": lambda: _milliseconds(lambda: [parse(pdf, Limits()) for pdf in pdfs]) / pages,
        "plumber": lambda: _milliseconds(lambda: [_plumbed(pdf) for pdf in pdfs]) / pages,
    }
    taken = alternate(rounds, sides)
    ours, theirs = median(taken["ours"]), median(taken["plumber"])
    return Cost("words of a page, to pdfplumber's", "ms", ours, 0.2, theirs)


def scrapes_after_upload(
    pdf: bytes, document: DocumentWords, asked: Sequence[Question], rounds: int
) -> list[Cost]:
    """Milliseconds to answer from the stored words, in turns with parsing again: a variable of a
    run for `SCRAPES` of them, and the only one of a run, which pays for the layout alone."""
    stored = json.dumps(document.to_json())
    many = [question for question, _ in zip(cycle(asked), range(SCRAPES), strict=False)]
    sides: dict[str, Callable[[], float]] = {
        "many": lambda: _milliseconds(partial(_scrape, stored, many)) / SCRAPES,
        "one": lambda: _milliseconds(partial(_scrape, stored, many[:1])),
        "plumber": lambda: _milliseconds(lambda: _plumbed(pdf)),
    }
    taken = {name: median(times) for name, times in alternate(rounds, sides).items()}
    pages, theirs = len(document.pages), taken["plumber"]
    return [
        Cost(f"scrape, one of {SCRAPES} of {pages} pages", "ms", taken["many"], 0.01, theirs),
        Cost(f"scrape, the only one of {pages} pages", "ms", taken["one"], None, theirs),
    ]


def long_document(pdfs: Sequence[bytes]) -> Cost:
    """Peak MB of the process that parses a document of 172 pages, made of `pdfs`."""
    made = _joined(pdfs, LONG_PAGES)
    code = f"from {__name__} import report_peak; report_peak()"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, input=made, stdout=subprocess.PIPE, check=True)  # noqa: S603
    return Cost(f"memory for {LONG_PAGES} pages", "MB", float(done.stdout), 100)


def report_peak() -> None:
    """Parses standard input as the service does and prints the largest child's peak in MB."""
    with ParserServer(ocr=False) as server:
        answer = server.parse(sys.stdin.buffer.read())
        if not isinstance(answer, Parsed) or len(answer.words.pages) != LONG_PAGES:
            raise AssertionError("the long document was not read")
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)


def _joined(pdfs: Sequence[bytes], pages: int) -> bytes:
    """One document with `pages` pages, those of `pdfs` over and over."""
    made = pypdfium2.PdfDocument.new()
    for pdf in cycle(pdfs):
        if len(made) == pages:
            break
        source = pypdfium2.PdfDocument(pdf)
        made.import_pages(source, list(range(min(len(source), pages - len(made)))))
    written = io.BytesIO()
    made.save(written)
    return written.getvalue()


def _scrape(stored: str, asked: Sequence[Question]) -> None:
    """One run for all the questions, as the service scrapes a patient."""
    read.cache_clear()
    document = DocumentWords.from_json(json.loads(stored))
    for question in asked:
        extract([("document", document)], question.target)


def _plumbed(pdf: bytes) -> int:
    """How many words pdfplumber finds; pages are closed, or it would keep them all."""
    words = 0
    with pdfplumber.open(io.BytesIO(pdf)) as document:
        for page in document.pages:
            words += len(page.extract_words())
            page.close()
    return words


def _milliseconds(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return 1000 * (time.perf_counter() - started)
