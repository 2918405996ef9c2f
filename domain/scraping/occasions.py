"""Which event a date variable asks for, and whether the last, the next or any."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from domain.scraping.events import VACCINATION, events
from domain.scraping.names import lexicon
from domain.scraping.phrases import Index, Spelled, Tokens, index_of, matches, spell, tokens

OWN = "the variable"
TENSE_REACH = 60
"""Characters before a label that are looked at."""
Tense = Literal["last", "next", ""]
_LAST = r"(?:last|previous|prior|most recent|latest|past|earlier)"
_NEXT = (
    r"(?:next|follow[- ]?up|upcoming|return|scheduled|planned|future|repeat|due|re-?check|booked)"
)
_TENSE = re.compile(
    rf"\b(?:(?P<last>{_LAST})|(?P<next>{_NEXT}))\b[\s:]*(?:known|office|clinic|screening|date of"
    r"|visit|appointment|appt|date|\s)*$",
    re.I,
)
_HEADED = re.compile(rf"\b(?:(?P<last>{_LAST})|(?P<next>{_NEXT}))\b", re.I)
_OWN_NEXT = re.compile(
    r"follow|return|rtc|appointment|appt|see .* again|be (?:seen|reviewed)", re.I
)
_DATE_OF = re.compile(r"\bdate(?: of)?\s$", re.I)
_HEADS = re.compile(r"\s?(?:(?:date|time|on|at|date ?/ ?time)\s?)?:|\sdate\b|\.\s?(?=\d)", re.I)
_NAME_FILLER_TEXT = """
    date of the day time when last previous prior most recent latest next given received performed
    done completed
"""
_NAME_FILLER = frozenset(_NAME_FILLER_TEXT.split())
_KINDS = frozenset(["exam", "examination", "test", "scan", "procedure", "screening", "visit"])
_UPCOMING = frozenset(["next", "upcoming", "follow", "up", "followup", "return"])
_PAST = frozenset(["last", "previous", "prior", "latest"])


@dataclass(frozen=True)
class Occasion:
    """The event asked for, with `own` names if it is none of the known ones; `tense` is "last",
    "next" or "" when the name does not say."""

    key: str
    own: tuple[Tokens, ...]
    tense: Tense


def occasion_of(name: str, aliases: tuple[str, ...]) -> Occasion:
    """The event a date variable called `name` asks for; the date of a measurement, too."""
    words = tokens(name)
    whole = tuple(word for word in words if word not in ("date", "of", "the"))
    if whole in _names():
        return Occasion(_names()[whole], (), "" if whole[0] in _PAST else _tense(words))
    core = tuple(word for word in words if word not in _NAME_FILLER)
    given = [core, *map(tokens, aliases)]
    for candidate in (*given, *_shorter(core)):
        if candidate in _names():
            return Occasion(_names()[candidate], (), _tense(words))
    for candidate in given:
        if candidate in lexicon():
            return Occasion(OWN, tuple(map(tokens, lexicon()[candidate].names)), _tense(words))
    return Occasion(OWN, tuple(each for each in given if each), _tense(words))


def _tense(words: Tokens) -> Tense:
    named = set(words)
    if {"next", "upcoming"} & named or {"follow", "up"} <= named or "followup" in named:
        return "next"
    if _PAST & named or "most recent" in " ".join(words):
        return "last"
    return "next" if {"appointment", "appt"} & named else ""


def _shorter(core: Tokens) -> Iterator[Tokens]:
    """The name without "next", "exam" or "vaccination"."""
    yield tuple(word for word in core if word not in _UPCOMING)
    yield core[:-1] if core and core[-1] in _KINDS else core
    bare = tuple(word for word in core if word not in VACCINATION)
    if bare != core:
        yield bare
        yield (*bare, "vaccine")


@lru_cache(maxsize=1)
def _names() -> Mapping[Tokens, str]:
    return {tokens(name): each.key for each in events() for name in (*each.names, *each.fields)}


@lru_cache(maxsize=1)
def _fields() -> frozenset[Tokens]:
    return frozenset(tokens(name) for each in events() for name in each.fields)


@lru_cache(maxsize=1)
def _index() -> Index:
    return index_of(_names())


def events_in(
    text: str, spelled: Spelled, occasion: Occasion | None = None
) -> list[tuple[int, int, str]]:
    """The events named in `text`, whose words are `spelled`, that of `occasion` too: start, end,
    key."""
    index = _own_index(occasion.own) if occasion is not None and occasion.own else _index()
    return [match for match in matches(spelled, index) if _counts(text, *match)]


@lru_cache(maxsize=8)
def _own_index(own: tuple[Tokens, ...]) -> Index:
    return index_of({**_names(), **dict.fromkeys(own, OWN)})


def subjects(title: str, occasion: Occasion) -> set[str]:
    """The events that a report with this title can be about."""
    kinds = {each.key: each.kind for each in events()}
    named = {key for _, _, key in events_in(title, spell(title), occasion)}
    entitled = {each.key for each in events() for words in each.titles if words in title.lower()}
    return entitled | {key for key in named if kinds.get(key, "procedure") == "procedure"}


def _counts(text: str, start: int, end: int, key: str) -> bool:
    """Whether a name that must head a date does."""
    if key == OWN or tokens(text[start:end]) not in _fields():
        return True
    alone = not text[:start].strip() and not text[end:].strip(" :")
    dated = _DATE_OF.search(text, max(0, start - 10), start) is not None
    return alone or dated or _HEADS.match(text, end) is not None


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
