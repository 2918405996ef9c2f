"""What is looked for, in terms of what can stand on a page."""

from dataclasses import dataclass
from decimal import Decimal

from domain.scraping.names import Names
from domain.scraping.units import Unit


@dataclass(frozen=True)
class Wanted:
    """What is looked for: labels, the unit asked for, bounds, and the half of a pair if one.

    `half` is "systolic", "diastolic", "pair" or, for what comes alone, "".
    """

    names: Names
    unit: Unit | None
    low: Decimal | None
    high: Decimal | None
    half: str = ""
