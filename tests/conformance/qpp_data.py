"""The official files of CMS, which are kept beside the repository."""

import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(os.environ.get("ATTESTOR_SHARED") or Path(__file__).parents[3] / "shared")
QPP = SHARED / "data" / "qpp"


def require() -> None:
    """Skips the calling module, with one line, where the data is not there."""
    if not QPP.is_dir():
        pytest.skip(f"no official CMS files at {QPP}", allow_module_level=True)


def content(name: str) -> Any:
    """A JSON file, its numbers as Decimal."""
    return json.loads((QPP / name).read_bytes(), parse_float=Decimal)
