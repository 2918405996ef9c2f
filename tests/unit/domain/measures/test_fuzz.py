"""Ten thousand broken and bent formulas: each is a measure or is refused with a place.

The seed is fixed, so that every run tries the same texts. The time a text may take is bounded by
the limits of the language (docs/formulas.md, "Limits"), which the texts may not pass either.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

from domain.measures.parser import FormulaError, Names, VariableName, parse
from projections.measures.compiler import compile_measure
from tests.docs.formulas_page import examples, refusals, variables

TEXTS = 10_000
PUBLISHED = [
    tomllib.loads(file.read_text(encoding="utf-8"))
    for file in sorted((Path(__file__).parents[4] / "examples" / "measures").glob("*.toml"))
]

# Constants no statement could have of its own: found in the SQL, they came out of the formula.
CONSTANTS = {
    "text": ["'okapi'", "'x''; DROP TABLE okapi; --'", "'%(okapi)s'", "'okapi\\'", "'$1 okapi'"],
    "number": ["70613", "70613.5", "0.70613", "-70613"],
    "pair": ["70613/80419"],
    "day": ["@2391-07-19"],
    "attribute": ["patient.okapi", 'patient."okapi\'); --"', 'patient."{okapi}"'],
    "duration": ["113 years", "1327 months", "70613 days"],
}
MARKS = re.compile(r"okapi|70613|80419|2391|1327|\b113\b|DROP", re.IGNORECASE)
TOKEN = re.compile(
    r"(?P<text>'[^']*')|(?P<day>@\d{4}-\d\d-\d\d)|(?P<attribute>patient\.(?:\w+|\"[^\"]*\"))"
    r"|(?P<duration>\b\d+ (?:days?|weeks?|months?|years?)\b)|(?P<pair>\b\d+/\d+)"
    r"|(?P<number>\b\d+(?:\.\d+)?)|(?P<word>\w+|\"[^\"]*\")|(?P<sign>[<>!]=|\S)|(?P<space>\s+)"
)
NOISE = (
    *"abcAZ019_ .,:;'\"`()[]{}<>=!+-*/@#$%^&|\\?~",
    *"\x00\x07\b\t\n\r\x1b\x7f\x85\xa0\u200b\u202e\u2028\ufeff\ud800\udfff\U0001f600\u0661\u00df",
    *("--", "/*", "*/", "$$", "%s", "%(start)s", "''", "\\'", "1e9", "define ", "where ", "count("),
)


def all_variables() -> dict[int, VariableName]:
    """Those of the page and of the published measures, each name once."""
    found = {each.name.lower(): each for each in variables().values()}
    for measure in PUBLISHED:
        for each in measure["variables"]:
            number, is_interval = 1000 + len(found), each.get("is_interval", False)
            named = VariableName(number, each["kind"], each["name"], is_interval=is_interval)
            found.setdefault(named.name.lower(), named)
    return {each.id: each for each in found.values()}


def real() -> list[tuple[str, ...]]:
    """The formulas of the page, those it refuses, and those of the published measures."""
    published = [tuple(measure["calculation_formula"]) for measure in PUBLISHED]
    return [e.lines for e in examples()] + [(r["formula"],) for r in refusals()] + published * 3


BY_ID = all_variables()
NAMES = Names(BY_ID.values())


class Bender:
    """Makes texts out of real formulas and out of nothing."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311  (test data)
        self.formulas = real()
        lines = (line for formula in self.formulas for line in formula)
        self.tokens = [found[0] for line in lines for found in TOKEN.finditer(line)]

    def texts(self) -> Iterator[list[str]]:
        for number in range(TEXTS):
            yield [self.noise()] if number % 5 == 0 else self.bent()

    def noise(self) -> str:
        length = self.random.choice([0, 1, 5, 20, 80, 300])
        line = "".join(self.random.choices(NOISE, k=length))
        if self.random.random() < 0.5:
            line += "".join(chr(self.random.randrange(0x110000)) for _ in range(length // 5))
        return self.random.choice(["", "initial population: ", "count(patients where "]) + line

    def bent(self) -> list[str]:
        """A real formula with its constants replaced, and up to four other changes."""
        lines = [self.with_constants(line) for line in self.random.choice(self.formulas)]
        for _ in range(self.random.choice([0, 0, 1, 1, 3])):
            place = self.random.randrange(len(lines))
            lines[place] = self.changed(lines[place])
        return lines

    def with_constants(self, line: str) -> str:
        def replaced(found: re.Match[str]) -> str:
            choices = CONSTANTS.get(str(found.lastgroup))
            keep = choices is None or self.random.random() < 0.5
            return found[0] if keep or choices is None else self.random.choice(choices)

        return TOKEN.sub(replaced, line)

    def changed(self, line: str) -> str:
        tokens = [found[0] for found in TOKEN.finditer(line)] or [line]
        place = self.random.randrange(len(tokens))
        match self.random.randrange(7):
            case 0:
                del tokens[place]
            case 1:
                tokens.insert(place, self.random.choice(self.tokens))
            case 2:
                tokens[place] = self.random.choice(self.tokens)
            case 3:
                tokens[place] = f"({tokens[place]})" * self.random.choice([1, 2, 60])
            case 4:
                tokens[place] += self.random.choice(NOISE)
            case 5:
                tokens = tokens[:place]
            case _:
                tokens[place:] = tokens[place:] * self.random.choice([2, 3, 200])
        return "".join(tokens)


def outcome(lines: list[str]) -> str:
    """What becomes of a formula: anything but these three fails the test."""
    try:
        measure = parse(lines, NAMES)
    except FormulaError as error:
        return refused(error, lines)
    if measure.composite is not None:
        return "composite"
    statement = compile_measure(measure, BY_ID)
    assert MARKS.findall(statement.sql) == [], lines
    return "compiled with constants" if MARKS.search("\n".join(lines)) else "compiled"


def refused(error: FormulaError, lines: list[str]) -> str:
    assert 1 <= error.line <= len(lines), lines
    assert 1 <= error.column <= len(lines[error.line - 1]) + 1, (error.column, lines)
    assert error.faults[0].pointer == f"#/calculation_formula/{error.line - 1}"
    return "refused"


def test_each_of_ten_thousand_texts_is_a_measure_or_refused_with_a_place() -> None:
    found = Counter(outcome(lines) for lines in Bender(2025).texts())
    print(dict(found))
    assert found.total() == TEXTS
    # Neither side is empty talk: many are refused, and many reach SQL with constants in them.
    assert found["refused"] > 2_000
    assert found["compiled with constants"] > 500


def test_the_constants_of_a_formula_are_bound() -> None:
    lines = ["initial population: patient.okapi = 'okapi' and age > 70613", "numerator: age < 113"]
    statement = compile_measure(parse(lines, NAMES), BY_ID)
    assert MARKS.findall(statement.sql) == []
    assert {"okapi", 70613, 113} <= {
        value for value in statement.parameters.values() if not isinstance(value, list)
    }
