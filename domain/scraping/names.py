"""What counts as a label of a variable: its name and aliases, and what the lexicon adds."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from domain.scraping.lexicon import Concept, concepts
from domain.scraping.phrases import Index, Tokens, index_of, stem, tokens

OWN = "the variable"
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
NARROWER = {"glucose": ("fasting glucose",)}
"""Concepts whose values also answer for a wider one."""


@dataclass(frozen=True)
class Names:
    """What counts as a label of one variable, beside every other concept's labels."""

    own: tuple[Tokens, ...]
    concept: Concept | None
    qualifier: Tokens
    loose: Tokens
    index: Index


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
            name for name, other in lexicon().items() if other.key in NARROWER.get(concept.key, ())
        ]
    loose = tuple(dict.fromkeys(stem(word) for word in given[0] if word not in _FILLER))
    own = list(dict.fromkeys(own))
    index = index_of({each: OWN for each in own})
    return Names(tuple(own), concept, qualifier, () if concept else loose, index)


def _concept_of(given: list[Tokens]) -> tuple[Concept | None, Tokens]:
    known = lexicon()
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
def lexicon() -> Mapping[Tokens, Concept]:
    """Every name of every concept."""
    return {tokens(name): concept for concept in concepts() for name in concept.names}
