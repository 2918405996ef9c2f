"""What a person is told about an answer, or about why there is none."""

from collections.abc import Sequence

from domain.scraping import context, sightings
from domain.scraping.labels import Hit
from domain.scraping.ranking import Ranked
from domain.scraping.reading import Reading

UNSURE = 0.75
MOST_OTHERS = 3
MOST_PAGES = 5
SCAN = "No page has readable text; the document may be a scan."


def note(
    ranked: Sequence[Ranked], seen: Sequence[Ranked], confidence: float, units: str | None
) -> str:
    """Where the answer was read, what became of it, what else was seen, and whether to check it."""
    best = ranked[0]
    when = _when(best)
    parts = [f"Read from {_quoted(best)} on page {best.page}{f', dated {when}' if when else ''}."]
    parts += _reservations(best, units)
    others = _different(ranked[1:], best.sighting.text)
    if others:
        parts.append(f"Also seen: {'; '.join(map(_brief, others))}.")
    refused = _different([each for each in seen if each.sighting.refusal], best.sighting.text)
    if refused:
        taken = "; ".join(f"{each.sighting.text} ({each.sighting.refusal})" for each in refused)
        parts.append(f"Not taken: {taken}.")
    if confidence < UNSURE and others:
        parts.append("The choice between them is close: please check.")
    return " ".join(parts)


def _reservations(best: Ranked, units: str | None) -> list[str]:
    """What the answer is besides the printed figure."""
    seen, parts = best.sighting, []
    if seen.assumed:
        parts.append(f"No unit is printed; the figure can only be {seen.converted_from}.")
    if seen.converted_from:
        answer = f"{seen.text} {units}".rstrip()
        parts.append(f"{seen.converted_from} on the page, converted to {answer}.")
    if seen.remark:
        parts.append(f"It is printed as \u201c{seen.remark}\u201d: please check.")
    return parts


def reason(
    name: str,
    readings: Sequence[Reading],
    labels: Sequence[tuple[Reading, Hit]],
    seen: Sequence[Ranked],
) -> str:
    """Why there is no answer."""
    if not any(reading.layout.words for reading in readings):
        return _scans(readings).strip() or SCAN if readings else "There is no document to read."
    if not labels:
        return f"Nothing in the text is called {name}.{_unread(readings)}"
    if len(labels) > sightings.MOST_LABELS:
        return f"{name} is named too often to tell which value counts."
    where = f"on page {labels[0][1].flow.page}"
    refusals = {each.sighting.refusal for each in seen if each.sighting.refusal}
    if sightings.ORDERED in refusals or any(_is_ordered(*label) for label in labels):
        return f"{name} is named {where}, but ordered or pending without a result."
    if refusals:
        return f"{name} is named {where}, but only as {' or '.join(sorted(refusals))}."
    return f"{name} is named {where}, but no value stands with it.{_unread(readings)}"


def _quoted(ranked: Ranked) -> str:
    return f"\u201c{' '.join(ranked.sighting.snippet.split())}\u201d"


def _brief(ranked: Ranked) -> str:
    when = _when(ranked)
    return f"{ranked.sighting.text} (page {ranked.page}{f', {when}' if when else ''})"


def _when(ranked: Ranked) -> str:
    """The date of a value that is none itself."""
    when = ranked.sighting.when
    return when.isoformat() if when and when.isoformat() != ranked.sighting.text else ""


def _different(ranked: Sequence[Ranked], text: str) -> list[Ranked]:
    """The first few with other values, each value once."""
    by_value = {each.sighting.text: each for each in reversed(ranked)}
    by_value.pop(text, None)
    return list(by_value.values())[-MOST_OTHERS:][::-1]


def _is_ordered(reading: Reading, hit: Hit) -> bool:
    """Whether the sentence of a label, or a cell beside it, says there is no result yet."""
    start, end = context.sentence(hit.flow.text, hit.start)
    return context.ORDERED.search(hit.flow.text, start, end) is not None or any(
        context.ORDERED.match(cell.text) for cell in reading.right_of(hit.flow)
    )


def _unread(readings: Sequence[Reading]) -> str:
    """Pages that nothing was read from may hold what was not found."""
    blank = sum(len(reading.blank_pages) for reading in readings)
    return _scans(readings) or (f" {blank} page(s) have no readable text." if blank else "")


def _scans(readings: Sequence[Reading]) -> str:
    """The scans that could not be read, and why."""
    numbers: dict[str, list[int]] = {}
    for page in (page for reading in readings for page in reading.unread):
        numbers.setdefault(page.unread, []).append(page.number)
    return "".join(f" {_scanned(pages)}; {why}." for why, pages in numbers.items())


def _scanned(pages: Sequence[int]) -> str:
    if len(pages) > MOST_PAGES:
        return f"{len(pages)} pages are scans"
    *others, last = map(str, pages)
    return f"Pages {', '.join(others)} and {last} are scans" if others else f"Page {last} is a scan"
