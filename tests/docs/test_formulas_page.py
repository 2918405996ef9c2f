"""The page about formulas: every example gives what stands beside it, and none is lacking."""

import re
from collections.abc import Iterator
from decimal import Decimal

import pytest

from domain.measures import arithmetic, calls, expressions, lines
from domain.measures.composites import PartMetric
from domain.measures.measure import Measure, cells
from domain.measures.overall import ALGORITHMS
from domain.measures.parser import FormulaError, Names, parse
from domain.measures.scoring import Scores, score
from domain.measures.syntax import grammar, read_line
from projections.measures.compiler import CompiledMeasure, compile_measure
from service.metrics import formula_fault
from tests.docs.formulas_page import (
    PAGE,
    Example,
    examples,
    people,
    refusals,
    table,
    variables,
)
from tests.unit.projections.measures import running
from tests.unit.projections.measures.world import store

EXAMPLES = examples()


@pytest.fixture(scope="module")
def database(database_url: str) -> Iterator[running.Connection]:
    with running.connected(database_url) as connection:
        store(connection, running.ACCOUNT, list(people().values()))
        yield connection


def option(example: Example, name: str) -> str | None:
    key, _, value = example.option.partition("=")
    return value if key == name else None


def parsed(formula: tuple[str, ...]) -> Measure:
    """A formula of the page; a composite may name the metrics of the page."""
    names = Names(variables().values())
    metrics = {
        int(number): PartMetric(parse(example.lines, names))
        for example in EXAMPLES
        if (number := option(example, "metric"))
    }
    return parse(formula, names, metrics=metrics)


def results(example: Example, database: running.Connection) -> dict[str, str | Decimal | None]:
    """Who is in which population, and what the whole comes to."""
    measure = parsed(example.lines)
    by_id = {each.id: each for each in variables().values()}
    filtering = option(example, "filter_variable_id")
    statement = compile_measure(measure, by_id, int(filtering) if filtering else None)
    found = running.cells(database, statement)
    scored = scores(measure, statement, found, option(example, "overall_algorithm"))
    return {
        **members(measure, found),
        "score": scored.score,
        "rate": scored.performance_rate,
    }


def scores(
    measure: Measure, statement: CompiledMeasure, found: running.Cells, algorithm: str | None
) -> Scores:
    columns = [[row[n] for row in found.values()] for n in range(len(statement.cells))]
    totals = [sum((x for x in column if x is not None), Decimal(0)) for column in columns]
    spreads = {n: [x for x in columns[n] if x is not None] for n in statement.spread}
    return score(measure, totals, spreads, overall_algorithm=algorithm)


def members(measure: Measure, found: running.Cells) -> dict[str, str]:
    """The names of the patients in every population of every group and stratum."""
    named: dict[str, str] = {}
    for place, cell in enumerate(cells(measure) if measure.groups else ()):
        if cell.what.replace("-", " ") in ("applies", "met"):
            continue
        group = measure.groups[cell.group].title
        titles = [f'"{title}" ' for title in (group, cell.stratum) if title]
        inside = [name for name, each in people().items() if found[each.id][place] == 1]
        named["".join(titles) + cell.what.replace("-", " ")] = ", ".join(inside) or "none"
    return named


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: "; ".join(example.lines)[:60])
def test_an_example_gives_what_the_page_says(
    example: Example, database: running.Connection
) -> None:
    found = results(example, database)
    for what, said in example.given.items():
        computed = found[what]
        if isinstance(computed, Decimal):
            digits = len(said.partition(".")[2])
            computed = f"{round(computed, digits):.{digits}f}"
        assert (what, computed or "none") == (what, said)


def test_there_are_examples() -> None:
    assert len(EXAMPLES) > 100


@pytest.mark.parametrize("row", refusals(), ids=lambda row: row["formula"])
def test_a_wrong_formula_is_refused_in_the_words_of_the_page(row: dict[str, str]) -> None:
    with pytest.raises(FormulaError) as refused:
        parsed((row["formula"],))
    error = refused.value
    assert (str(error.column), error.message) == (row["column"], row["what is wrong"])
    assert (error.hint or "") == row["hint"]


def test_an_error_is_marked_as_the_page_shows_it() -> None:
    (shown,) = re.findall(r"^```\n(calculation_formula: .*?)\n```$", PAGE, re.MULTILINE | re.DOTALL)
    with pytest.raises(FormulaError) as refused:
        parsed((shown.splitlines()[1],))
    assert formula_fault(refused.value).detail == shown


def test_every_rule_of_the_grammar_has_an_example() -> None:
    rules = {str(rule.alias or rule.origin.name) for rule in grammar().rules}
    inlined = {str(rule.origin.name) for rule in grammar().rules if rule.options.expand1}
    trees = [read_line(line, 1) for example in EXAMPLES for line in example.lines]
    used = {str(tree.data) for whole in trees for tree in whole.iter_subtrees()}
    assert {rule for rule in rules - inlined if not rule.startswith("_")} <= used


def test_every_word_of_the_grammar_has_an_example() -> None:
    text = "\n".join(line for example in EXAMPLES for line in example.lines)
    wanted = [
        alternative
        for terminal in grammar().terminals
        if terminal.name != "__IGNORE_0"
        for alternative in alternatives(terminal.pattern.to_regexp())
    ]
    assert [each for each in wanted if not re.search(rf"(?i:{each})", text)] == []
    assert len(wanted) > 80


def alternatives(pattern: str) -> list[str]:
    """The patterns that a terminal chooses from, without lookahead and flags."""
    plain = re.sub(r"^\(\?i?:(.*)\)$", r"\1", pattern).removesuffix(r"(?!\w)")
    inner = plain[1:-1] if re.fullmatch(r"\(([^()]|\([^()]*\))*\)", plain) else plain
    found, depth = [""], 0
    for character in inner:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "|" and depth == 0:
            found.append("")
        else:
            found[-1] += character
    return found


def test_every_function_has_an_example() -> None:
    text = "\n".join(line for example in EXAMPLES for line in example.lines)
    called = set(re.findall(r"(\w+)\(", text))
    assert set(calls.FUNCTIONS) <= called


def test_every_algorithm_is_explained() -> None:
    assert all(f"`{each}`" in PAGE for each in ALGORITHMS)


def test_the_limits_are_those_of_the_language() -> None:
    limits = [int(row["at most"]) for row in table("what", "at most")]
    assert limits == [
        lines.MAX_LINES,
        lines.MAX_CHARACTERS,
        expressions.MAX_NODES,
        expressions.MAX_DEPTH,
        lines.MAX_CONSTRUCTS,
        expressions.MAX_MULTIPLICATIONS,
        expressions.MAX_WHERES,
        arithmetic.MAX_YEARS,
        arithmetic.MAX_DIGITS,
        lines.MAX_COMPONENTS,
    ]
