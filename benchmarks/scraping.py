"""`python -m benchmarks.scraping TRUTH.jsonl`: how right answers from PDFs are, and how fast."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from benchmarks import answers, hostile, scraping_speed
from benchmarks.answers import OURS, Asked, Document
from benchmarks.questions import Score, Share, read_questions
from benchmarks.scraping_speed import Cost

BARS = {
    "all questions": 0.97,
    "not in the document": 0.99,
    "answers given (precision)": 0.98,
}
GEOMETRY = "geometry.jsonl"
DESCRIPTION = """\
Ask the questions of TRUTH.jsonl and print how many answers are right, in all and per tag, beside
two naive ways on the same words; whether page and box of the right answers are right; and what it
costs, beside pdfplumber. One question a line: see benchmarks/questions.py; its `file` is relative
to TRUTH.jsonl. A geometry.jsonl in the same directory is checked too."""


def costs(asked: Sequence[Asked], documents: Mapping[str, Document], rounds: int) -> list[Cost]:
    """What was spent on the way, and the ratios to pdfplumber."""
    digital = {name: each for name, each in documents.items() if not each.scans}
    spent = sorted(1000 * each.seconds for each in asked)
    found = [
        Cost("answering a question, median", "ms", median(spent)),
        Cost("answering a question, p95", "ms", spent[int(0.95 * (len(spent) - 1))]),
    ]
    scanned = [each.seconds / len(each.scans) for each in documents.values() if each.scans]
    if scanned:
        found.append(Cost("OCR of a page, median of documents", "s", median(scanned), 3))
    if digital:
        found += _of_digital(asked, digital, rounds)
    return found


def _of_digital(asked: Sequence[Asked], digital: Mapping[str, Document], rounds: int) -> list[Cost]:
    pdfs = [each.pdf for each in digital.values()]
    pages = sum(len(each.words.pages) for each in digital.values())
    taken = 1000 * sum(each.seconds for each in digital.values())
    found = [
        Cost("parsing a digital page", "ms", taken / pages),
        scraping_speed.words_of_a_page(pdfs, rounds),
    ]
    three = next((name for name, each in digital.items() if len(each.words.pages) == 3), None)
    if three is not None:
        questions = [each.question for each in asked if each.question.file == three]
        pdf, words = digital[three].pdf, digital[three].words
        found += scraping_speed.scrapes_after_upload(pdf, words, questions, rounds)
    return [*found, scraping_speed.long_document(pdfs)]


def accuracy_table(found: Mapping[str, Score], placed: Mapping[str, Share]) -> str:
    """Shares of right answers, ours and the naive ones; then those of pages and boxes."""
    rows = [["what", "questions", *found, "bar", "reached"]]
    shares = {name: score.rows() for name, score in found.items()}
    for what, ours in shares[OURS].items():
        others = [str(shares[name][what]) for name in found]
        rows.append([what, str(ours.of), *others, *_bar(ours, BARS.get(what))])
    for what, share in placed.items():
        blanks = [""] * (len(found) - 1)
        rows.append([what, str(share.of), str(share), *blanks, *_bar(share, 1.0)])
    return columns(rows)


def cost_table(found: Sequence[Cost]) -> str:
    """The costs; a bar with an x is for the ratio to pdfplumber."""
    rows = [["what", "unit", "ours", "pdfplumber", "ratio", "bar", "reached"]]
    for cost in found:
        ratio, mark = ("", "") if cost.ratio is None else (f"{cost.ratio:.3g}x", "x")
        theirs = "" if cost.theirs is None else f"{cost.theirs:.3g}"
        bar = "" if cost.bar is None else f"≤ {cost.bar:g}{mark}"
        reached = {None: "", True: "yes", False: "no"}[cost.is_reached]
        rows.append([cost.what, cost.unit, f"{cost.ours:.3g}", theirs, ratio, bar, reached])
    return columns(rows)


def columns(rows: Sequence[Sequence[str]]) -> str:
    """The rows as text, the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if n else cell.ljust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _bar(share: Share, bar: float | None) -> tuple[str, str]:
    if bar is None:
        return "", ""
    return f"≥ {bar:g}", "yes" if share.ratio >= bar else "no"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; 1 when accuracy, page or box is below its bar, else 0."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    if chosen.hostile:
        print(hostile.summary(*hostile.run(chosen.hostile)))
    if chosen.truth is not None:
        return _accuracy(chosen)
    return 0 if chosen.hostile else parser.error("TRUTH.jsonl or --hostile DIR is needed")


def _accuracy(chosen: argparse.Namespace) -> int:
    questions = read_questions(chosen.truth)
    files = list(dict.fromkeys(each.file for each in questions))
    documents = answers.parse(chosen.truth.parent, files)
    asked = answers.ask(questions, documents)
    off = answers.places(asked, documents)
    found = sum(each.is_right and each.value is not None for each in asked)
    placed = {
        f"{place} of the right answers": Share(found - len(wrong), found)
        for place, wrong in off.items()
    }
    geometry = chosen.truth.parent / GEOMETRY
    if geometry.is_file():
        placed["boxes of geometry.jsonl"] = answers.geometry(geometry)
    scores = answers.scores(asked, documents)
    print(f"{len(questions)} questions about {len(files)} documents\n")
    print(accuracy_table(scores, placed), flush=True)
    if chosen.wrong:
        _print_wrong(asked, off)
    if chosen.rounds:
        print(f"\n{cost_table(costs(asked, documents, chosen.rounds))}")
    rows = scores[OURS].rows()
    reached = [rows[what].ratio >= bar for what, bar in BARS.items()]
    return 0 if all(reached) and all(share.ratio == 1 for share in placed.values()) else 1


def _print_wrong(asked: Sequence[Asked], off: Mapping[str, Sequence[Asked]]) -> None:
    for each in asked:
        if not each.is_right:
            print(f"\nwrong: {each}")
    for place, wrong in off.items():
        for each in wrong:
            print(f"\nwrong {place}: {each}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scraping",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("truth", type=Path, nargs="?", metavar="TRUTH.jsonl")
    parser.add_argument(
        "--hostile",
        type=Path,
        nargs="+",
        metavar="DIR",
        help="parse every PDF there and some bombs made on the fly; print how each ended",
    )
    parser.add_argument("--wrong", action="store_true", help="print every wrong answer and box")
    parser.add_argument(
        "--rounds", type=int, default=3, help="turns of each side for the costs; 0: no costs"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
