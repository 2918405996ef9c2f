"""What happens to a patient on a date, and how documents name it."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, Literal

Kind = Literal["stay", "paper", "procedure", "vaccine"]
VACCINATION = ("vaccine", "vaccination", "immunization", "immunisation", "shot", "dose", "booster")
DOCUMENTED = ("exam", "visit", "surgery", "collected")
"""Events that a report about a procedure uses for the procedure itself."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event with its names. A date belongs to the nearest event named before it.

    `kind` tells whether a report can be about the event alone ("procedure" or "vaccine");
    `titles` are further words of such a report's title, `fields` names that only head a date.
    """

    key: str
    names: tuple[str, ...]
    kind: Kind
    titles: tuple[str, ...]
    fields: tuple[str, ...]


@lru_cache(maxsize=1)
def events() -> tuple[Event, ...]:
    """Every event of events.toml."""
    text = resources.files("domain.scraping").joinpath("events.toml").read_text("utf-8")
    return tuple(_events(tomllib.loads(text)))


def _events(tables: dict[str, dict[str, Any]]) -> Iterator[Event]:
    for key, table in tables.items():
        names = (key, *table["names"])
        titles, fields = tuple(table.get("titles", ())), tuple(table.get("fields", ()))
        yield Event(key, names, table["kind"], titles, fields)
