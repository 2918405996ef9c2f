"""What stands around a label and its number: the words that say whose, when and why."""

from dataclasses import dataclass

from domain.scraping import context
from domain.scraping.flows import Flow
from domain.scraping.labels import Hit
from domain.scraping.numbers import Number
from domain.scraping.reading import Reading

NEAR = 40
"""Characters before a label that are looked at."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Texts from the nearest to the farthest.

    `value` is the clause of the number, `near` that of its label too; `lead` the sentence of the
    label up to the number; `opening` the sentence before the label; `inline` a "Heading:" before
    it in the same text, if `headed` in the same sentence; `column` and `row` what heads the cell;
    `section` the heading above.
    """

    value: str
    near: str
    lead: str
    opening: str
    inline: str
    headed: bool
    column: str
    row: str
    section: str


def surroundings(reading: Reading, hit: Hit, flow: Flow, number: Number) -> Surroundings:
    """What stands around the label `hit` and `number` of `flow`."""
    text = hit.flow.text
    start, _ = context.sentence(text, hit.start)
    same = flow is hit.flow
    value = context.clause(flow.text, number.start, number.end)
    near = value
    if same:
        first = max(start, hit.start - NEAR, context.clause_start(text, hit.start))
        near = f"{text[first : hit.end]} {value}"
    end = number.start if same and number.start > start else len(text)
    inline, place = context.inline_heading(text, hit.start)
    head = reading.grid.heading(flow)
    first_cell = reading.grid.row(flow).cells[0]
    return Surroundings(
        value,
        near,
        text[start:end],
        text[start : hit.start],
        inline,
        place >= start,
        head.text if head is not None and head is not hit.flow else "",
        first_cell.text if not same and first_cell not in (flow, hit.flow) else "",
        reading.heading(hit.flow),
    )
