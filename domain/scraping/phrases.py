"""Names found in text word by word, whatever stands between the words."""

import re
from collections.abc import Iterator, Mapping

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


def loose_matches(text: str, wanted: Tokens) -> Iterator[tuple[int, int]]:
    """Where the stems `wanted` stand in any order within a few words of each other."""
    folded = _folded(text)
    places = list(_TOKEN.finditer(folded))
    stems = [stem(place.group()) for place in places]
    size = len(wanted) + WINDOW
    position = 0
    while position < len(stems):
        window = stems[position : position + size]
        found = [_place(word, window) for word in wanted]
        if 0 in found and -1 not in found:
            last = position + max(found)
            start, end = places[position].start(), places[last].end()
            if not _LOOSE_BREAK.search(folded, start, end):
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
