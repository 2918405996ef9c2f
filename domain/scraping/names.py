"""What counts as a label of a variable: its name and aliases, and what the lexicon adds."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from domain.scraping.lexicon import Concept, concepts
from domain.scraping.moments import Steer, steer_of, unsteered
from domain.scraping.phrases import Index, Tokens, index_of, matches, spell, stem, tokens

OWN = "the variable"
_FILLER_TEXT = """
    of the a an most recent latest last current result results value values test level levels
    measured reading in on at patient patients total number s score measurement size today
    time to
"""
FILLER = frozenset(_FILLER_TEXT.split())
_MATTER = frozenset(["serum", "plasma", "blood", "body", "whole", "estimated", "calculated"])
NARROWER = {"glucose": ("fasting glucose",)}
"""Concepts whose values also answer for a wider one."""


@dataclass(frozen=True)
class Names:
    """What counts as a label of one variable, beside every other concept's labels.

    `own` are all its names, `given` those it was given; `letters` single capitals that stand for it
    among vital signs.
    """

    own: tuple[Tokens, ...]
    given: tuple[Tokens, ...]
    concept: Concept | None
    steer: Steer
    loose: Tokens
    index: Index

    @property
    def letters(self) -> tuple[str, ...]:
        return self.concept.letters if self.concept is not None else ()


def names_of(name: str, aliases: Iterable[str], description: str | None = None) -> Names:
    """The labels of a variable called `name`.

    Names that the lexicon knows bring its synonyms; others may stand loosely, their significant
    words in any order within a few words of each other. A name that nothing else is known of may
    be explained by the one quantity that its description names.
    """
    given = [tokens(re.sub(r"[(\[].*?[)\]]", " ", name)) or tokens(name)]
    given += [tokens(alias) for alias in aliases]
    concept, steered = _concept_of(name, given)
    steer = steer_of(name, strict=True) if steered else Steer()
    steer = steer if steer != Steer() else steer_of(description or "")
    own = [each for each in given if each]
    explained = concept or _explained(description or "")
    if explained is not None:
        own += _names_of_concept(explained)
    loose = tuple(dict.fromkeys(stem(word) for word in given[0] if word not in FILLER))
    own = list(dict.fromkeys(own))
    index = index_of({each: OWN for each in own})
    if explained is not None and explained.pick == "highest" and not steer.pick:
        steer = replace(steer, pick="highest")
    spoken = tuple(each for each in given if each)
    return Names(tuple(own), spoken, explained, steer, () if explained else loose, index)


def _names_of_concept(concept: Concept) -> Iterator[Tokens]:
    yield from map(tokens, concept.names)
    for other in concepts():
        if other.key in NARROWER.get(concept.key, ()):
            yield from map(tokens, other.names)


def _concept_of(name: str, given: list[Tokens]) -> tuple[Concept | None, bool]:
    """The concept that a name or alias means, and whether words had to go that say which
    measurement of it."""
    known = lexicon()
    for each in given:
        for candidate in (each, _core(each)):
            if candidate in known:
                return known[candidate], False
    rest = tokens(unsteered(name))
    for candidate in (rest, _core(rest)):
        if candidate in known:
            return known[candidate], True
    return None, False


def _core(name: Tokens) -> Tokens:
    """`name` without filler at its ends, and without what it was measured in."""
    start, end = 0, len(name)
    while start < end and name[start] in FILLER | _MATTER:
        start += 1
    while start < end and name[end - 1] in FILLER:
        end -= 1
    return name[start:end]


def _explained(description: str) -> Concept | None:
    """The one quantity that a description names; None when it names none or several."""
    found = {key for _, _, key in matches(spell(description), _concept_index())}
    return next(each for each in concepts() if each.key in found) if len(found) == 1 else None


@lru_cache(maxsize=1)
def _concept_index() -> Index:
    return index_of({name: concept.key for name, concept in lexicon().items() if len(name[0]) > 2})


@lru_cache(maxsize=1)
def lexicon() -> Mapping[Tokens, Concept]:
    """Every name of every concept."""
    return {tokens(name): concept for concept in concepts() for name in concept.names}
