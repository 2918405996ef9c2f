"""Laws that hold whatever the layout; what is right is known because the document is written here.

Each document says one latest value of the quantity that is asked for.
"""

import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.scraping.extract import Candidate, Found, NotFound, Target, extract
from domain.scraping.words import DocumentWords
from tests.unit.domain.scraping import layouts
from tests.unit.domain.scraping.layouts import NEWEST, Quantity, printed
from tests.unit.domain.scraping.paper import document, read_back

UNRELATED = [
    "The patient walks two miles a day and sleeps well.",
    "Heart rate: 72 bpm\nTemperature: 36.7 C",
    "Mammogram 02/11/2023 was normal.",
    "Medications: lisinopril 20 mg daily, aspirin 81 mg daily.",
    "Phone 555-0142, fax 555-0143, suite 410",
    "Colonoscopy in 2019: two polyps of 4 mm.",
    "Ferritin: 88 ng/mL",
    "Date of birth: 07/08/1951",
]
GOALS = [
    "{name} goal: {other} {unit}",
    "Goal {name} below {other} {unit}.",
    "{name} target < {other} {unit}",
    "We aim for a {name} under {other} {unit}.",
    "Keep {name} below {other} {unit}.",
]
RANGES = [
    "Normal range {name}: {other} - {more} {unit}",
    "Reference range for {name}: {other} to {more} {unit}",
    "{name} (normal {other}-{more} {unit})",
]
RELATIVES = [
    "Family history: mother with {name} {other} {unit}",
    "His father's {name} was {other} {unit}.",
    "Her brother has a {name} of {other} {unit}.",
    "Sister: {name} {other} {unit}",
]
paragraphs = st.lists(st.sampled_from(UNRELATED), unique=True, max_size=4)
turns = st.sampled_from([0, 90, 180, 270])


def ask(words: DocumentWords, quantity: Quantity) -> Found | NotFound:
    return extract([("doc", words)], Target("number", quantity.name, quantity.unit))


def page_of(blocks: list[str]) -> str:
    return "\n\n\n".join(blocks)


@st.composite
def asked(draw: st.DrawFn) -> tuple[Quantity, str, str]:
    """A quantity, its latest figure, and a block that says it."""
    quantity = draw(layouts.quantities)
    if draw(st.booleans()):
        series = draw(layouts.series_of(quantity))
        return quantity, dict(series)[NEWEST], draw(layouts.series_layouts)(quantity, series)
    figure = draw(st.sampled_from(quantity.figures))
    return quantity, figure, draw(layouts.one_value)(quantity, figure)


@given(asked(), paragraphs, paragraphs, turns)
@settings(max_examples=80)
def test_the_latest_value_is_the_answer_and_its_box_holds_exactly_its_digits(
    question: tuple[Quantity, str, str], above: list[str], below: list[str], turn: int
) -> None:
    quantity, figure, block = question
    words = document(page_of([*above, block, *below]), turn=turn)
    answer = ask(words, quantity)
    assert isinstance(answer, Found), answer
    assert answer.value == figure, answer
    assert _digits(read_back(words, answer.page, answer.box)) == _digits(figure)


@given(st.data(), st.permutations(range(3)))
@settings(max_examples=50)
def test_a_value_is_boxed_on_the_page_that_prints_it(data: st.DataObject, order: list[int]) -> None:
    """Each page says another quantity in another layout."""
    chosen = data.draw(st.permutations(layouts.QUANTITIES))[:3]
    said = [(each, data.draw(st.sampled_from(each.figures))) for each in chosen]
    blocks = [data.draw(layouts.one_value)(*each) for each in said]
    words = document(*(page_of([UNRELATED[0], blocks[n]]) for n in order))
    for page, n in enumerate(order, 1):
        quantity, figure = said[n]
        answer = ask(words, quantity)
        assert isinstance(answer, Found), (quantity, answer)
        assert (answer.value, answer.page) == (figure, page)
        everything: list[Found | Candidate] = [answer, *answer.candidates]
        for seen in everything:
            shown = words.pages[seen.page - 1]
            assert 0 <= seen.box.x1 < seen.box.x2 <= shown.width
            assert 0 <= seen.box.y1 < seen.box.y2 <= shown.height
            assert _digits(read_back(words, seen.page, seen.box)) == _digits(seen.value)


@given(asked(), st.sampled_from(GOALS + RANGES + RELATIVES), paragraphs, st.data())
@settings(max_examples=100)
def test_a_goal_a_range_or_a_relative_beside_any_layout_never_changes_the_answer(
    question: tuple[Quantity, str, str], noise: str, lines: list[str], data: st.DataObject
) -> None:
    quantity, figure, block = question
    other = data.draw(st.sampled_from([each for each in quantity.figures if each != figure]))
    more = quantity.figures[-1]
    line = noise.format(name=quantity.name, unit=quantity.unit, other=other, more=more)
    blocks = [*lines, block]
    blocks.insert(data.draw(st.integers(0, len(blocks))), line)
    answer = ask(document(page_of(blocks)), quantity)
    assert isinstance(answer, Found), answer
    assert answer.value == figure, answer


@pytest.mark.parametrize("noise", GOALS + RANGES + RELATIVES)
def test_a_goal_a_range_or_a_relative_alone_is_never_an_answer(noise: str) -> None:
    for quantity in layouts.QUANTITIES:
        low, *_, high = quantity.figures
        line = noise.format(name=quantity.name, unit=quantity.unit, other=low, more=high)
        answer = ask(document(page_of([UNRELATED[0], line, UNRELATED[1]])), quantity)
        assert isinstance(answer, NotFound), answer


@given(asked(), st.permutations(UNRELATED), st.data())
@settings(max_examples=60)
def test_the_order_of_unrelated_paragraphs_never_changes_the_answer(
    question: tuple[Quantity, str, str], lines: list[str], data: st.DataObject
) -> None:
    quantity, figure, block = question
    place = data.draw(st.integers(0, len(lines)))
    one = ask(document(page_of([block, *UNRELATED])), quantity)
    other = ask(document(page_of([*lines[:place], block, *lines[place:]])), quantity)
    assert isinstance(one, Found), one
    assert isinstance(other, Found), other
    assert (one.value, one.observed_on) == (other.value, other.observed_on)
    assert one.value == figure


@given(layouts.quantities, st.permutations(UNRELATED[:5]), st.data())
@settings(max_examples=50)
def test_the_latest_of_two_dated_paragraphs_wins_in_any_order(
    quantity: Quantity, lines: list[str], data: st.DataObject
) -> None:
    older, newer = data.draw(st.permutations(quantity.figures))[:2]
    made = {newer: printed(NEWEST), older: printed(date(2024, 9, 10))}
    blocks = [
        f"Labs of {day}: WBC 6.2, {quantity.name} {figure}, albumin 4.0."
        for figure, day in made.items()
    ]
    mixed = data.draw(st.permutations([*blocks, *lines]))
    answer = ask(document(page_of(mixed)), quantity)
    assert isinstance(answer, Found), answer
    assert (answer.value, answer.observed_on) == (newer, NEWEST)


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)
