"""Phrases and small tables as clinics write them; phrases.txt says how a person reads them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.scraping.extract import Found, Target, extract
from tests.unit.domain.scraping.paper import document

QUESTION = re.compile(r"\? (?P<name>.+) \[(?P<unit>.*)\] = (?P<expected>.+)")


def _questions() -> Iterator[tuple[str, str, str, str]]:
    """Text, name, unit ("" without, or "date") and expected value ("-": none)."""
    entries = Path(__file__).with_name("phrases.txt").read_text().split("---\n")[1:]
    for entry in entries:
        text = "\n".join(line for line in entry.splitlines() if not line.startswith("? "))
        for asked in QUESTION.finditer(entry):
            yield text, asked["name"], asked["unit"], asked["expected"]


@pytest.mark.parametrize(("text", "name", "unit", "expected"), list(_questions()))
def test_a_phrase_is_read_as_a_person_reads_it(
    text: str, name: str, unit: str, expected: str
) -> None:
    dated = unit == "date"
    target = Target("date" if dated else "number", name, None if dated else unit or None)
    answer = extract([("doc", document(text))], target)
    assert (answer.value if isinstance(answer, Found) else "-") == expected, answer
