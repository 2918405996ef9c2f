"""Laws that hold for every document."""

from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.scraping.extract import Candidate, Found, NotFound, Target, extract
from domain.scraping.words import Box, DocumentWords, Page, Word
from tests.unit.domain.scraping.paper import document, read_back

QUANTITIES = [
    ("HbA1c", "%", "7.{}"),
    ("LDL", "mg/dL", "9{}"),
    ("Creatinine", "mg/dL", "1.{}"),
    ("Heart rate", "bpm", "7{}"),
    ("Weight", "kg", "8{}.4"),
    ("Potassium", "mmol/L", "4.{}"),
]
SHAPES = [
    "{name}: {value} {unit}",
    "{name}      {value} {unit}",
    "{name} {value}",
    "On exam {name} was {value} {unit} and stable.",
    "Test         Result     Units\n{name}        {value}        {unit}",
]
OTHERS = [
    "{name} goal: {other} {unit}",
    "Goal: {name} below {other} {unit}.",
    "Target {name} < {other} {unit}",
    "Normal range {name}: {other} - {more} {unit}",
    "Reference {name} {other} to {more} {unit}",
    "Family history: mother with {name} {other} {unit}",
    "His father's {name} was {other} {unit}.",
    "Repeat {name} in {other} days.",
]
FILLER = ["Patient seen in clinic.", "Sodium 139 mmol/L", "Visit date: 03/04/2025", "Lungs clear."]
quantities = st.sampled_from(QUANTITIES)
digits = st.integers(0, 9)
fillers = st.lists(st.sampled_from(FILLER), max_size=3)


def _text(lines: list[str]) -> str:
    return "\n\n\n".join(lines)


@given(
    quantities, digits, digits, st.sampled_from(SHAPES), st.sampled_from(OTHERS), fillers, digits
)
@settings(max_examples=150)
def test_a_goal_range_or_relative_never_changes_an_answer(
    quantity: tuple[str, str, str],
    digit: int,
    other: int,
    shape: str,
    noise: str,
    lines: list[str],
    place: int,
) -> None:
    name, unit, form = quantity
    true = form.format(digit)
    measured = shape.format(name=name, value=true, unit=unit)
    noise = noise.format(name=name, unit=unit, other=form.format(other), more=form.format(9))
    target = Target("number", name, unit)
    plain = extract([("doc", document(_text([*lines, measured])))], target)
    assert isinstance(plain, Found)
    assert plain.value == true
    noisy = [*lines, measured]
    noisy.insert(place % (len(noisy) + 1), noise)
    answer = extract([("doc", document(_text(noisy)))], target)
    assert isinstance(answer, Found), (noisy, answer)
    assert answer.value == true


@given(st.sampled_from(OTHERS), quantities, digits)
def test_a_goal_range_or_relative_alone_is_no_answer(
    noise: str, quantity: tuple[str, str, str], digit: int
) -> None:
    name, unit, form = quantity
    text = noise.format(name=name, unit=unit, other=form.format(digit), more=form.format(9))
    answer = extract([("doc", document(text))], Target("number", name, unit))
    assert isinstance(answer, NotFound), answer


@given(quantities, digits, st.sampled_from(SHAPES), fillers, st.sampled_from([0, 90, 180, 270]))
def test_the_box_holds_the_digits_of_the_value(
    quantity: tuple[str, str, str], digit: int, shape: str, lines: list[str], turn: int
) -> None:
    name, unit, form = quantity
    text = _text([*lines, shape.format(name=name, value=form.format(digit), unit=unit)])
    words = document(text, turn=turn)
    answer = extract([("doc", words)], Target("number", name, unit))
    assert isinstance(answer, Found)
    assert answer.value in read_back(words, answer.page, answer.box)


DATE_NOISE = [
    "Date of birth: {}",
    "DOB {}",
    "Next appointment: {}",
    "Follow-up visit {}",
    "Report signed on {}",
    "Last colonoscopy {}",
    "Referred on {}",
    "Mother's visit date: {}",
]


@given(st.dates(date(1920, 1, 1), date(2040, 12, 31)), st.sampled_from(DATE_NOISE), digits)
def test_another_date_never_changes_the_date_of_the_visit(
    day: date, noise: str, place: int
) -> None:
    lines = ["Clinic note", "Date of visit: 03/04/2025", "Lungs clear."]
    lines.insert(place % 4, noise.format(day.strftime("%m/%d/%Y")))
    answer = extract([("doc", document(_text(lines)))], Target("date", "Visit date"))
    assert isinstance(answer, Found)
    assert answer.value == "2025-03-04"


HOSTILE = """
BP HbA1c LDL goal: mother 128/76 7.2 % mg/dL < > - 4.0-5.6 03/04/2024 (ref ) Date of visit : ; . 1.
9,99,999 +++ 3+4=7 10^3/ul pending 00/00/0000 1e9 [ ]( -7 .5 ,5 7. 12/ /12 1/2/3/4 x10E3/uL mm[Hg]
"""
coordinates = st.floats(0, 600, allow_nan=False, width=32)
pieces = st.one_of(
    st.text(min_size=1, max_size=12),
    st.sampled_from([*HOSTILE.split(), "\u0130", "\u2028", "\ufffd", " "]),
)


@st.composite
def _hostile_words(draw: st.DrawFn) -> DocumentWords:
    words = []
    for _ in range(draw(st.integers(0, 25))):
        x, y = draw(coordinates), draw(coordinates)
        box = Box(x, y, x + draw(st.floats(0.1, 90)), y + draw(st.floats(0.1, 40)))
        words.append(Word(draw(pieces), box, draw(st.integers(1, 2))))
    turn = draw(st.sampled_from([0, 90, 180, 270]))
    return DocumentWords((Page(1, 700, 700, turn), Page(2, 700, 700)), tuple(words), 0)


@given(
    _hostile_words(),
    st.sampled_from(["number", "date"]),
    st.one_of(st.sampled_from(["HbA1c", "Blood pressure", "Date of visit", ""]), st.text()),
    st.sampled_from([None, "%", "mmHg", "parsecs"]),
)
@settings(max_examples=200)
def test_no_text_makes_extraction_fail_and_no_value_comes_from_outside_its_page(
    words: DocumentWords, kind: str, name: str, units: str | None
) -> None:
    target = Target(kind, name, units, valid_max=Decimal(10_000))  # type: ignore[arg-type]
    answer = extract([("one", words), ("two", words)], target)
    everything: list[Found | Candidate] = list(answer.candidates)
    if isinstance(answer, Found):
        everything.append(answer)
    for seen in everything:
        on_page = {word.box for word in words.words if word.page == seen.page}
        assert seen.box.x1 in {box.x1 for box in on_page}
        assert seen.box.y2 in {box.y2 for box in on_page}
