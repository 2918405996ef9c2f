"""What the column under a heading holds."""

import re
from typing import Literal

Role = Literal["result", "reference", "prior", "unit", "other"]
_ROLES: tuple[tuple[Role, re.Pattern[str]], ...] = (
    (
        "reference",
        re.compile(
            r"^(?:low|high|lln|uln|standard|flag|lab)$|^%\s?(?:pred|chg|change)|^range$"
            r"|\b(?:pred(?:icted)?|referenz\w*|ref(?:erence|s)?\b|lower\b|upper\b|min(?:imum)?\b"
            r"|max(?:imum)?\b|normal\b|benchmark|target|goal|limits?\b|desirable|optimal|expected"
            r"|threshold|interval|range)",
            re.I,
        ),
    ),
    ("prior", re.compile(r"\b(?:prior|previous|last|baseline|old|before|vorwert)\b", re.I)),
    ("unit", re.compile(r"^(?:units?|einheit)\b", re.I)),
    (
        "result",
        re.compile(
            r"\b(?:results?|values?|readings?|this (?:exam|visit)|today|current|measured"
            r"|ergebnis|score|patient|observed|actual)\b",
            re.I,
        ),
    ),
)
_COLUMN = re.compile(
    r"(?:date|time|tests?|name|component|analyte?|parameter|measure|measurement|vitals?|labs?"
    r"|your value|flag|status|interpretation|low|high|admission|discharge|pre|post|dose.*|next.*"
    r"|latest.*|comments?|abnormal)\s*:?",
    re.I,
)
MOST_ROLE_WORDS, MOST_HEADING_WORDS = 5, 3


def role_of(heading: str) -> Role:
    """The role that a short column heading names; letterheads and sentences name none."""
    if len(heading.split()) > MOST_ROLE_WORDS or ":" in heading:
        return "other"
    return next((role for role, pattern in _ROLES if pattern.search(heading)), "other")


def is_column(heading: str) -> bool:
    """Whether a text says what a column holds, in words that head nothing else."""
    short = len(heading.split()) <= MOST_HEADING_WORDS
    return _COLUMN.fullmatch(heading) is not None or (short and role_of(heading) != "other")
