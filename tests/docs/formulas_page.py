"""The page about formulas, read: its patients, and its examples with what they give."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from domain.measures.names import VariableName
from domain.variable import parse_value
from tests.unit.projections.measures.world import Person, Seen

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "formulas.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^```formula *(\S*)\n(.*?)^```\n→ ([^\n]*)$", re.MULTILINE | re.DOTALL)
Row = dict[str, str]


@dataclass(frozen=True)
class Example:
    """A formula of the page; `given` is what the page says of it, by what it is said of."""

    lines: tuple[str, ...]
    given: dict[str, str]
    option: str = ""


def tables() -> Iterator[tuple[tuple[str, ...], list[Row]]]:
    """Every table of the page: its head and its rows, without the backticks."""
    for table in re.findall(r"(?:^\|.*\n)+", PAGE, re.MULTILINE):
        head, _, *rows = [_cells(line) for line in table.splitlines()]
        yield head, [dict(zip(head, row, strict=True)) for row in rows]


def table(*head: str) -> list[Row]:
    """The rows of all tables with this head."""
    return [row for found, rows in tables() if found == head for row in rows]


def variables() -> dict[str, VariableName]:
    """The variables of the page's patients, by name."""
    return {
        row["variable"]: VariableName(
            int(row["id"]),
            "number" if row["kind"] == "number" else "date",
            row["variable"],
            is_interval="is_interval" in row["kind"],
        )
        for row in table("variable", "id", "kind")
    }


def people() -> dict[str, Person]:
    """The page's patients with their values, by name."""
    values = table("patient", "variable", "day", "end", "value")
    return {
        row["patient"]: Person(
            number,
            dob=date.fromisoformat(row["dob"]) if row["dob"] else None,
            sex=row["sex"] or None,
            attributes=tuple(json.loads(row["additional_variables"]).items()),
            seen=tuple(
                _seen(place, value)
                for place, value in enumerate(values, start=101)
                if value["patient"] == row["patient"]
            ),
        )
        for number, row in enumerate(
            table("patient", "dob", "sex", "additional_variables"), start=1
        )
    }


def examples() -> list[Example]:
    """All formulas of the page that have a result."""
    return [*_conditions(), *_free_scores(), *_blocks()]


def refusals() -> list[Row]:
    """Formulas that are refused: where and with what words."""
    return table("formula", "column", "what is wrong", "hint")


def _conditions() -> Iterator[Example]:
    for head, rows in tables():
        if (head[0], head[-1]) == ("condition", "true for"):
            for row in rows:
                line = f"initial population: {row['condition']}"
                yield Example((line,), {"initial population": row["true for"]})


def _free_scores() -> Iterator[Example]:
    for row in table("formula", "meaning", "score"):
        yield Example((row["formula"],), {"score": row["score"]})


def _blocks() -> Iterator[Example]:
    for option, text, given in _BLOCK.findall(PAGE):
        said = [
            re.split(r": | (?=[-0-9.]+$|none$)", each, maxsplit=1) for each in given.split("; ")
        ]
        yield Example(tuple(text.splitlines()), {what: result for what, result in said}, option)


def _seen(number: int, row: Row) -> Seen:
    variable, parsed = variables()[row["variable"]], parse_value(row["value"])
    return Seen(
        number,
        variable.id,
        date.fromisoformat(row["day"]),
        date.fromisoformat(row["end"]) if row["end"] else None,
        parsed.number,
        parsed.second,
        row["value"] or row["day"],
    )


def _cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip().removeprefix("`").removesuffix("`") for cell in line[1:-1].split("|"))
