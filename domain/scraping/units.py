"""Units of measurement as clinical documents spell them."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from importlib import resources

_FREEZING_IN_FAHRENHEIT = Decimal(32)
_CASED = {
    "c": "C",
    "f": "F",
    "g": "g",
    "m": "m",
    "s": "s",
    "y": "y",
    "in": "in",
}
"""Spellings so short that only this case is a unit; H and L are flags, never hours or litres."""


@dataclass(frozen=True, slots=True)
class Unit:
    """`spelling` as printed in small letters; figures of one `dimension` are comparable: less
    `zero` and times `factor` they are in its first unit."""

    spelling: str
    dimension: str
    factor: Decimal
    zero: Decimal = Decimal(0)

    def is_same(self, other: "Unit | None") -> bool:
        """Whether figures in both units mean the same, however the units are spelled."""
        if other is None:
            return False
        return (self.dimension, self.factor) == (other.dimension, other.factor)


def unit_at(text: str, position: int) -> tuple[Unit, int] | None:
    """The unit printed at `position` of `text` and where it ends; None without one."""
    match = _pattern().match(text, position)
    if match is None:
        return None
    printed = match.group(1)
    unit = named(printed)
    if unit is None or _CASED.get(unit.spelling, printed) != printed:
        return None
    return unit, match.end(1)


def named(text: str | None) -> Unit | None:
    """The unit that `text` names, however spelled; None when it is not in the table."""
    spelling = re.sub(r"\s+", "", text or "").lower().replace("\u03bc", "\u00b5").removeprefix("x")
    return units().get(spelling)


@lru_cache(maxsize=1)
def units() -> Mapping[str, Unit]:
    """Every unit of units.toml by its spelling."""
    text = resources.files("domain.scraping").joinpath("units.toml").read_text("utf-8")
    return {
        spelling: _unit(spelling, dimension, factor)
        for dimension, factors in tomllib.loads(text).items()
        for factor, spellings in factors.items()
        for spelling in spellings.split()
    }


def _unit(spelling: str, dimension: str, factor: str) -> Unit:
    fahrenheit = dimension == "temperature" and factor == "5"
    zero = _FREEZING_IN_FAHRENHEIT if fahrenheit else Decimal(0)
    return Unit(spelling, dimension, Decimal(factor), zero)


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str]:
    """Any spelling, longest first, letters parted by at most one blank, that no word goes on."""
    spellings = sorted(units(), key=len, reverse=True)
    spelled = "|".join(
        r"\s?".join(re.escape(letter).replace("\u00b5", "[\u00b5\u03bc]") for letter in spelling)
        for spelling in spellings
    )
    return re.compile(
        rf"\s{{0,2}}[(\[]?(?:x\s?)?({spelled})(?![\w\[*^\u00b2-]|/(?!\s?\d))(?<!\bin(?=\s\w))",
        re.IGNORECASE,
    )
