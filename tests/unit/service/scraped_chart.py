"""Charts whose documents have been read already."""

import secrets
from typing import Any

import orjson

from domain.patient import Patient
from domain.scraping.words import Box, DocumentWords, Page, Word
from service.patients import ValueIn
from service.scrape_jobs import Asked
from service.scraping import Ran, Run
from tests.factories import Tenant


def page_of(*lines: str, unread: str = "") -> DocumentWords:
    """A page with one line of text below the other, each word in a box of its own, and a second
    page that is a scan if it is `unread` for a reason."""
    words = []
    for row, line in enumerate(lines):
        left = 72.0
        for text in line.split():
            right = left + 6 * len(text)
            words.append(Word(text, Box(left, 72 + 24 * row, right, 84 + 24 * row), 1))
            left = right + 4
    scan = (Page(2, 612, 792, unread=unread),) if unread else ()
    return DocumentWords((Page(1, 612, 792), *scan), tuple(words), 0)


class Chart:
    """A patient with one document that says HbA1c 7.2 % and has no weight."""

    def __init__(self, clinic: Tenant, *lines: str) -> None:
        self.clinic, self.services = clinic, clinic.services
        self.id = clinic.register(name="Ann")
        self.hba1c = clinic.variable("HbA1c", units="%")
        self.weight = clinic.variable("Weight", units="kg")
        self.upload(*(lines or ("Visit date: 2025-03-01", "HbA1c: 7.2 %")))

    def upload(self, *lines: str, unread: str = "") -> None:
        """Another document, already read."""
        words = page_of(*lines, unread=unread)
        sha256 = f"{len(self.patient.documents):064x}"
        store = self.services.store
        store.put(self.id, sha256, "words", orjson.dumps(words.to_json()))

        def tell(patient: Patient) -> None:
            number = f"pdf_{secrets.token_hex(12)}"
            metadata = self.clinic.asks().metadata()
            patient.add_document(number, sha256, "visit.pdf", 9, metadata)
            patient.document_was_read(number, 1, words.summary(), metadata)

        self.services.application.change(
            self.clinic.asks(), Patient, self.id, tell, lambda r, s, p, t: None
        )

    def refuse(self, reason: str) -> None:
        """Another document, which could not be read."""

        def tell(patient: Patient) -> None:
            metadata = self.clinic.asks().metadata()
            patient.add_document("pdf_refused", "f" * 64, "broken.pdf", 9, metadata)
            patient.document_was_refused("pdf_refused", reason, metadata)

        self.services.application.change(
            self.clinic.asks(), Patient, self.id, tell, lambda r, s, p, t: None
        )

    @property
    def patient(self) -> Patient:
        return self.services.application.load(self.clinic.asks(), Patient, self.id)

    def scrape(self) -> list[dict[str, Any]]:
        """The answers of a run over all variables; HbA1c's first."""
        return [each.body for each in self.run().answers]

    def run(self) -> Ran:
        """A run over all variables."""
        chosen = self.services.scrape_jobs.chosen(self.clinic.asks(), Asked())
        mine = [each for each in chosen if each.id in (self.hba1c, self.weight)]
        return self.services.scraping.run(self.clinic.asks(), self.id, Run(mine, is_bulk=True))

    def review(self, decision: Any, corrected: ValueIn | None = None) -> dict[str, Any]:
        """What somebody makes of the standing HbA1c."""
        standing = self.patient.current(self.hba1c)
        assert standing is not None
        reviewed = self.services.reviews.review(
            self.clinic.asks(), self.id, standing.id, decision, corrected
        )
        return dict(reviewed.body)
