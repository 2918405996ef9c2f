"""What a line of a formula is taken to mean, and where it is refused."""

import pytest
from lark import Token, Tree

from domain.measures.errors import FormulaError
from domain.measures.syntax import grammar, read_line


def shape(text: str) -> str:
    """A line with every operation in parentheses."""

    def show(part: Tree[Token] | Token | None) -> str:
        if isinstance(part, Tree):
            inside = [show(child) for child in part.children if child is not None]
            if part.data == "score" or (len(inside) == 1 and part.data != "negation"):
                return inside[0]
            return f"{part.data}({' '.join(inside)})"
        return str(part)

    return show(read_line(text, 1))


def test_the_grammar_has_no_conflict_and_no_ambiguous_word() -> None:
    assert grammar(strict=True).parse("age > 3").data == "score"


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("a or b and c", "any_of(a all_of(b c))"),
        ("not a and b", "all_of(negation(a) b)"),
        ("not a = b", "negation(compare(a = b))"),
        ("a + b * c < d", "compare(arithmetic(a + arithmetic(b * c)) < d)"),
        ("-a * b", "arithmetic(negative(- a) * b)"),
        ("-a during period", "negative(- timing(a during period))"),
        ("a - b - c", "arithmetic(a - b - c)"),
        ("a / b * c", "arithmetic(a / b * c)"),
        ("a during period overlaps b", "timing(timing(a during period) overlaps b)"),
        ("a during period > 9", "compare(timing(a during period) > 9)"),
        ("x during [a - 1 day, b]", "timing(x during interval(arithmetic(a - duration(1 day)) b))"),
        ("age at period.start + 1", "arithmetic(age_at(age period_field(period start)) + 1)"),
        ("a between b and c and d", "all_of(between(a b c) d)"),
        ("a in (1, 2) or b", "any_of(member(a 1 2) b)"),
        ("f(x where a or b)", "call(f where(x any_of(a b)))"),
        ("a and x where b or c", "all_of(a where(x any_of(b c)))"),
        ("(x where a) during period", "timing(where(x a) during period)"),
        ("percentile(x where a and b, 90)", "call(percentile where(x all_of(a b)) 90)"),
        ("x as v where y where z", "where(x v where(y z))"),
        ("a not on same day as b", "not_same_day(a b)"),
        ("a is not missing", "is_known(a is not missing)"),
    ],
)
def test_precedence_is_as_written_down(text: str, meaning: str) -> None:
    assert shape(text) == meaning


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("bp < 140/90", "compare_pair(bp < 140/90)"),
        ("bp < 140 / 90", "compare(bp < arithmetic(140 / 90))"),
        ("140/90 < bp", "compare(arithmetic(140 / 90) < bp)"),
        ("1/4 + bp", "arithmetic(arithmetic(1 / 4) + bp)"),
        ("bp in (140/90)", "member(bp arithmetic(140 / 90))"),
    ],
)
def test_a_pair_stands_only_directly_right_of_a_comparison(text: str, meaning: str) -> None:
    assert shape(text) == meaning


@pytest.mark.parametrize("word", ["AND", "And", "and"])
def test_keywords_count_in_any_case(word: str) -> None:
    assert shape(f"a {word} b") == "all_of(a b)"


def test_words_that_begin_with_a_keyword_are_names() -> None:
    assert shape("insulin and android or iterate") == "any_of(all_of(insulin android) iterate)"


@pytest.mark.parametrize(
    "line",
    [
        "initial population: a",
        "Initial_Populations: a",
        "denominator exclusions : a",
        "NUMERATOR: a",
        "measure_observation: a",
    ],
)
def test_population_lines_may_have_plurals_and_underscores(line: str) -> None:
    assert read_line(line, 1).data == "population_line"


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("hba1c >", 8, "the line ends too early"),
        ("hba1c > > 9", 9, "unexpected '>'"),
        ("hba1c # 9", 7, "unexpected '#'"),
        ("count(a", 8, "the line ends too early"),
        ("a) ", 2, "unexpected ')'"),
        ("a < b < c", 7, "unexpected '<'"),
        ("'open", 1, 'unexpected "\'"'),
        ("", 1, "the line ends too early"),
        ("a and\n b c", 10, "unexpected 'c'"),
        ("a = 'x\0y'", 7, "a character that is no text"),
        ("a = '\ud800'", 6, "a character that is no text"),
    ],
)
def test_a_line_that_cannot_be_read_says_where(text: str, column: int, message: str) -> None:
    with pytest.raises(FormulaError) as caught:
        read_line(text, 3)
    assert (caught.value.line, caught.value.column, caught.value.message) == (3, column, message)


def test_the_mark_stands_under_the_place() -> None:
    with pytest.raises(FormulaError) as caught:
        read_line("age > > 9", 1)
    assert caught.value.caret == "age > > 9\n      ^"


def test_a_long_line_is_shown_around_the_place() -> None:
    with pytest.raises(FormulaError) as caught:
        read_line("a + " * 500 + "> 9", 1)
    shown, mark = caught.value.caret.split("\n")
    assert len(shown) < 130
    assert shown[len(mark) - 1] == ">"
