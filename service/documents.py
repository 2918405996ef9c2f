"""Commands on documents: bytes are safe in the blob store before the event says so."""

import hashlib
import secrets
import time
from dataclasses import dataclass, replace
from threading import BoundedSemaphore
from typing import Any, BinaryIO

import orjson

from domain.clinical_time import instant
from domain.errors import NotAPdf, NotFound, NotYet, TooLarge
from domain.patient import Patient
from projections.database import Reader
from projections.patients import find_document, is_soon_read, version_of_patient
from service.application import Application
from service.context import Context
from service.leadership import WORKER
from service.pdf.store import BlobStore
from service.recorder import Saved
from service.resource import Resource

_CHUNK = 1 << 16
_HEAD = 1024
_WAIT_SECONDS = 2.0
_POLL_SECONDS = 0.025
_FEW_WAITING = 3


@dataclass(frozen=True)
class _Upload:
    id: str
    filename: str
    sha256: str
    size: int


class Documents:
    """Uploads and downloads. The web process never parses a PDF."""

    def __init__(
        self, application: Application, store: BlobStore, bytes_max: int, waiting_max: int
    ) -> None:
        """`waiting_max` is how many uploads may wait at a time until their document is read."""
        self._application = application
        self._store = store
        self._bytes_max = bytes_max
        self._waiting = BoundedSemaphore(waiting_max)

    def upload(
        self, context: Context, patient_id: int, filename: str, stream: BinaryIO
    ) -> Resource:
        """Attach a PDF to a patient. Raises NotAPdf or TooLarge; the bytes are fsynced first.

        The answer mostly says what became of reading it: it waits for that up to two seconds,
        unless it is kept for repeated requests or many documents are waiting.
        """
        if not filename.lower().endswith(".pdf"):
            raise NotAPdf("The file name must end in .pdf.")
        self._application.load(context, Patient, patient_id)
        content = self._read(stream)
        sha256 = hashlib.sha256(content).hexdigest()
        self._store.put(patient_id, sha256, "pdf", content)
        upload = _Upload(f"pdf_{secrets.token_hex(12)}", filename, sha256, len(content))

        def tell(patient: Patient) -> None:
            patient.add_document(upload.id, sha256, filename, upload.size, context.metadata())

        made = self._application.change(
            context,
            Patient,
            patient_id,
            tell,
            lambda r, s, p, t: _uploaded(p, upload, s),
        )
        return made if context.idempotency else self._read_soon(context, patient_id, made)

    def find(self, context: Context, document_id: str) -> dict[str, Any]:
        """The caller's document as the API shows it."""
        return _own(self._application.database, context, document_id)

    def open_file(self, context: Context, document_id: str) -> tuple[str, bytes]:
        """File name and bytes of the caller's document."""
        document = self.find(context, document_id)
        content = self._store.get(document["patient_id"], document["sha256"], "pdf")
        return document["filename"], content

    def words(self, context: Context, document_id: str) -> dict[str, Any]:
        """The words of the caller's document with their boxes. Raises NotYet while it is read."""
        document = self.find_read(context, document_id, "words")
        content = self._store.get(document["patient_id"], document["sha256"], "words")
        words: dict[str, Any] = orjson.loads(content)
        return words

    def find_read(self, context: Context, document_id: str, wanted: str) -> dict[str, Any]:
        """The caller's document, once it was read, because something of it is wanted. Raises
        NotYet while it is read, NotFound where it was refused."""
        document = self.find(context, document_id)
        if document["status"] == "processing":
            raise NotYet("The document is still being read.")
        if document["status"] == "refused":
            raise NotFound(f"The document has no {wanted}: {document['reason']}")
        return document

    def _read_soon(self, context: Context, patient_id: int, made: Resource) -> Resource:
        """The document once it was read, or as it was made when that takes too long."""
        database = self._application.database
        if not self._waiting.acquire(blocking=False):
            return made
        try:
            deadline = time.monotonic() + _WAIT_SECONDS
            while time.monotonic() < deadline and is_soon_read(database, WORKER, _FEW_WAITING):
                document = self.find(context, str(made.id))
                if document["status"] != "processing":
                    # Another version than the next one holds changes that the client has not seen.
                    is_next = version_of_patient(database, patient_id) == made.version + 1
                    return replace(made, version=made.version + is_next, body=document)
                time.sleep(_POLL_SECONDS)
        finally:
            self._waiting.release()
        return made

    def _read(self, stream: BinaryIO) -> bytes:
        content = bytearray()
        while chunk := stream.read(_CHUNK):
            content += chunk
            if len(content) > self._bytes_max:
                raise TooLarge(f"A document may have up to {self._bytes_max} bytes.")
        if not content:
            raise NotAPdf("The file is empty.")
        if b"%PDF-" not in content[:_HEAD]:
            raise NotAPdf("The file is not a PDF: %PDF- is missing from its first 1024 bytes.")
        return bytes(content)


def _uploaded(patient: Patient, upload: _Upload, saved: Saved) -> Resource:
    body = {
        "id": upload.id,
        "url": f"/documents/{upload.id}/file",
        "patient_id": patient.number,
        "filename": upload.filename,
        "sha256": upload.sha256,
        "bytes": upload.size,
        "status": "processing",
        "reason": None,
        "pages": None,
        "created_at": instant(saved.recorded_at),
    }
    return Resource(upload.id, patient.version, saved.position, body)


def _own(reader: Reader, context: Context, document_id: str) -> dict[str, Any]:
    found = find_document(reader, document_id)
    if found is None:
        raise NotFound("There is no such document.")
    context.principal.require_own(found[0], "document")
    return found[1]
