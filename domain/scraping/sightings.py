"""What a search saw: a value near a label, with a score or the reason it can be no answer."""

from dataclasses import dataclass
from datetime import date

from domain.scraping.flows import Flow
from domain.scraping.labels import Hit
from domain.scraping.stamps import Stamp


@dataclass(frozen=True)
class Sighting:
    """`words` are those that hold the value. `refusal` is empty when the value may be the answer.

    `when` is the date the value belongs to, where the document prints one; `stamp` as much of it as
    the document says. `is_now` when it says "today", `is_past` when it says "previously";
    `is_undatable` when others of its table have a date and it has none. `exact` is False when the
    label is about a similar event ("last" or not). `converted_from` is the figure as printed, with
    its unit, where the text is a conversion of it; `assumed` when no unit is printed. `remark` is a
    comparison or range as printed, of which the text is the figure.
    """

    text: str
    flow: Flow
    words: tuple[int, ...]
    score: float
    when: date | None = None
    refusal: str = ""
    snippet: str = ""
    stamp: Stamp | None = None
    is_now: bool = False
    is_past: bool = False
    is_undatable: bool = False
    exact: bool = True
    converted_from: str = ""
    assumed: bool = False
    remark: str = ""


MOST_LABELS = 500
"""A document that names a variable more often is refused: nobody could tell which one counts."""
GOAL = "a goal, rule or reference"
RANGE = "a reference range"
LIMIT = "a limit"
RELATIVE = "a relative's value"
ORDERED = "ordered"
DOSE = "a dose"
CHANGE = "a change"
OTHER_SAMPLE = "a value of another sample"
END_OF_PERIOD = "the end of a period"
OTHER_KIND = "a value of another kind"
IMPOSSIBLE = "an impossible value"
OUT_OF_BOUNDS = "a value outside the bounds of the variable"
INVISIBLE = "white text"
OTHER_MOMENT = "a value of another time"
NOT_ALONE = "one of a pair"
NO_PAIR = "a single value"
PLANNED = "a planned date"
NOT_THE_NEXT = "a date that is not the next"
NOT_THE_LAST = "a date that is not the last"
EARLIER = "an earlier date"


def snippet(hit: Hit, flow: Flow, start: int, end: int) -> str:
    """Label and value as printed, with a few words around; at most about 120 characters."""
    text = hit.flow.text
    if flow is not hit.flow:
        label = text[:50].rstrip(" :")
        return f"{label}: {flow.text[max(0, end - 50) : end + 12].strip()}"
    first = text.rfind(" ", 0, max(0, min(hit.start, start) - 12)) + 1
    last = text.find(" ", min(len(text), max(end, hit.end) + 10))
    return text[first : last if last > 0 else len(text)][-120:].strip()
