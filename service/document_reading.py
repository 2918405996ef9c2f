"""Reads uploaded documents in the sandbox, one after another."""

import orjson

from domain.account import ALL_SCOPES
from domain.patient import Patient
from projections.patients import next_document_to_read
from service.application import Application
from service.context import Context, Principal
from service.pdf.sandbox import Parsed, ParserServer, Refused
from service.pdf.store import BlobMissing, BlobStore

_GONE = "The file of the document is gone."


class DocumentReading:
    """Documents that wait, each brought to one of its two ends: ready or refused."""

    def __init__(self, application: Application, store: BlobStore, parser: ParserServer) -> None:
        self._application = application
        self._store = store
        self._parser = parser

    def read_next(self) -> bool:
        """Parse the oldest waiting document and record how it ended; False when there is none.

        Whatever stops this before it is recorded, the document is the next one again.
        """
        waiting = next_document_to_read(self._application.database)
        if waiting is None:
            return False
        document_id, account_id, patient_id, sha256 = waiting
        context = self._context(account_id, f"read-{document_id}")
        result = self._read(patient_id, sha256)

        def tell(patient: Patient) -> None:
            metadata = context.metadata()
            if isinstance(result, Parsed):
                pages = len(result.words.pages)
                patient.document_was_read(document_id, pages, result.words.summary(), metadata)
            else:
                patient.document_was_refused(document_id, result.reason, metadata)

        self._application.change(context, Patient, patient_id, tell, lambda r, s, p, t: None)
        return True

    def close(self) -> None:
        """End the parser server."""
        self._parser.close()

    def _read(self, patient_id: int, sha256: str) -> Parsed | Refused:
        """What the document holds; its words are stored when this returns."""
        try:
            pdf = self._store.get(patient_id, sha256, "pdf")
        except BlobMissing:
            return Refused(_GONE)
        result = self._parser.parse(pdf)
        if isinstance(result, Parsed):
            words = orjson.dumps(result.words.to_json())
            self._store.put(patient_id, sha256, "words", words)
        return result

    def _context(self, account_id: int, request_id: str) -> Context:
        principal = Principal(account_id, "UTC", frozenset(ALL_SCOPES))
        return Context(principal, request_id, channel="system")
