"""Which of several measurements is meant: that at discharge, before a procedure, the lowest."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Pick = Literal["first", "lowest", "highest", ""]
_INTERVENTION = (
    r"(?:procedur\w*|op\b|operat\w*|surg\w*|treatment|dialysis|bronchodilator|test\b|sedation"
    r"|interven\w*|therap\w*|transfusion|biops\w*|anesth\w*|chemo\w*|cath\w*|bd\b|hd\b|pci\b)"
)
_MOMENTS = {
    "admission": r"\badmi(?:ssion|t|tted|tting)\b|\bon arrival|\barrival\b"
    r"|\bpresent(?:ation|ing|ed)\b|\btriage\b|\bintake\b|\binitial(?:ly)?\b|\bcame in\b",
    "discharge": r"\bdischarged?\b|\bd/c\b|\bre-?assess\w*|\bre-?check\w*|\bat transfer",
    "before": rf"\bpre[- ]?{_INTERVENTION}|^\W*pre\W*$|\bbefore\b|\bbaseline\b|\bprior to\b",
    "after": rf"\bpost[- ]?{_INTERVENTION}|^\W*post\W*$|\bafter\b|\bfollowing\b",
    "standing": r"\bstanding\b|\bupright\b",
    "sitting": r"\bsitting\b|\bseated\b",
    "supine": r"\bsupine\b|\blying\b",
    "rest": r"\b(?:at )?rest(?:ing)?\b",
    "exercise": r"\b(?:peak )?(?:exercise|stress|exertion)\b|\bpost-?stress\b|\bambulat\w+"
    r"|\bpeak\b",
}
_PATTERNS = {moment: re.compile(pattern, re.I) for moment, pattern in _MOMENTS.items()}
_RIVALS = (
    ("admission", "discharge"),
    ("before", "after"),
    ("standing", "sitting", "supine"),
    ("rest", "exercise"),
)
_PICKS: tuple[tuple[Pick, re.Pattern[str]], ...] = (
    ("first", re.compile(r"\b(?:first|earliest|initial)\b", re.I)),
    ("lowest", re.compile(r"\b(?:lowest|minimum|min|nadir)\b", re.I)),
    ("highest", re.compile(r"\b(?:highest|maximum|max|peak)\b", re.I)),
)
_PHRASE = re.compile(
    "|".join(
        rf"(?:\b(?:on|at|upon|in|the)\s+)*(?:{pattern})(?:\s*(?:the\s+)?{_INTERVENTION})?"
        for pattern in (*_MOMENTS.values(), *(each.pattern for _, each in _PICKS))
    ),
    re.I,
)
EARLY, LATE = ("admission", "before"), ("discharge", "after")


@dataclass(frozen=True)
class Steer:
    """`moment` is a key of the moments known here or "", `pick` "" for the most recent. `strict`
    when the name itself says so: what does not say the same is then no answer."""

    moment: str = ""
    pick: Pick = ""
    strict: bool = False


def steer_of(text: str, strict: bool = False) -> Steer:
    """What `text`, the description of a variable or its name, says of the measurement meant."""
    pick: Pick = next((pick for pick, pattern in _PICKS if pattern.search(text)), "")
    moment = next((each for each, pattern in _PATTERNS.items() if pattern.search(text)), "")
    if pick and moment in ("exercise", "admission"):
        moment = ""
    return Steer(moment, pick, strict and bool(moment))


def unsteered(name: str) -> str:
    """`name` without the words that say which measurement is meant."""
    return _PHRASE.sub(" ", name)


def told(texts: Sequence[str], moment: str) -> Literal["yes", "no", ""]:
    """Whether the first of `texts` that speaks of this moment or its rivals says it is this one."""
    rivals = [each for group in _RIVALS if moment in group for each in group if each != moment]
    for text in texts:
        if _PATTERNS[moment].search(text):
            return "yes"
        if any(_PATTERNS[each].search(text) for each in rivals):
            return "no"
    return ""


def is_early(text: str) -> bool:
    """Whether a heading is about the beginning of a stay or the time before a procedure."""
    return any(_PATTERNS[each].search(text) for each in EARLY)


def is_late(text: str) -> bool:
    """Whether a heading is about the end of a stay or the time after a procedure."""
    return any(_PATTERNS[each].search(text) for each in LATE)
