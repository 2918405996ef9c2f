"""The quantities of quality reporting: how documents name them, and what they can be."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from importlib import resources
from typing import Any

from domain.scraping.units import named

ANYTHING = (Decimal(-1_000_000), Decimal(10_000_000))


@dataclass(frozen=True, slots=True)
class Line:
    """A figure of dimension `start` times `times` plus `plus` is one of dimension `end`, both in
    the first units of their dimensions."""

    start: str
    end: str
    times: Decimal
    plus: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Concept:
    """A quantity, its names, the dimensions it is measured in (none: not checked), its range.

    `usual` says for some units between which values a figure without a unit can be in them;
    `line` how its dimensions convert into each other; `valence` how many equivalents one mole has.
    `letters` stand for it among vital signs; `is_a_range` when it is often reported as a range;
    `pick` is "highest" when of several values the highest counts.
    """

    key: str
    names: tuple[str, ...]
    dimensions: tuple[str, ...] = ()
    low: Decimal = ANYTHING[0]
    high: Decimal = ANYTHING[1]
    usual: tuple[tuple[str, Decimal, Decimal], ...] = ()
    line: Line | None = None
    valence: Decimal = Decimal(1)
    exclusions: tuple[str, ...] = ()
    letters: tuple[str, ...] = ()
    is_a_range: bool = False
    pick: str = ""


@lru_cache(maxsize=1)
def concepts() -> tuple[Concept, ...]:
    """Every concept of concepts.toml."""
    text = resources.files("domain.scraping").joinpath("concepts.toml").read_text("utf-8")
    return tuple(_concepts(tomllib.loads(text, parse_float=Decimal)))


def _concepts(tables: dict[str, dict[str, Any]]) -> Iterator[Concept]:
    for key, table in tables.items():
        low, high = map(Decimal, table.get("range", ANYTHING))
        yield Concept(
            key,
            (key, *table.get("names", ()), *table.get("abbreviations", ())),
            tuple(table.get("dimensions", ())),
            low,
            high,
            tuple((unit, *map(Decimal, bounds)) for unit, bounds in table.get("usual", {}).items()),
            _line(table),
            Decimal(table.get("valence", 1)),
            tuple(table.get("exclusions", ())),
            tuple(table.get("letters", ())),
            table.get("is_a_range", False),
            table.get("pick", ""),
        )


def _line(table: dict[str, Any]) -> Line | None:
    if "molar_mass" in table:
        return Line("amount concentration", "mass concentration", table["molar_mass"] / 1000)
    if "line" not in table:
        return None
    line = table["line"]
    start, end = named(line["from"]), named(line["to"])
    if start is None or end is None:
        raise ValueError(f"a line of units.toml's units: {line}")
    return Line(start.dimension, end.dimension, line["times"], line["plus"])
