"""What the child of the parser server can be asked to do with a document."""

import json
from typing import Any

from domain.scraping.words import DocumentWords
from service.pdf import frames, pictures, words
from service.pdf.limits import Limits


def do(job: bytes, options: dict[str, Any], pdf: bytes, limits: Limits) -> bytes:
    """The result as bytes: words as JSON, a picture as PNG. Raises Unreadable with the reason."""
    if job == frames.DRAW:
        return pictures.draw(pdf, options["page"], options["boxes"])
    if job == frames.SCAN:
        # Only the server that reads scans has loaded this, before it forked.
        from service.pdf.ocr_page import read_scan

        return _json(read_scan(pdf, options["page"]))
    return _json(words.read(pdf, limits))


def _json(read: DocumentWords) -> bytes:
    return json.dumps(read.to_json(), separators=(",", ":")).encode()
