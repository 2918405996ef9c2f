"""Documents of a patient, and places on their pages."""

from dataclasses import dataclass
from enum import StrEnum


class DocumentStatus(StrEnum):
    """Where a document stands: being read, read, or refused for a reason."""

    PROCESSING = "processing"
    READY = "ready"
    REFUSED = "refused"


@dataclass(frozen=True)
class Document:
    """An uploaded PDF; its bytes lie in the blob store under patient and SHA-256."""

    id: str
    sha256: str
    filename: str
    status: DocumentStatus = DocumentStatus.PROCESSING
    reason: str | None = None


@dataclass(frozen=True)
class Evidence:
    """Where a value stands: a box in points from the top left of the displayed page."""

    note: str | None = None
    pdf_page: int | None = None
    highlight: dict[str, float] | None = None
    document_id: str | None = None
