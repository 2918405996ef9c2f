"""`attestor scrape`: read values off one PDF, without database or settings."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from domain.scraping.extract import Candidate, Found, NotFound, Target, extract
from domain.scraping.words import Box, DocumentWords
from service.commands.command import Subparsers, command
from service.pdf.sandbox import Drawn, ParserServer, Refused
from service.settings import Settings

ALL_FOUND, NOT_ALL_FOUND, UNREADABLE = 0, 1, 2
_OTHERS = 5


def add(commands: Subparsers) -> None:
    """`scrape`."""
    added = command(commands, "scrape", scrape)
    added.add_argument("file", type=Path, metavar="FILE", help="a PDF")
    added.add_argument("--variable", action="append", required=True, metavar="NAME",
                       help="what to look for, such as HbA1c; may be given again")  # fmt: skip
    added.add_argument("--date", action="store_true", help="look for dates, not for numbers")
    added.add_argument("--units", help="such as mg/dL; other units are converted")
    added.add_argument("--alias", action="append", default=[], help="another name of it")
    added.add_argument("--description", help='such as "at discharge"')
    added.add_argument("--png", type=Path, metavar="OUT.png",
                       help="write the page with a frame around the value")  # fmt: skip
    added.add_argument("--json", action="store_true", help="print JSON")


def scrape(settings: Settings, chosen: argparse.Namespace) -> int:
    """Read values off a PDF. The exit code is 0 when all were found, 1 when not, 2 when the file
    cannot be read."""
    try:
        pdf = chosen.file.read_bytes()
    except OSError as error:
        print(f"attestor: {chosen.file}: {error.strerror}", file=sys.stderr)
        return UNREADABLE
    with ParserServer() as parser:
        parsed = parser.parse(pdf)
        if isinstance(parsed, Refused):
            print(f"attestor: {chosen.file}: {parsed.reason}", file=sys.stderr)
            return UNREADABLE
        answers = [_ask(parsed.words, target) for target in _targets(chosen)]
        named = list(zip(chosen.variable, answers, strict=True))
        if chosen.json:
            print(json.dumps([_as_json(name, answer) for name, answer in named], indent=2))
        else:
            print("\n\n".join("\n".join(_told(chosen, *each)) for each in named))
        found = [answer for answer in answers if isinstance(answer, Found)]
        if chosen.png is not None:
            _draw(parser, pdf, found, chosen.png)
    return ALL_FOUND if len(found) == len(answers) else NOT_ALL_FOUND


def _targets(chosen: argparse.Namespace) -> list[Target]:
    kind: Any = "date" if chosen.date else "number"
    aliases = tuple(chosen.alias)
    return [
        Target(kind, name, chosen.units, chosen.description, aliases) for name in chosen.variable
    ]


def _ask(words: DocumentWords, target: Target) -> Found | NotFound:
    return extract([("document", words)], target)


def _told(chosen: argparse.Namespace, name: str, answer: Found | NotFound) -> Iterator[str]:
    if isinstance(answer, NotFound):
        yield f"{name}: not found"
        yield f"  {answer.reason}"
        others: Sequence[Candidate] = answer.candidates
    else:
        yield f"{name}: {answer.value}{f' {chosen.units}' if chosen.units else ''}"
        yield f"  page        {answer.page}"
        yield f"  box         {_corners(answer.box)}   points from the top left of the page"
        if answer.observed_on is not None:
            yield f"  date        {answer.observed_on.isoformat()}"
        yield f"  confidence  {answer.confidence:.2f}"
        yield f"  note        {answer.note}"
        others = [each for each in answer.candidates if each.value != answer.value]
    for other in others[:_OTHERS]:
        snippet = " ".join(other.snippet.split())
        yield f"  also seen   {other.value} (page {other.page}, score {other.score}): {snippet}"


def _corners(box: Box) -> str:
    return f"{box.x1:.1f} {box.y1:.1f} {box.x2:.1f} {box.y2:.1f}"


def _as_json(name: str, answer: Found | NotFound) -> dict[str, Any]:
    """An answer with the names that the API has for its parts."""
    found = answer if isinstance(answer, Found) else None
    observed = found.observed_on if found else None
    return {
        "variable": name,
        "found": found is not None,
        "value": found and found.value,
        "note": answer.note if isinstance(answer, Found) else answer.reason,
        "pdf_page": found and found.page,
        "highlight": found and asdict(found.box),
        "confidence": found and found.confidence,
        "observed_on": observed and observed.isoformat(),
        "candidates": [
            {"value": each.value, "page": each.page, "highlight": asdict(each.box),
             "score": each.score, "snippet": each.snippet}
            for each in answer.candidates
        ],
    }  # fmt: skip


def _draw(parser: ParserServer, pdf: bytes, found: Sequence[Found], path: Path) -> None:
    """Write each page that holds an answer; with more than one, the name tells which it is."""
    pages = sorted({answer.page for answer in found})
    for page in pages:
        boxes = [answer.box for answer in found if answer.page == page]
        drawn = parser.draw(pdf, page, boxes)
        name = path if len(pages) == 1 else path.with_stem(f"{path.stem}-page-{page}")
        if isinstance(drawn, Drawn):
            name.write_bytes(drawn.png)
            print(f"attestor: {name} shows page {page}", file=sys.stderr)
        else:
            print(f"attestor: page {page}: {drawn.reason}", file=sys.stderr)
