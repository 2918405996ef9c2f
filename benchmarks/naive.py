"""What a first attempt answers: the first figure after the name, or the nearest one."""

import re
from collections.abc import Iterator, Sequence

from domain.scraping.dates import dates_in
from domain.scraping.extract import Target
from domain.scraping.words import DocumentWords, Word

FIGURE = re.compile(r"\d+(?:\.\d+)?")
REACH = 60


def first_after(document: DocumentWords, target: Target) -> str | None:
    """The first figure, or date, within 60 characters after the name."""
    text = " ".join(word.text for word in document.words)
    name = r"\s+".join(map(re.escape, target.name.split()))
    for named in re.finditer(rf"\b{name}\b", text, re.IGNORECASE):
        figure = _figure(text[named.end() : named.end() + REACH], target)
        if figure is not None:
            return figure
    return None


def nearest(document: DocumentWords, target: Target) -> str | None:
    """The figure, or date, that stands nearest to the name on its page."""
    best: tuple[float, str] | None = None
    for name in _named(document.words, target.name.lower().split()):
        for first, word in enumerate(document.words):
            if word.page != name.page or word is name:
                continue
            figure = _figure(_printed(document.words, first, target), target)
            if figure is not None and (best is None or _distance(name, word) < best[0]):
                best = (_distance(name, word), figure)
    return best and best[1]


def _named(words: Sequence[Word], name: Sequence[str]) -> Iterator[Word]:
    """The last word of every place where the name stands."""
    plain = [word.text.lower().strip(".,:;()") for word in words]
    for first in range(len(words) - len(name) + 1):
        if plain[first : first + len(name)] == name:
            yield words[first + len(name) - 1]


def _printed(words: Sequence[Word], first: int, target: Target) -> str:
    """One word; for a date as many as a date may take."""
    count = 3 if target.kind == "date" else 1
    return " ".join(word.text for word in words[first : first + count])


def _figure(text: str, target: Target) -> str | None:
    if target.kind == "date":
        return next((found.value.isoformat() for found in dates_in(text)), None)
    match = FIGURE.search(text)
    return match and match.group()


def _distance(name: Word, word: Word) -> float:
    """Between the end of the name and the start of the word; a line up or down counts double."""
    across = word.box.x1 - name.box.x2
    return abs(across) + 2 * abs(word.box.y1 - name.box.y1)
