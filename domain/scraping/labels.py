"""Where a document names a quantity: the variable's own name and aliases, and the lexicon."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from domain.scraping.layout import Flow
from domain.scraping.lexicon import CONCEPTS, Concept

OWN = "the variable"
_TOKEN = re.compile(r"[a-z][a-z0-9]*|\d+|#")
_BREAK = re.compile(r"[;!?]|\.\s|:\s")
_FILLER_TEXT = """
    of the a an most recent latest current result results value values test level levels
    measured reading in on at patient patients total number s score measurement size
"""
_FILLER = frozenset(_FILLER_TEXT.split())
QUALIFIERS = (
    "pre procedure",
    "post procedure",
    "preprocedure",
    "postprocedure",
    "admission",
    "discharge",
    "standing",
    "sitting",
    "supine",
)
WINDOW = 5
NARROWER = {"glucose": ("fasting glucose",)}
"""Concepts whose values also answer for a wider one."""
Tokens = tuple[str, ...]
Index = Mapping[str, tuple[tuple[Tokens, str], ...]]
"""Names by their first word, longest first, each with the key it stands for."""


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


@dataclass(frozen=True)
class Names:
    """What counts as a label of one variable, beside every other concept's labels."""

    own: tuple[Tokens, ...]
    concept: Concept | None
    qualifier: Tokens
    loose: Tokens
    index: Index


def tokens(text: str) -> Tokens:
    """`text` as lower-case words and numbers; punctuation parts them."""
    return tuple(_TOKEN.findall(_folded(text)))


def names_of(name: str, aliases: Iterable[str]) -> Names:
    """The labels of a variable called `name`.

    Names that the lexicon knows bring its synonyms; others may stand loosely, their significant
    words in any order within a few words of each other.
    """
    given = [tokens(re.sub(r"[(\[].*?[)\]]", " ", name)) or tokens(name)]
    given += [tokens(alias) for alias in aliases]
    concept, qualifier = _concept_of(given)
    own = [each for each in given if each]
    if concept is not None:
        own += [tokens(each) for each in concept.names]
        own += [
            name for name, other in _lexicon().items() if other.key in NARROWER.get(concept.key, ())
        ]
    loose = tuple(dict.fromkeys(_stem(word) for word in given[0] if word not in _FILLER))
    own = list(dict.fromkeys(own))
    index = index_of({each: OWN for each in own})
    return Names(tuple(own), concept, qualifier, () if concept else loose, index)


def _concept_of(given: list[Tokens]) -> tuple[Concept | None, Tokens]:
    known = _lexicon()
    for name in given:
        short = tuple(word for word in name if word not in ("most", "recent", "latest", "current"))
        for candidate in (name, short):
            if candidate in known:
                return known[candidate], ()
        for qualifier in map(tokens, QUALIFIERS):
            rest = name[len(qualifier) :]
            if name[: len(qualifier)] == qualifier and rest in known:
                return known[rest], qualifier
    return None, ()


@lru_cache(maxsize=1)
def _lexicon() -> Mapping[Tokens, Concept]:
    return {tokens(name): concept for concept in CONCEPTS for name in concept.names}


@lru_cache(maxsize=1)
def _by_first() -> Index:
    return index_of({name: concept.key for name, concept in _lexicon().items()})


def index_of(keys: Mapping[Tokens, str]) -> Index:
    """The index of names with their keys."""
    index: dict[str, list[tuple[Tokens, str]]] = {}
    for name, key in keys.items():
        index.setdefault(name[0], []).append((name, key))
    return {
        first: tuple(sorted(entries, key=lambda entry: -len(entry[0])))
        for first, entries in index.items()
    }


def hits(flow: Flow, found: Iterable[Hit], names: Names) -> tuple[Hit, ...]:
    """The labels in `flow`, where `found` are those of the lexicon; the variable's have key OWN.

    Where labels lie within each other the longest counts.
    """
    mine = [
        Hit(flow, start, end, OWN)
        for start, end, _ in matches(flow.text, names.index)
        if _may_be_short(flow.text, start, end)
    ]
    if not mine and len(names.loose) > 1:
        mine = list(_loose(flow, names.loose))
    longer = [
        hit
        for hit in found
        if not any(_covers(own_hit, hit) for own_hit in mine) and not _is_own(hit, names)
    ]
    kept = [own_hit for own_hit in mine if not any(_covers(hit, own_hit) for hit in longer)]
    return tuple(sorted((*kept, *longer), key=lambda hit: hit.start))


def _is_own(hit: Hit, names: Names) -> bool:
    return names.concept is not None and hit.key == names.concept.key


def known(flow: Flow) -> tuple[Hit, ...]:
    """The labels of the lexicon in `flow`."""
    return tuple(
        Hit(flow, start, end, key)
        for start, end, key in matches(flow.text, _by_first())
        if _may_be_short(flow.text, start, end)
    )


def _covers(one: Hit, other: Hit) -> bool:
    return one.start <= other.start and other.end <= one.end


def _may_be_short(text: str, start: int, end: int) -> bool:
    """Abbreviations of one or two letters count only when written with a capital."""
    return end - start > 2 or text[start].isupper()


def matches(text: str, index: Index) -> list[tuple[int, int, str]]:
    """The names of `index` in `text`: start, end, key. None spans the end of a sentence."""
    folded = _folded(text)
    places = list(_TOKEN.finditer(folded))
    words = [place.group() for place in places]
    found = []
    position = 0
    while position < len(words):
        for name, key in index.get(words[position], ()):
            last = position + len(name) - 1
            if tuple(words[position : last + 1]) == name:
                start, end = places[position].start(), places[last].end()
                if not _BREAK.search(folded, start, end):
                    found.append((start, end, key))
                    position = last
                    break
        position += 1
    return found


def _loose(flow: Flow, wanted: Tokens) -> list[Hit]:
    places = list(_TOKEN.finditer(_folded(flow.text)))
    stems = [_stem(place.group()) for place in places]
    size = len(wanted) + WINDOW
    found = []
    position = 0
    while position < len(stems):
        window = stems[position : position + size]
        places_of = [_place(word, window) for word in wanted]
        if 0 in places_of and -1 not in places_of:
            last = position + max(places_of)
            start, end = places[position].start(), places[last].end()
            if not re.search(r"[;!?]|\.\s", flow.text[start:end]):
                found.append(Hit(flow, start, end, OWN, True))
                position = last
        position += 1
    return found


def _place(wanted: str, window: list[str]) -> int:
    """Where `wanted` or an abbreviation of it stands in `window`; -1 without."""
    for index, word in enumerate(window):
        if word == wanted or (len(word) >= 4 and wanted.startswith(word)):
            return index
    return -1


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _folded(text: str) -> str:
    """Lower case of the same length, possessives blanked."""
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = "".join(letter.lower()[:1] for letter in text)
    return re.sub(r"['\u2019]s\b", "  ", lowered)
