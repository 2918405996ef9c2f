"""A figure in one unit as a figure in another, and how many of its digits mean anything."""

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

from domain.scraping.lexicon import Concept
from domain.scraping.units import Unit

EQUIVALENTS = "meq/l"
MOST_DIGITS = 6
"""Digits that a converted value has at most."""


def converts(unit: Unit, wanted: Unit, concept: Concept | None) -> bool:
    """Whether figures in `unit` can be given in `wanted`; `concept` may say how."""
    if unit.dimension == wanted.dimension:
        return True
    line = concept.line if concept is not None else None
    return line is not None and {line.start, line.end} == {unit.dimension, wanted.dimension}


def convert(value: Decimal, unit: Unit, wanted: Unit, concept: Concept | None = None) -> Decimal:
    """`value`, which is in `unit`, in `wanted`, unrounded. Only where `converts` says so."""
    unit, wanted = _of_ions(unit, concept), _of_ions(wanted, concept)
    base = (value - unit.zero) * unit.factor
    if unit.dimension != wanted.dimension and concept is not None and concept.line is not None:
        line = concept.line
        forth = line.start == unit.dimension
        base = base * line.times + line.plus if forth else (base - line.plus) / line.times
    return base / wanted.factor + wanted.zero


def rounded(value: Decimal, unit: Unit, wanted: Unit, concept: Concept | None = None) -> Decimal:
    """`value` in `wanted`, as exact as its printed digits: 226 lb is 102.5 kg.

    The last digit stands for at most twice the last digit that was printed.
    """
    last = Decimal(1).scaleb(min(int(value.as_tuple().exponent), 0))
    exact = convert(value, unit, wanted, concept)
    step = abs(convert(value + last, unit, wanted, concept) - exact)
    place = Decimal(1).scaleb(max((2 * step).adjusted(), exact.adjusted() + 1 - MOST_DIGITS))
    result = exact.quantize(min(place, Decimal(1)), ROUND_HALF_UP)
    return result if last < 1 else _short(result)


def plain(value: Decimal) -> str:
    """`value` in plain digits."""
    return format(value, "f")


def _of_ions(unit: Unit, concept: Concept | None) -> Unit:
    """`unit` as amounts of this concept: one mmol of calcium is two mEq."""
    if unit.spelling != EQUIVALENTS or concept is None:
        return unit
    return replace(unit, factor=unit.factor / concept.valence)


def _short(value: Decimal) -> Decimal:
    """Without trailing zeros behind the point."""
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()
