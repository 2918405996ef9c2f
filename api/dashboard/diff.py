"""Two texts side by side, line by line."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple


class Line(NamedTuple):
    """A line and its fate: kept, removed or added."""

    fate: str
    text: str


def compared(before: Sequence[str], after: Sequence[str]) -> list[Line]:
    """What became of each line of `before`, and which lines of `after` are new."""
    lines: list[Line] = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, first, last, new_first, new_last in matcher.get_opcodes():
        if tag == "equal":
            lines += [Line("kept", text) for text in before[first:last]]
        else:
            lines += [Line("removed", text) for text in before[first:last]]
            lines += [Line("added", text) for text in after[new_first:new_last]]
    return lines
