"""A printed number as a figure in the unit asked for, or why it can be none."""

from dataclasses import dataclass
from decimal import Decimal

from domain.scraping import sightings
from domain.scraping.conversion import converts, plain, rounded
from domain.scraping.lexicon import Concept
from domain.scraping.numbers import Number
from domain.scraping.units import Unit, named
from domain.scraping.wanted import Wanted

SAME_UNIT, RIGHT_KIND, NO_UNIT, CONVERTED, ASSUMED, MISPRINT = 1.0, 0.5, -0.2, -0.4, -0.8, -0.6
NEVER_OF_A_SCORE = ("time", "mass", "dose count")


@dataclass(frozen=True)
class Figure:
    """`text` in plain digits, a `refusal` or "", how well the unit fits as a `score`, and what
    the conversion started from ("226 lb"), if there was one; `assumed` when no unit is printed,
    `misprinted` when one is that this quantity cannot have."""

    text: str
    refusal: str
    score: float
    converted_from: str = ""
    assumed: bool = False
    misprinted: bool = False


def figure(number: Number, printed: str, unit: Unit | None, wanted: Wanted) -> Figure:
    """`number`, which is `printed` in `unit` (None: without one)."""
    concept = wanted.names.concept
    assumed = unit is None and number.second is None
    if assumed and concept is not None:
        unit = _only_possible_unit(number.value, concept, wanted.unit)
    refusal = _by_unit(unit, number, wanted)
    misprinted = unit is not None and refusal != "" and _is_misprint(unit, number, wanted)
    if misprinted:
        unit, refusal = None, ""
    text, source = _text(number, wanted), printed if number.is_sum else ""
    if not refusal and unit and wanted.unit and not unit.is_same(wanted.unit) and not number.second:
        text = plain(rounded(Decimal(number.text), unit, wanted.unit, concept))
        source = printed if not assumed and number.unit else f"{printed} {unit.spelling}"
    score = MISPRINT if misprinted else _score(unit, wanted, bool(source), assumed)
    refusal = refusal or _by_bounds(text, wanted)
    return Figure(text, refusal, score, source, assumed and bool(source), misprinted)


def _text(number: Number, wanted: Wanted) -> str:
    if number.second is None or wanted.half in ("", "systolic"):
        return number.text
    if wanted.half == "diastolic":
        return number.second
    return f"{number.text}/{number.second}"


def _only_possible_unit(value: Decimal, concept: Concept, wanted: Unit | None) -> Unit | None:
    """The one unit that a figure without a unit can be in, if it is not that asked for."""
    if wanted is None:
        return None
    possible = [unit for unit, low, high in concept.usual if low <= value <= high]
    units = [unit for spelling in possible if (unit := named(spelling)) is not None]
    if any(unit.is_same(wanted) for unit in units) or len(units) != 1:
        return None
    return units[0] if converts(units[0], wanted, concept) else None


def _by_unit(unit: Unit | None, number: Number, wanted: Wanted) -> str:
    if unit is None or number.second is not None:
        return ""
    concept = wanted.names.concept
    if wanted.unit is None:
        allowed = concept.dimensions if concept else ()
        wrong = unit.dimension not in allowed if allowed else unit.dimension in NEVER_OF_A_SCORE
        return sightings.OTHER_KIND if concept is not None and wrong else ""
    return "" if converts(unit, wanted.unit, concept) else sightings.OTHER_KIND


def _is_misprint(unit: Unit, number: Number, wanted: Wanted) -> bool:
    """Whether a unit is a slip: one of concentrations that the quantity never has, or a part of the
    one asked for ("m2"), behind a figure that is usual in the unit asked for."""
    concept = wanted.names.concept
    if concept is None or wanted.unit is None or unit.dimension in concept.dimensions:
        return False
    asked = wanted.unit.spelling
    slip = ("/" in unit.spelling and "/" in asked) or asked.endswith(unit.spelling)
    return slip and not _by_bounds(number.text, wanted)


def _score(unit: Unit | None, wanted: Wanted, is_converted: bool, assumed: bool) -> float:
    if is_converted:
        return ASSUMED if assumed else CONVERTED
    if unit is None:
        return NO_UNIT if wanted.unit is not None else 0.0
    return SAME_UNIT if wanted.unit is not None else RIGHT_KIND


def _by_bounds(text: str, wanted: Wanted) -> str:
    for value in map(Decimal, text.split("/")):
        if wanted.low is not None and value < wanted.low:
            return sightings.OUT_OF_BOUNDS
        if wanted.high is not None and value > wanted.high:
            return sightings.OUT_OF_BOUNDS
        if wanted.names.concept is not None and not _is_possible(value, wanted):
            return sightings.IMPOSSIBLE
    return ""


def _is_possible(value: Decimal, wanted: Wanted) -> bool:
    """Whether a figure is in the usual range of the unit asked for, else in that of any unit."""
    concept = wanted.names.concept
    if concept is None:
        return True
    for spelling, low, high in concept.usual:
        if wanted.unit is not None and wanted.unit.is_same(named(spelling)):
            return low <= value <= high
    return concept.low <= value <= concept.high
