"""Pictures of the pages of documents: drawn in the sandbox when first asked for, then kept."""

from dataclasses import dataclass
from threading import BoundedSemaphore

from domain.errors import NotFound, NotYet
from service.context import Context
from service.documents import Documents
from service.pdf.sandbox import ParserServer, Refused
from service.pdf.store import BlobStore


@dataclass(frozen=True)
class PageImage:
    """Which picture it is; the same `tag` means the same picture."""

    patient_id: int
    sha256: str
    page: int

    @property
    def tag(self) -> str:
        return f"{self.sha256}-{self.page}"


class PageImages:
    """Each process that answers requests has a parser server for this, once it needs one."""

    def __init__(
        self, documents: Documents, store: BlobStore, parser: ParserServer, waiting_max: int
    ) -> None:
        """`waiting_max` is how many requests may wait for a picture at a time."""
        self._documents = documents
        self._store = store
        self._parser = parser
        self._waiting = BoundedSemaphore(waiting_max)

    def find(self, context: Context, document_id: str, page: int) -> PageImage:
        """The picture of a page of the caller's document, not drawn yet. Raises NotFound beyond
        the last page, NotYet while the document is read."""
        document = self._documents.find_read(context, document_id, "pages to show")
        if page > document["pages"]:
            raise NotFound(f"The document has {document['pages']} pages.")
        return PageImage(document["patient_id"], document["sha256"], page)

    def png(self, image: PageImage) -> bytes:
        """The picture: 130 dots per inch, or less where it would have more than 2 MB.

        Raises NotFound for a page that cannot be drawn, NotYet while many others are drawn.
        """
        kind = f"page-{image.page}.png"
        if self._store.has(image.patient_id, image.sha256, kind):
            return self._store.get(image.patient_id, image.sha256, kind)
        if not self._waiting.acquire(blocking=False):
            raise NotYet("Other pages are being drawn.")
        try:
            pdf = self._store.get(image.patient_id, image.sha256, "pdf")
            drawn = self._parser.draw(pdf, image.page)
        finally:
            self._waiting.release()
        if isinstance(drawn, Refused):
            raise NotFound(f"The page cannot be shown: {drawn.reason}")
        self._store.put(image.patient_id, image.sha256, kind, drawn.png)
        return drawn.png

    def close(self) -> None:
        """End the parser server."""
        self._parser.close()
