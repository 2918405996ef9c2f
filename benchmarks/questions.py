"""Questions about documents, the answers that count as right, and shares of them."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from domain.scraping.extract import Target


@dataclass(frozen=True)
class Question:
    """One row of a truth file: JSON lines with `file` (a path relative to the truth file), `name`,
    `units`, `description`, `kind` ("numeric" or "date"), `accept` (every value that is right; none
    when the document does not say), `pages` and `tags`."""

    file: str
    target: Target
    accepted: tuple[str, ...]
    pages: tuple[int, ...]
    tags: tuple[str, ...]

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> "Question":
        kind = "date" if row.get("kind") == "date" else "number"
        target = Target(kind, row["name"], row["units"], row.get("description"))  # type: ignore[arg-type]
        pages = row.get("pages") or [row["page"]]
        return cls(
            row["file"], target, tuple(map(str, row["accept"])), tuple(pages), (*row["tags"],)
        )

    @property
    def is_absent(self) -> bool:
        return not self.accepted

    def is_right(self, value: str | None) -> bool:
        """Whether `value` is the answer; None says that the document does not give it."""
        if value is None:
            return self.is_absent
        if self.target.kind == "date":
            return value in self.accepted
        return Decimal(value.split("/")[0]) in map(Decimal, self.accepted)


def read_questions(path: Path) -> list[Question]:
    """The questions of a truth file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Question.from_row(json.loads(line)) for line in lines if line.strip()]


@dataclass(frozen=True)
class Share:
    """How many of how many."""

    right: int
    of: int

    @classmethod
    def count(cls, verdicts: Iterable[bool]) -> "Share":
        found = list(verdicts)
        return cls(sum(found), len(found))

    @property
    def ratio(self) -> float:
        """1 where there was nothing to get wrong."""
        return self.right / self.of if self.of else 1.0

    def __str__(self) -> str:
        return f"{self.ratio:.3f}" if self.of else ""


@dataclass(frozen=True)
class Score:
    """What one way to answer reached; `values` stand in the order of `questions`."""

    questions: Sequence[Question]
    values: Sequence[str | None]

    def share(self, counts: Callable[[Question, str | None], bool] = lambda *_: True) -> Share:
        """The right answers among those that count."""
        pairs = zip(self.questions, self.values, strict=True)
        return Share.count(asked.is_right(value) for asked, value in pairs if counts(asked, value))

    def rows(self) -> dict[str, Share]:
        """Every share that the table shows, by its name; the tags come last, by name."""
        found = {
            "all questions": self.share(),
            "the value is there": self.share(lambda asked, _: not asked.is_absent),
            "not in the document": self.share(lambda asked, _: asked.is_absent),
            "answers given (precision)": self.share(lambda _, value: value is not None),
        }
        for tag in sorted({tag for asked in self.questions for tag in asked.tags}):
            found[f"  {tag}"] = self.share(partial(_has_tag, tag))
        return found


def _has_tag(tag: str, asked: Question, _: str | None) -> bool:
    return tag in asked.tags
