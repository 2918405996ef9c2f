"""Documents that wait are each brought to one of their two ends, once."""

import io
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest

from domain.scraping.words import DocumentWords
from projections.patients import find_patient
from service.bootstrap import Services
from service.document_reading import DocumentReading
from service.pdf.sandbox import ParserServer
from tests.factories import Tenant
from tests.unit.service.pdf.drawing import joined, pdf, scanned, text

NOTE = pdf(text(72, 700, "HbA1c: 7.2 %"))


@pytest.fixture(scope="module")
def reading(services: Services) -> Iterator[DocumentReading]:
    with ParserServer(ocr=False) as parser:
        yield DocumentReading(services.application, services.store, parser)


@pytest.fixture
def upload(services: Services, clinic: Tenant) -> Callable[[bytes], dict[str, Any]]:
    """Attaches a document to a new patient."""

    def upload(content: bytes) -> dict[str, Any]:
        made = services.documents.upload(
            clinic.asks(), clinic.register(), "note.pdf", io.BytesIO(content)
        )
        return dict(made.body)

    return upload


def cache_of(services: Services, document: dict[str, Any]) -> dict[str, Any]:
    """The pdf_json_cache of the document's patient."""
    patient = find_patient(services.database, document["patient_id"])
    assert patient is not None
    cache: dict[str, Any] = orjson.loads(orjson.dumps(patient.body))["pdf_json_cache"]
    return cache


def test_waiting_documents_are_read_one_by_one_until_there_is_none(
    services: Services,
    clinic: Tenant,
    reading: DocumentReading,
    upload: Callable[[bytes], dict[str, Any]],
) -> None:
    documents = [upload(NOTE), upload(b"%PDF-1.7 nothing")]
    assert [reading.read_next() for _ in range(3)] == [True, True, False]
    states = [services.documents.find(clinic.asks(), each["id"]) for each in documents]
    assert [state["status"] for state in states] == ["ready", "refused"]
    kept = services.store.get(documents[0]["patient_id"], documents[0]["sha256"], "words")
    words = DocumentWords.from_json(orjson.loads(kept))
    assert [word.text for word in words.words] == ["HbA1c:", "7.2", "%"]


def test_a_document_whose_file_is_gone_is_refused_and_holds_up_nobody(
    services: Services,
    clinic: Tenant,
    reading: DocumentReading,
    upload: Callable[[bytes], dict[str, Any]],
) -> None:
    document, other = upload(NOTE), upload(NOTE)
    services.store.purge(document["patient_id"])
    assert reading.read_next()
    assert reading.read_next()
    found = services.documents.find(clinic.asks(), document["id"])
    assert (found["status"], found["reason"]) == ("refused", "The file of the document is gone.")
    assert services.documents.find(clinic.asks(), other["id"])["status"] == "ready"


def test_the_patient_shows_sizes_counts_and_which_pages_nothing_could_read(
    services: Services, reading: DocumentReading, upload: Callable[[bytes], dict[str, Any]]
) -> None:
    document = upload(joined(NOTE, scanned(NOTE), pdf("", "/MediaBox [0 0 300 200]")))
    reading.read_next()
    assert cache_of(services, document) == {
        "document_id": document["id"],
        "status": "ready",
        "pages": 3,
        "words": 3,
        "tables": 0,
        "ocr_pages": [],
        "unread_pages": [2],
        "page_sizes": [[612.0, 792.0], [612.0, 792.5], [300.0, 200.0]],
    }


def test_what_a_patient_shows_of_the_longest_document_is_below_two_kilobytes(
    services: Services, reading: DocumentReading, upload: Callable[[bytes], dict[str, Any]]
) -> None:
    document = upload(joined(*[pdf("", "/MediaBox [0 0 611.96 791.96]")] * 300))
    reading.read_next()
    cache = cache_of(services, document)
    assert cache["pages"] == 300
    assert len(orjson.dumps(cache)) <= 2048
