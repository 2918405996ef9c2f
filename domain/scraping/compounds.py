"""Quantities printed in two units: 5 ft 8 in, 11 st 9 lb, 7 lb 4 oz, 8 minutes 30 seconds."""

import re
from collections.abc import Iterator
from decimal import Decimal

from domain.scraping.units import Unit, named

_SECOND = r"\s?(?:and\s)?(?P<less>\d{1,2}(?:\.\d+)?)\s?"
_START = r"(?<![\w.,/'-])(?P<more>\d{1,3})\s?"
_SHAPES: tuple[tuple[re.Pattern[str], int, str], ...] = tuple(
    (re.compile(_START + shape.replace("_", _SECOND), re.I), parts, unit)
    for shape, parts, unit in (
        (r"(?:'|\u2019|\u2032)_(?:\"|''|\u201d|\u2033|in(?:ch(?:es)?)?\b)?", 12, "in"),
        (r"(?:feet|foot|ft\.?)[,\s]?_(?:in(?:ch(?:es)?)?\b|\"|''|\u201d|(?=\s|$|[,;)]))", 12, "in"),
        (r"st(?:ones?)?\b_(?:lbs?|pounds?)\b", 14, "lb"),
        (r"(?:lbs?\.?|pounds?),?_(?:oz|ounces?)\b", 16, "oz"),
        (r"(?:minutes?|mins?\.?|m)\b,?_(?:seconds?|secs?|s)\b", 60, "s"),
        (r"(?:hours?|hrs?\.?|h)\b,?_(?:minutes?|mins?|m)\b", 60, "min"),
    )
)


def compounds_in(text: str) -> Iterator[tuple[Decimal, Unit, int, int, int]]:
    """Each compound quantity of `text`: its value in its smaller unit, where its first digit
    stands, where its last digit ends, and where its units end."""
    for pattern, parts, spelling in _SHAPES:
        for match in pattern.finditer(text):
            unit, less = named(spelling), Decimal(match["less"])
            if unit is not None and less < parts:
                value = parts * int(match["more"]) + less
                yield value, unit, match.start("more"), match.end("less"), match.end()
