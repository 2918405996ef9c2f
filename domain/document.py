"""Documents of a patient, and places on their pages."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


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
class LookedIn:
    """A document as a scrape met it; `unread` are its scans that nobody could read, page and why.

    One that was refused has not been looked into, and says so by its `reason`.
    """

    document: Document
    unread: tuple[tuple[int, str], ...] = ()

    def as_state(self) -> dict[str, Any]:
        """JSON-ready event content."""
        state: dict[str, Any] = {"id": self.document.id, "sha256": self.document.sha256}
        if self.document.status is DocumentStatus.REFUSED:
            state["reason"] = self.document.reason
        if self.unread:
            state["unread"] = [{"page": page, "reason": why} for page, why in self.unread]
        return state


@dataclass(frozen=True)
class Evidence:
    """Where a value stands: a box in points from the top left of the displayed page."""

    note: str | None = None
    pdf_page: int | None = None
    highlight: dict[str, float] | None = None
    document_id: str | None = None
