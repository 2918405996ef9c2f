"""Charts whose documents have been read already."""

import secrets
from typing import Any

import orjson

from domain.patient import Patient
from domain.scraping.words import Box, DocumentWords, Page, Word
from service.patients import ValueIn
from service.scrape_jobs import Asked
from service.scraping import Run
from tests.factories import Tenant


def page_of(*lines: str) -> DocumentWords:
    """A page with one line of text below the other, each word in a box of its own."""
    words = []
    for row, line in enumerate(lines):
        left = 72.0
        for text in line.split():
            right = left + 6 * len(text)
            words.append(Word(text, Box(left, 72 + 24 * row, right, 84 + 24 * row), 1))
            left = right + 4
    return DocumentWords((Page(1, 612, 792),), tuple(words), 0)


class Chart:
    """A patient with one document that says HbA1c 7.2 % and has no weight."""

    def __init__(self, clinic: Tenant, *lines: str) -> None:
        self.clinic, self.services = clinic, clinic.services
        self.id = clinic.register(name="Ann")
        self.hba1c = clinic.variable("HbA1c", units="%")
        self.weight = clinic.variable("Weight", units="kg")
        self.upload(*(lines or ("Visit date: 2025-03-01", "HbA1c: 7.2 %")))

    def upload(self, *lines: str) -> None:
        """Another document, already read."""
        words = page_of(*lines)
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

    @property
    def patient(self) -> Patient:
        return self.services.application.load(self.clinic.asks(), Patient, self.id)

    def scrape(self) -> list[dict[str, Any]]:
        """A run over all variables; HbA1c's answer first."""
        chosen = self.services.scrape_jobs.chosen(self.clinic.asks(), Asked())
        mine = [each for each in chosen if each.id in (self.hba1c, self.weight)]
        found = self.services.scraping.run(self.clinic.asks(), self.id, Run(mine, is_bulk=True))
        return [each.body for each in found.answers]

    def review(self, decision: Any, corrected: ValueIn | None = None) -> dict[str, Any]:
        """What somebody makes of the standing HbA1c."""
        standing = self.patient.current(self.hba1c)
        assert standing is not None
        reviewed = self.services.reviews.review(
            self.clinic.asks(), self.id, standing.id, decision, corrected
        )
        return dict(reviewed.body)
