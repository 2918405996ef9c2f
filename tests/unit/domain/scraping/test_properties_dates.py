"""Every labelled date is found under its own label and under no other."""

import re
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.scraping.extract import Found, NotFound, Target, extract
from tests.unit.domain.scraping.paper import document, read_back

LABELS = {
    "Date of birth": ["Date of birth", "DOB", "Birth date"],
    "Admission date": ["Admission date", "Date of admission", "Admitted"],
    "Discharge date": ["Discharge date", "Date of discharge", "Discharged"],
    "Specimen collection date": ["Collected", "Collection date", "Date collected"],
    "Report date": ["Reported", "Report date", "Date reported"],
    "Next appointment": ["Next appointment", "Next visit", "Follow-up appointment"],
}
SHAPES = ["%m/%d/%Y", "%Y-%m-%d", "%B %d, %Y", "%d-%b-%Y"]
ARRANGEMENTS = {
    "a line each": ("{label}: {day}", "\n"),
    "a line each, dotted": ("{label} ....... {day}", "\n"),
    "side by side": ("{label}: {day}", "      "),
    "a running line": ("{label} {day}", " "),
    "two columns": ("{label}          {day}", "\n"),
}
FIRST = date(2024, 1, 3)


@st.composite
def headers(draw: st.DrawFn) -> tuple[str, dict[str, date]]:
    """The head of a document: two to four labelled dates, all different, of one shape."""
    asked = draw(st.permutations(list(LABELS)))[: draw(st.integers(2, 4))]
    steps = draw(st.lists(st.integers(0, 700), min_size=4, max_size=4, unique=True))
    days = {name: FIRST + timedelta(days=step) for name, step in zip(asked, steps, strict=False)}
    if "Date of birth" in days:
        days["Date of birth"] = days["Date of birth"].replace(year=1961, day=5)
    form, joint = draw(st.sampled_from(list(ARRANGEMENTS.values())))
    shape = draw(st.sampled_from(SHAPES))
    parts = [
        form.format(label=draw(st.sampled_from(LABELS[name])), day=day.strftime(shape))
        for name, day in days.items()
    ]
    return f"Patient: A. Example\n\n\n{joint.join(parts)}\n\n\nLungs are clear.", days


def ask(text: str, name: str) -> Found | NotFound:
    return extract([("doc", document(text))], Target("date", name))


@given(headers())
@settings(max_examples=120)
def test_each_label_has_its_own_date_and_the_box_is_around_it(
    header: tuple[str, dict[str, date]],
) -> None:
    text, days = header
    for name, day in days.items():
        answer = ask(text, name)
        assert isinstance(answer, Found), (text, name, answer)
        assert answer.value == day.isoformat(), (text, name, answer)
        figures = re.findall(r"\d+", read_back(document(text), answer.page, answer.box))
        assert {day.year, day.day} <= set(map(int, figures))
        assert len(figures) <= 3


@given(headers())
@settings(max_examples=120)
def test_a_date_that_is_not_given_is_not_borrowed_from_another_label(
    header: tuple[str, dict[str, date]],
) -> None:
    text, days = header
    for name in LABELS.keys() - days.keys() - {"Report date"}:
        answer = ask(text, name)
        assert isinstance(answer, NotFound), (text, name, answer)
