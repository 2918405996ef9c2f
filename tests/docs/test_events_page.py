"""The page about the events is whole."""

import re
from pathlib import Path

from domain.catalogue import CATALOGUE

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "events.md").read_text(encoding="utf-8")


def test_the_page_explains_every_event_and_no_other() -> None:
    rows = [line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `")]
    explained = re.findall(r"`([\w.]+)`", " ".join(rows))
    assert sorted(explained) == sorted(event.TOPIC for event in CATALOGUE)  # type: ignore[attr-defined]
