"""Which event a date variable asks for, and whether the last, the next or any."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from domain.scraping.events import EVENTS
from domain.scraping.phrases import Index, Tokens, index_of, matches, tokens

OWN = "the variable"
TENSE_REACH = 60
"""Characters before a label that are looked at."""
Tense = Literal["last", "next", ""]
_LAST = r"(?:last|previous|prior|most recent|latest|past|earlier)"
_NEXT = r"(?:next|follow[- ]?up|upcoming|return|scheduled|planned|future|repeat|due)"
_TENSE = re.compile(
    rf"\b(?:(?P<last>{_LAST})|(?P<next>{_NEXT}))\b[\s:]*(?:known|office|clinic|screening|date of"
    r"|visit|appointment|appt|date|\s)*$",
    re.I,
)
_HEADED = re.compile(rf"\b(?:(?P<last>{_LAST})|(?P<next>{_NEXT}))\b", re.I)
_OWN_NEXT = re.compile(r"follow|return|rtc|appointment|appt", re.I)
_NAME_FILLER_TEXT = """
    date of the day time when last previous prior most recent latest next
"""
_NAME_FILLER = frozenset(_NAME_FILLER_TEXT.split())
_KINDS = frozenset(["exam", "examination", "test", "scan", "procedure", "screening", "visit"])
_UPCOMING = frozenset(["next", "upcoming", "follow", "up", "followup", "return"])
_PAST = frozenset(["last", "previous", "prior", "latest"])


@dataclass(frozen=True)
class Occasion:
    """The event asked for; `tense` is "last", "next" or "" when the name does not say."""

    key: str
    own: Tokens
    tense: Tense


def occasion_of(name: str, aliases: tuple[str, ...]) -> Occasion:
    """The event a date variable called `name` asks for."""
    words = tokens(name)
    tense: Tense = "last" if _PAST & set(words) or "most recent" in " ".join(words) else ""
    if {"next", "upcoming"} & set(words) or {"follow", "up"} <= set(words) or "followup" in words:
        tense = "next"
    if not tense and {"appointment", "appt"} & set(words):
        tense = "next"
    core = tuple(word for word in words if word not in _NAME_FILLER)
    known = _names()
    plain = tuple(word for word in core if word not in _UPCOMING)
    bare = core[:-1] if core and core[-1] in _KINDS else core
    for candidate in (core, plain, *map(tokens, aliases), bare):
        if candidate in known:
            return Occasion(known[candidate], (), tense)
    return Occasion(OWN, core, tense)


@lru_cache(maxsize=1)
def _names() -> Mapping[Tokens, str]:
    return {tokens(name): key for key, names in EVENTS for name in names}


@lru_cache(maxsize=1)
def _index() -> Index:
    return index_of(_names())


def events_in(text: str, occasion: Occasion | None = None) -> list[tuple[int, int, str]]:
    """The events named in `text`, that of `occasion` too: start, end, key."""
    if occasion is None or not occasion.own:
        return matches(text, _index())
    return matches(text, index_of({**_names(), occasion.own: OWN}))


def heading_tense(heading: str) -> Tense:
    """What a column heading such as "Next due" says of its dates."""
    match = _HEADED.search(heading)
    if match is None:
        return ""
    return "last" if match["last"] else "next"


def without_tense(text: str) -> str:
    """`text` without words such as "last" and "next"."""
    return _HEADED.sub(" ", text)


def label_tense(text: str, start: int, end: int) -> Tense:
    """What the words before the label from `start` to `end`, or itself, say of its date."""
    match = _TENSE.search(text, max(0, start - TENSE_REACH), start)
    if match is not None:
        return "last" if match["last"] else "next"
    return "next" if _OWN_NEXT.match(text, start, end) else ""
