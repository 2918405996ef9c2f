"""Typewritten documents: each line of text becomes words on a page, 5 points a character."""

from domain.scraping.words import Box, DocumentWords, Page, Word, turned

CHARACTER, HEIGHT, PITCH, MARGIN = 5.0, 10.0, 14.0, 30.0
WIDTH, LENGTH = 612.0, 792.0


def document(*pages: str, turn: int = 0) -> DocumentWords:
    """The words of `pages`; three blanks or more part columns. `turn` as in Page."""
    words = tuple(
        word for number, text in enumerate(pages, 1) for word in _words(text, number, turn)
    )
    sides = (LENGTH, WIDTH) if turn % 180 else (WIDTH, LENGTH)
    return DocumentWords(
        tuple(Page(number, *sides, turn) for number in range(1, len(pages) + 1)), words, 0
    )


def read_back(document: DocumentWords, page: int, box: Box) -> str:
    """The text of the words that lie within `box`."""
    return " ".join(
        word.text
        for word in document.words
        if word.page == page
        and box.x1 <= word.box.x1 <= word.box.x2 <= box.x2
        and box.y1 <= word.box.y1 <= word.box.y2 <= box.y2
    )


def _words(text: str, page: int, turn: int) -> list[Word]:
    found = []
    for row, line in enumerate(text.splitlines()):
        start = 0
        for part in line.split():
            start = line.index(part, start)
            x, y = MARGIN + start * CHARACTER, MARGIN + row * PITCH
            box = Box(x, y, x + len(part) * CHARACTER, y + HEIGHT)
            start += len(part)
            found.append(Word(part, _shown(box, turn), page))
    return found


def _shown(box: Box, turn: int) -> Box:
    """Where an upright box lies on a page whose text runs `turn` degrees clockwise."""
    sides = (WIDTH, LENGTH) if turn % 180 else (LENGTH, WIDTH)
    return turned(box, Page(1, sides[1], sides[0]), -turn % 360) if turn else box
