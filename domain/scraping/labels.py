"""Where a document names a quantity: the variable that is asked for, or another one."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from domain.scraping.flows import Flow
from domain.scraping.lexicon import concepts
from domain.scraping.names import OWN, Names, lexicon
from domain.scraping.phrases import Index, Spelled, index_of, loose_matches, matches, tokens
from domain.scraping.units import named

VITAL_SIGNS = frozenset(
    [
        "blood pressure",
        "heart rate",
        "respiratory rate",
        "temperature",
        "oxygen saturation",
        "weight",
    ]
)


@dataclass(frozen=True, slots=True)
class Hit:
    """A label: characters `start` to `end` of `flow` name the concept `key`."""

    flow: Flow
    start: int
    end: int
    key: str
    is_loose: bool = False

    @property
    def text(self) -> str:
        return self.flow.text[self.start : self.end]


@lru_cache(maxsize=1)
def _by_first() -> Index:
    others = {tokens(name): name for concept in concepts() for name in concept.exclusions}
    return index_of({**others, **{name: concept.key for name, concept in lexicon().items()}})


def hits(flow: Flow, text: Spelled, found: Sequence[Hit], names: Names) -> tuple[Hit, ...]:
    """The labels in `flow`, whose words are `text` and whose labels of the lexicon are `found`;
    the variable's have key OWN.

    Where labels lie within each other the longest counts.
    """
    mine = [
        Hit(flow, start, end, OWN)
        for start, end, _ in matches(text, names.index)
        if _may_be_short(flow.text, start, end)
    ]
    mine += _letters(flow, found, names.letters)
    if not mine and len(names.loose) > 1:
        mine = [Hit(flow, start, end, OWN, True) for start, end in loose_matches(text, names.loose)]
    longer = [
        hit
        for hit in found
        if not any(_covers(own_hit, hit) for own_hit in mine) and not _is_own(hit, names)
    ]
    kept = [own_hit for own_hit in mine if not any(_covers(hit, own_hit) for hit in longer)]
    return tuple(sorted((*kept, *longer), key=lambda hit: hit.start))


def _letters(flow: Flow, found: Sequence[Hit], letters: tuple[str, ...]) -> Iterator[Hit]:
    """Single capitals before a figure in a text that names other vital signs: "T 98.2 P 72"."""
    if letters and any(hit.key in VITAL_SIGNS for hit in found):
        for match in re.finditer(rf"(?<![\w.-])(?:{'|'.join(letters)})(?=:?\s?\d)", flow.text):
            yield Hit(flow, match.start(), match.end(), OWN)


def _is_own(hit: Hit, names: Names) -> bool:
    return names.concept is not None and hit.key == names.concept.key


def known(flow: Flow, text: Spelled) -> tuple[Hit, ...]:
    """The labels of the lexicon in `flow`, whose words are `text`."""
    return tuple(
        Hit(flow, start, end, key)
        for start, end, key in matches(text, _by_first())
        if _may_be_short(flow.text, start, end)
    )


def _covers(one: Hit, other: Hit) -> bool:
    return one.start <= other.start and other.end <= one.end


def _may_be_short(text: str, start: int, end: int) -> bool:
    """Abbreviations of one or two letters count only with a capital or after a figure, where they
    are no unit."""
    if end - start > 2:
        return True
    if text[:start].rstrip()[-1:].isdigit():
        leads = text[start].isupper() and re.match(r"\s?[:=]|\s\d", text[end:]) is not None
        return leads or named(text[start:end]) is None
    return text[start].isupper()
