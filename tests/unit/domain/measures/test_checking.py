"""Which formulas are refused, with what words; which limits hold."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.measures.errors import FormulaError
from domain.measures.parser import Names, VariableName, parse, variables_of
from domain.measures.populations import Scoring

NAMES = Names(
    [
        VariableName(1, "number", "hba1c"),
        VariableName(2, "number", "bp"),
        VariableName(3, "date", "visit"),
        VariableName(4, "date", "diabetes", is_interval=True),
    ]
)


WHERES = "where stands in where more than 5 deep"
MANY = [f"exists(bp where it.value > {n})" for n in range(151)]
THINGS = "the formula asks series more than 150 different things"
YEARS = "the durations of the formula come to more than 2000 years"
PRODUCTS = "the formula multiplies more than 100 times"
DEEP = "the formula is nested more than 50 deep"
WHOLE = "a duration is a whole number of days, weeks, months or years"


def refusal(*lines: str) -> FormulaError:
    with pytest.raises(FormulaError) as caught:
        parse(lines, NAMES)
    return caught.value


@pytest.mark.parametrize(
    ("expression", "column", "message"),
    [
        ("hba1c", 21, "a numerical variable is neither true nor false"),
        ("hba1c or bp", 21, "a numerical variable is neither true nor false"),
        ("visit or age > 3", 21, "or joins series with series, or conditions"),
        ("not 3", 21, "true or false is needed here, not a number"),
        ("visit > 3", 21, "a date cannot be compared with a number"),
        ("sex < 'F'", 21, "< needs numbers or dates, not a text"),
        ("sex = 'female'", 21, "sex is 'F', 'M' or missing, never 'female'"),
        ("age > 6 months", 21, "a number cannot be compared with a duration"),
        ("visit < 140/90", 21, "a date cannot be compared with a pair"),
        ("exists(age)", 21, "a series is needed here, not a number"),
        ("exists(patients)", 21, "a series is needed here, not patients"),
        ("count(visit, bp) > 1", 21, "count takes one argument, not 2"),
        ("avg(visit) > 1", 21, "dates have no sum or average"),
        ("percentile(bp, 101) > 1", 21, "a percentile is from 0 to 100"),
        ("percentile(bp, age) > 1", 21, "percentile takes a value and a number from 0 to 100"),
        ("frobnicate(bp)", 21, "there is no function 'frobnicate'"),
        ("it.start > period.end", 21, "it has a meaning only inside a where"),
        ("exists(visit where it.value > 1)", 40, "a date has no value"),
        ("exists(visit as v where w.start = v.end)", 45, "w names no element here"),
        ("exists(visit during 3)", 28, "an interval is needed here, not a number"),
        ("age during period", 21, "a series or a date is needed before the filter, not a number"),
        ("visit on or before @2025-02-30", 40, "2025-02-30 is not a date"),
        ("visit on or before period.start - 1.5 years", 55, WHOLE),
        ("visit during [@2025-01-01 - 151 years, dob]", 49, "a duration is at most 150 years"),
        ("hba1c > 1234567890123456789012345678901", 29, "a number has at most 30 digits"),
        ("coalesce(age, sex) = 1", 21, "coalesce needs values of one type"),
        ("period is missing", 21, "an interval is never missing"),
        ("numerator", 21, "there is no line numerator before this one"),
        ("age at 3 > 1", 21, "a date is needed here, not a number"),
    ],
)  # fmt: skip
def test_an_expression_of_the_wrong_type_is_refused_at_its_place(
    expression: str, column: int, message: str
) -> None:
    error = refusal(f"initial population: {expression}")
    assert (error.line, error.message, error.column) == (1, message, column)


@pytest.mark.parametrize(
    ("lines", "line", "message"),
    [
        ([], 1, "the formula has neither a score nor a population"),
        (["define a: age > 3"], 1, "the formula has neither a score nor a population"),
        (["numerator: age > 3"], 1, "a proportion measure needs a line initial population:"),
        (
            ["initial population: true", "denominator: true"],
            1,
            "a proportion measure needs a line numerator:",
        ),
        (["initial population: true"] * 2, 2, "a second line for initial population"),
        (["count(patients)", "count(patients)"], 2, "a second free score"),
        (
            ["count(patients)", "initial population: true"],
            1,
            "a formula is one free score or population lines, never both",
        ),
        (["define a: true", "define A: false"], 2, "a is defined twice"),
        (["initial population: later", "define later: true"], 1, 'no variable is named "later"'),
        (["define unused: age > sex"], 1, "a number cannot be compared with a text"),
        (["scoring: ratio", "scoring: cohort"], 2, "a second scoring line"),
        (
            ["scoring: cohort", "initial population: true", "numerator: true"],
            1,
            "a cohort measure has no numerator",
        ),
        (
            ["initial population: true", "measure observation: age"],
            1,
            "it is not said how the measure observation is aggregated",
        ),
        (["scoring: continuous-variable (frob)"], 1, "no such method"),
        (["denominator for numerator: true"], 1, "only an initial population is for a numerator"),
        (["age"], 1, "a free score is made of numbers and aggregates over patients"),
        (["hba1c > 3"], 1, "a free score is made of numbers and aggregates over patients"),
        (["hba1c + count(patients)"], 1, "hba1c stands outside an aggregate"),
        (["sum(patients)"], 1, "patients have no sum"),
        (['stratum "x": age > 3', "stratum x: true"], 2, "a second stratum x"),
    ],
)  # fmt: skip
def test_lines_that_do_not_make_a_measure_are_refused(
    lines: list[str], line: int, message: str
) -> None:
    error = refusal(*lines)
    assert (error.message, error.line) == (message, line)


@pytest.mark.parametrize(
    ("lines", "scoring"),
    [
        (["count(patients)"], Scoring.FREE),
        (["initial population: true"], Scoring.COHORT),
        (["initial population: true", "numerator: true"], Scoring.PROPORTION),
        (
            [
                "initial population: true",
                "initial population for numerator: true",
                "numerator: true",
            ],
            Scoring.RATIO,
        ),
        (["scoring: ratio", "initial population: true", "numerator: true"], Scoring.RATIO),
        (
            [
                "scoring: Continuous Variable (median)",
                "initial population: true",
                "measure observation: age",
            ],
            Scoring.CONTINUOUS_VARIABLE,
        ),
        (
            [
                "scoring: continuous-variable mean",
                "initial population: true",
                "measure observation: age",
            ],
            Scoring.CONTINUOUS_VARIABLE,
        ),
    ],
)
def test_the_scoring_is_inferred_or_said(lines: list[str], scoring: Scoring) -> None:
    assert parse(lines, NAMES).scoring == scoring


def test_a_scoring_given_beside_the_formula_counts_where_no_line_says_it() -> None:
    lines = ["initial population: true", "numerator: true"]
    assert parse(lines, NAMES, scoring="ratio").scoring == "ratio"
    assert parse(["scoring: proportion", *lines], NAMES, scoring="ratio").scoring == "proportion"


def test_a_missing_denominator_is_everyone_of_the_initial_population() -> None:
    measure = parse(["initial population: true", "numerator: denominator"], NAMES)
    assert measure.populations == ("initial-population", "denominator", "numerator")


def test_a_definition_of_numbers_exists_where_a_condition_is_needed() -> None:
    lines = ["define tested: hba1c", "initial population: tested"]
    assert variables_of(parse(lines, NAMES)) == {1}


def test_all_variables_that_a_measure_reads_are_told() -> None:
    lines = [
        "define seen: visit during period",
        "initial population: seen and exists(diabetes where count(bp) > 1)",
        "numerator: hba1c > 9",
        'stratum "s": bp < 140/90',
    ]
    assert variables_of(parse(lines, NAMES)) == {1, 2, 3, 4}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([f"define a{n}: true" for n in range(201)], "a formula has at most 200 lines"),
        (["age > 1" + " " * 10_000], "a formula has at most 10000 characters"),
        (["count(patients where " + "not " * 60 + "true)"], DEEP),
        (["initial population: " + "exists(bp where " * 6 + "true" + ")" * 6], WHERES),
        (["count(patients where " + " or ".join(MANY) + ")"], THINGS),
        (["count(patients where " + " or ".join(["dob > dob + 150 years"] * 14) + ")"], YEARS),
        (["+".join(["1*1*1*1*1*1*1*1*1"] * 13)], PRODUCTS),
        (["initial population: " + "1 + " * 60 + "1 > 2"], "more than 25 terms in a row"),
        (
            [
                "define a0: age > 1 and age > 2 and age > 3",
                *(f"define a{n + 1}: a{n} and a{n} and a{n}" for n in range(12)),
                "initial population: a12",
            ],
            "the formula has more than 5000 parts",
        ),
    ],
)  # fmt: skip
def test_a_formula_that_would_cost_too_much_is_refused(lines: list[str], message: str) -> None:
    assert refusal(*lines).message == message


WORDS = """( ) [ ] , . : and or not where as it it.start hba1c bp visit diabetes 9 140/90 'x' "y"
    @2025-01-01 + - * / < = count exists latest during period within 3 days of on same day as
    on latest day age at sex patient.k patients is missing between in numerator initial
    population define group scoring stratum"""
PIECES = st.sampled_from(WORDS.split())


@settings(max_examples=700)
@given(st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=25).map(" ".join)))
def test_any_text_is_a_measure_or_refused_with_a_place(text: str) -> None:
    for line in (text, f"initial population: {text}", f"count(patients where {text})"):
        with suppress(FormulaError):
            parse([line], NAMES)


@given(st.lists(PIECES, min_size=1, max_size=9).map(" ".join))
def test_the_place_of_an_error_is_on_the_line_or_just_after(text: str) -> None:
    error = refusal(f"initial population: ) {text}")
    assert (error.line, error.column) == (1, 21)
