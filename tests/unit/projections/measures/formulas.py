"""Random formulas, as text, by the type they have."""

from functools import cache

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

Texts = SearchStrategy[str]

VALUED = st.sampled_from(["bp", "hba1c", '"Smoking Status"', "variable(12)", 'variable("BP")'])
DATED = st.sampled_from(["visit", "screen", "diabetes", "housing", "date_variable(23)"])
NUMBERS = st.sampled_from(["0", "1", "2", "7.2", "9", "9.5", "18", "65", "120", "140"])
PAIRS = st.sampled_from(["140/90", "139/89", "128/76", "150/80.5"])
WORDS = st.sampled_from(["'yes'", "'NO'", "'refused'", "'120'", "''"])
SPANS = st.sampled_from(["1 day", "4 days", "2 weeks", "1 month", "6 months", "2 years"])
SIGNS = st.sampled_from(["<", "<=", ">", ">=", "=", "!="])
OVERLAPS = st.sampled_from(["during", "overlaps"])
PRESENCE = st.sampled_from(["missing", "known", "not known"])
ENDS = st.sampled_from(["latest", "earliest"])
EQUAL = st.sampled_from(["=", "!="])


def filled(template: str, *parts: Texts) -> Texts:
    """The template with a random text in each of its braces."""
    return st.tuples(*parts).map(lambda texts: template.format(*texts))


@cache
def days(depth: int, element: str | None) -> Texts:
    simple = ["period.start", "period.end", "@2025-06-01", "@2024-02-29", "patient.deceased", "dob"]
    if element:
        simple += [f"{element}.start", f"{element}.end"] * 3
    leaf = st.sampled_from(simple)
    if depth <= 0:
        return leaf
    less = days(depth - 1, element)
    return st.one_of(
        leaf,
        filled("({} + {})", less, SPANS),
        filled("({} - {})", less, SPANS),
        filled("(date of {}({}))", ENDS, anything(depth - 1, element)),
        filled("{}({})", st.sampled_from(["min", "max", "latest"]), dated(depth - 1, element)),
        dated(depth - 1, element).map("({})".format),
    )  # fmt: skip


@cache
def intervals(depth: int, element: str | None) -> Texts:
    less = days(depth - 1, element)
    choices = [st.just("period"), filled("[{}, {}]", less, less), less.map("({})".format)]
    if element:
        choices.append(st.just(element))
    return st.one_of(choices)


@cache
def dated(depth: int, element: str | None) -> Texts:
    return series(depth, element, DATED, "d")


@cache
def valued(depth: int, element: str | None) -> Texts:
    return series(depth, element, VALUED, "v")


@cache
def anything(depth: int, element: str | None) -> Texts:
    return st.one_of(dated(depth, element), valued(depth, element))


@cache
def series(depth: int, element: str | None, names: Texts, kind: str) -> Texts:
    if depth <= 0:
        return names
    less = series(depth - 1, element, names, kind)
    some, span = anything(depth - 1, element), intervals(depth, element)
    moment = days(depth - 1, element)
    inner = f"{kind}{depth}"
    to_spans = ["during", "overlaps", "starts during", "ends during", "on same day as"]
    to_days = ["starts before", "on or before", "starts after", "on or after"]
    choices = [
        names,
        filled("({} {} {})", less, st.sampled_from(to_spans), span),
        filled("({} {} ({}))", less, st.sampled_from([*to_spans, "not on same day as"]), some),
        filled("({} {} {})", less, st.sampled_from(to_days), moment),
        filled("({} within {} of ({}))", less, SPANS, some),
        filled("({} on latest day)", less),
        filled("({} or {})", less, less),
        filled("union({}, {})", less, less),
        filled("({} where {})", less, booleans(depth - 1, "it", kind == "v")),
        filled(f"({{}} as {inner} where {{}})", less, booleans(depth - 1, inner, kind == "v")),
    ]
    if kind == "v":
        choices.append(filled("{}({})", st.sampled_from(["first", "second"]), less))
    return st.one_of(choices)


@cache
def numbers(depth: int, element: str | None, has_value: bool) -> Texts:
    leaf = st.one_of(NUMBERS, st.sampled_from(["age", "patient.income", "hba1c", "bp"]))
    if element and has_value:
        leaf = st.one_of(leaf, st.just(f"{element}.value"), st.just(f"first({element}.value)"))
    if depth <= 0:
        return leaf
    less = numbers(depth - 1, element, has_value)
    of = valued(depth - 1, element)
    folds = st.sampled_from(["min", "max", "sum", "avg", "median", "count", "latest", "earliest"])
    return st.one_of(
        leaf,
        filled("({} {} {})", less, st.sampled_from("+-*"), less),
        filled("({} / {})", less, st.sampled_from(["2", "4", "0", "-5", "0.5"])),
        filled("-{}", less),
        filled("coalesce({}, {} + 0)", less, less),
        filled("{}({})", folds, of),
        filled("percentile({}, {})", of, st.sampled_from(["0", "25", "90", "100"])),
        filled("count({})", dated(depth - 1, element)),
        filled("(age at {})", days(depth - 1, element).map("({})".format)),
        filled("(({} + 0 days) - {})", days(depth - 1, element), days(depth - 1, element)),
    )


@cache
def booleans(depth: int, element: str | None = None, has_value: bool = False) -> Texts:
    a = numbers(depth - 1, element, has_value)
    d = days(depth - 1, element)
    values = valued(depth - 1, element).map("({})".format)
    if element and has_value:
        values = st.one_of(values, st.just(f"{element}.value"))
    simple = [
        filled("{} {} {}", a, SIGNS, a),
        filled("{} {} {}", values, SIGNS, a),
        filled("{} {} {}", values, SIGNS, PAIRS),
        filled("{} {} {}", values, SIGNS, values),
        filled("{} {} {}", values, EQUAL, WORDS),
        filled("{} {} {}", d, SIGNS, d),
        filled("(({} + 1 day) - {}) {} {}", d, d, SIGNS, SPANS),
        filled("{} {}between {} and {}", a, st.sampled_from(["", "not "]), a, a),
        filled("{} {}in ({}, {})", a, st.sampled_from(["", "not "]), a, NUMBERS),
        filled("{} {} {}", st.sampled_from(["sex", "patient.race"]), EQUAL, st.just("'f'")),
        filled("patient.race {} {}", EQUAL, st.sampled_from(["'asian'", "'White'", "sex"])),
        filled("patient.insured {} {}", EQUAL, st.sampled_from(["true", "false"])),
        st.sampled_from(["patient.insured", "diabetes", "(visit or screen)", "true"]),
        filled("deceased {} {}", OVERLAPS, intervals(depth, element)),
        filled("{} is {}", st.one_of(a, d, values), PRESENCE),
        filled("patient.{} is missing", st.sampled_from(["income", "race", "insured", "none"])),
        filled("exists({})", anything(depth, element)),
        filled("exists({} or {})", dated(depth - 1, element), valued(depth - 1, element)),
    ]  # fmt: skip
    if element:
        spans = intervals(depth, None)
        simple.append(filled(f"{element} {{}} {{}}", OVERLAPS, spans))
    leaf = st.one_of(simple)
    if depth <= 0:
        return leaf
    less = booleans(depth - 1, element, has_value)
    return st.one_of(
        leaf,
        filled("({} and {})", less, less),
        filled("(({} and true) or ({} and true))", less, less),
        filled("not ({})", less),
    )


POPULATIONS = (
    "denominator exclusion",
    "denominator exception",
    "numerator",
    "numerator exclusion",
)
EARLIER = ("not denominator", "sick", "seen", "not sick or exists(seen during period)")


@st.composite
def proportions(draw: st.DrawFn, depth: int) -> list[str]:
    """The lines of a proportion, some of them about earlier ones."""
    lines = [
        f"define sick: {draw(booleans(depth - 1))}",
        f"define seen: {draw(dated(depth - 1, None))}",
        f"initial population: {draw(booleans(depth))}",
    ]
    if draw(st.booleans()):
        lines.append(f"denominator: {draw(booleans(depth))}")
    body = st.one_of(booleans(depth), booleans(depth), st.sampled_from(EARLIER))
    for name in POPULATIONS:
        if name == "numerator" or draw(st.booleans()):
            lines.append(f"{name}: {draw(body)}")
    return lines


AGGREGATES = ("sum", "avg", "median", "min", "max", "stddev", "count")


@cache
def scores(depth: int) -> Texts:
    """A free score: arithmetic of aggregates over patients."""
    who = booleans(depth)
    what = numbers(depth, None, False)
    one = st.one_of(
        st.just("count(patients)"),
        filled("count(patients where {})", who),
        filled("{}({})", st.sampled_from(AGGREGATES), what),
        filled("{}({} where {})", st.sampled_from(AGGREGATES), what, who),
        filled("percentile({}, 90)", what),
    )
    return st.one_of(one, filled("{} / {} * 100", one, one), filled("({} - {}) / 3", one, one))
