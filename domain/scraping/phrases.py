"""Names found in text word by word, whatever stands between the words."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

WINDOW = 5
"""Words of other meaning that may stand between the words of a loose name."""
SHORTENED = 4
"""Letters of a word that abbreviate it, at least."""
_TOKEN = re.compile(r"[^\W\d_][^\W_]*|\d+|#")
_BREAK = re.compile(r"[;!?]|\.\s|:\s")
_LOOSE_BREAK = re.compile(r"[;!?]|\.\s")
Tokens = tuple[str, ...]
Index = Mapping[str, tuple[tuple[Tokens, str], ...]]
"""Names by their first word, longest first, each with the key it stands for."""


@dataclass(frozen=True, slots=True)
class Spelled:
    """A text made ready for looking up names: its words in lower case and where they stand."""

    folded: str
    words: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]


def spell(text: str) -> Spelled:
    """The words of `text`."""
    folded = _folded(text)
    places = list(_TOKEN.finditer(folded))
    return Spelled(
        folded,
        tuple(place.group() for place in places),
        tuple(place.span() for place in places),
    )


def tokens(text: str) -> Tokens:
    """`text` as lower-case words and numbers; punctuation parts them."""
    return tuple(_TOKEN.findall(_folded(text)))


def index_of(keys: Mapping[Tokens, str]) -> Index:
    """The index of names with their keys."""
    index: dict[str, list[tuple[Tokens, str]]] = {}
    for name, key in keys.items():
        index.setdefault(name[0], []).append((name, key))
    return {
        first: tuple(sorted(entries, key=lambda entry: -len(entry[0])))
        for first, entries in index.items()
    }


def matches(text: Spelled, index: Index) -> list[tuple[int, int, str]]:
    """The names of `index` in `text`: start, end, key. None spans the end of a sentence."""
    words, spans = text.words, text.spans
    found = []
    position = 0
    while position < len(words):
        for name, key in index.get(words[position], ()):
            last = position + len(name) - 1
            if words[position : last + 1] == name:
                start, end = spans[position][0], spans[last][1]
                if not _BREAK.search(text.folded, start, end):
                    found.append((start, end, key))
                    position = last
                    break
        position += 1
    return found


def loose_matches(text: Spelled, wanted: Tokens) -> Iterator[tuple[int, int]]:
    """Where the stems `wanted` stand in any order within a few words of each other."""
    stems = [stem(word) for word in text.words]
    size = len(wanted) + WINDOW
    position = 0
    while position < len(stems):
        window = stems[position : position + size]
        found = [_place(word, window) for word in wanted]
        if 0 in found and -1 not in found:
            last = position + max(found)
            start, end = text.spans[position][0], text.spans[last][1]
            if not _LOOSE_BREAK.search(text.folded, start, end):
                yield start, end
                position = last
        position += 1


def _place(wanted: str, window: list[str]) -> int:
    """Where `wanted` or an abbreviation of it stands in `window`; -1 without."""
    for index, word in enumerate(window):
        if word == wanted or (len(word) >= SHORTENED and wanted.startswith(word)):
            return index
    return -1


def stem(word: str) -> str:
    """`word` in the singular."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _folded(text: str) -> str:
    """Lower case of the same length, possessives blanked."""
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = "".join(letter.lower()[:1] for letter in text)
    return re.sub(r"['\u2019]s\b", "  ", lowered)
