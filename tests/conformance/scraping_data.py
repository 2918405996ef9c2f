"""The PDFs with known answers, which are kept beside the repository."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(os.environ.get("ATTESTOR_SHARED") or Path(__file__).parents[3] / "shared")
PDFS = SHARED / "data" / "pdf"


def require() -> None:
    """Skips the calling module, with one line, where the data is not there."""
    if not PDFS.is_dir():
        pytest.skip(f"no PDFs with known answers at {PDFS}", allow_module_level=True)


def lines(name: str) -> list[dict[str, Any]]:
    """The rows of a JSON-lines file."""
    return [json.loads(line) for line in (PDFS / name).read_text().splitlines()]
