"""Names of variables in formulas: how they are found, fixed and printed."""

import pytest

from domain.measures.errors import FormulaError
from domain.measures.parser import (
    Names,
    VariableName,
    formula_with_current_names,
    parse,
    variables_of,
)

HBA1C = VariableName(1, "number", "HbA1c")
SYSTOLIC = VariableName(2, "number", "Systolic Blood-Pressure")
VISIT = VariableName(3, "date", "Visit (office)")
GLUCOSE = VariableName(4, "number", "Fasting µ-Glucose")
ALL = (HBA1C, SYSTOLIC, VISIT, GLUCOSE)


def read_by(text: str, variables: tuple[VariableName, ...] = ALL) -> frozenset[int]:
    return variables_of(parse([f"initial population: exists({text})"], Names(variables)))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("hba1c", 1),
        ("HBA1C", 1),
        ('"HbA1c"', 1),
        ("systolic_blood_pressure", 2),
        ('"systolic blood pressure"', 2),
        ('"Systolic  Blood-Pressure!"', 2),
        ("visit_office", 3),
        ("fasting_μ_glucose", 4),
        ("variable(2)", 2),
        ('variable("hba1c")', 1),
        ("date_variable(3)", 3),
        ('date_variable("visit (office)")', 3),
    ],
)
def test_a_name_is_found_whatever_its_case_and_punctuation(text: str, number: int) -> None:
    assert read_by(text) == {number}


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("hba1d", 'no variable is named "hba1d"', "did you mean hba1c?"),
        ("zzzz", 'no variable is named "zzzz"', None),
        ("variable(3)", "there is no variable 3 of numbers", None),
        ("variable(77)", "there is no variable 77 of numbers", None),
        ("date_variable(1.5)", "an id is a whole number", None),
        ("variable(hba1c > 3)", 'variable takes an id or a name: variable("HbA1c")', None),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_ones(
    text: str, message: str, hint: str | None
) -> None:
    with pytest.raises(FormulaError) as caught:
        read_by(text)
    assert (caught.value.message, caught.value.hint) == (message, hint)
    assert caught.value.column == 28


def test_a_name_of_two_variables_is_refused_with_their_ids() -> None:
    both = (VariableName(1, "number", "Visit"), VariableName(2, "date", "VISIT"))
    with pytest.raises(FormulaError) as caught:
        read_by("visit", both)
    assert caught.value.hint == "say variable(1) or date_variable(2)"
    assert read_by('date_variable("visit")', both) == {2}


def test_what_a_name_meant_when_saved_wins_over_the_present_names() -> None:
    formula = ["initial population: hba1c > 9"]
    before = parse(formula, Names([HBA1C]))
    assert before.references == {"hba1c": 1}
    swapped = [VariableName(1, "number", "Old A1c"), VariableName(9, "number", "HbA1c")]
    assert variables_of(parse(formula, Names(swapped, before.references))) == {1}
    assert variables_of(parse(formula, Names(swapped))) == {9}


def test_a_fact_of_the_patient_stays_one_when_a_variable_gets_its_name() -> None:
    formula = ["initial population: deceased during period"]
    saved = parse(formula, Names([]))
    died = VariableName(7, "date", "Deceased")
    assert variables_of(parse(formula, Names([died]))) == {7}
    assert variables_of(parse(formula, Names([died], saved.references))) == set()


@pytest.mark.parametrize(
    ("line", "present", "printed"),
    [
        ("initial population: hba1c > 9", "A1c", "initial population: a1c > 9"),
        ('initial population: "HbA1c" > 9', "Glycated Hb", "initial population: glycated_hb > 9"),
        ("initial population: hba1c > 9", "Where", 'initial population: "Where" > 9'),
        ("initial population: hba1c > 9", "3rd draw", 'initial population: "3rd draw" > 9'),
        ("initial population: hba1c > 9", "HBA1C", "initial population: hba1c > 9"),
        ("initial population: hba1c > 9", "Visit (office)", "initial population: variable(1) > 9"),
        ('initial population: variable("hba1c") > 9', "A1c", "initial population: variable(1) > 9"),
        ("initial population: hba1c > hba1c + 1", "A", "initial population: a > a + 1"),
        ("initial population:\n  hba1c > 1", "A", "initial population:\n  a > 1"),
    ],
)
def test_a_renamed_variable_prints_under_its_present_name(
    line: str, present: str, printed: str
) -> None:
    saved = parse([line], Names([HBA1C])).references
    names = Names([VariableName(1, "number", present), VISIT], saved)
    assert formula_with_current_names([line], names) == [printed]


def test_a_printed_formula_means_the_same_again() -> None:
    lines = ["define high: hba1c > 9", "initial population: high and hba1c < 12"]
    saved = parse(lines, Names([HBA1C])).references
    names = Names([VariableName(1, "number", "High")], saved)
    printed = formula_with_current_names(lines, names)
    assert printed == [
        "define high: variable(1) > 9",
        "initial population: high and variable(1) < 12",
    ]
    assert variables_of(parse(printed, names)) == {1}
