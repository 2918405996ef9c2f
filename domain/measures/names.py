"""Names in formulas: folding, what they resolve to, and the nearest ones."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from domain.measures.errors import Problem

Kind = Literal["number", "date"]
FUNCTIONS: dict[str, Kind] = {"variable": "number", "date_variable": "date"}
NO_VARIABLE = 0
"""What `dob` and `deceased` are fixed to in references where they meant facts of the patient."""


@dataclass(frozen=True)
class VariableName:
    """A variable as a formula may name it."""

    id: int
    kind: Kind
    name: str
    is_interval: bool = False


def fold(name: str) -> str:
    """A name without case and punctuation: "Systolic Blood-Pressure" is systolic_blood_pressure."""
    plain = unicodedata.normalize("NFKC", name).lower()
    return re.sub(r"[\W_]+", "_", plain).strip("_")


def unquoted(name: str) -> str:
    """A name without the double quotes it may be written in."""
    return name[1:-1] if name.startswith('"') else str(name)


class Names:
    """The variables of an account, and what the names of a saved formula meant when it was saved.

    `references` (folded name, or "variable:" / "date_variable:" and folded name, to id) win over
    the present names, so that renaming a variable never changes a saved formula.
    """

    def __init__(
        self, variables: Iterable[VariableName], references: Mapping[str, int] | None = None
    ) -> None:
        self.by_id = {each.id: each for each in variables}
        self.references = dict(references or {})
        self._by_name: dict[str, list[VariableName]] = {}
        for each in self.by_id.values():
            self._by_name.setdefault(fold(each.name), []).append(each)

    def knows(self, name: str) -> bool:
        """Whether a bare name means a variable."""
        fixed = self.references.get(fold(name))
        return fold(name) in self._by_name if fixed is None else fixed != NO_VARIABLE

    def resolve(self, name: str, function: str | None = None) -> tuple[str, VariableName]:
        """The variable a name means, and the key of `references` that fixes it."""
        folded = fold(name)
        key = folded if function is None else f"{function}:{folded}"
        if key in self.references:
            return key, self.numbered(self.references[key])
        kind = FUNCTIONS[function] if function else None
        found = [v for v in self._by_name.get(folded, []) if kind in (None, v.kind)]
        if len(found) > 1:
            raise Problem(f'"{name}" is the name of several variables', self._choices(found))
        if not found:
            raise Problem(f'no variable is named "{name}"', self.nearest(folded))
        return key, found[0]

    def numbered(self, number: int, kind: Kind | None = None) -> VariableName:
        """The variable with this id."""
        found = self.by_id.get(number)
        if found is None or kind not in (None, found.kind):
            raise Problem(f"there is no variable {number}" + (f" of {kind}s" if kind else ""))
        return found

    def nearest(self, name: str, others: Iterable[str] = ()) -> str | None:
        """The present names most like this one, as a hint."""
        close = get_close_matches(fold(name), [*self._by_name, *others], n=3, cutoff=0.6)
        return f"did you mean {' or '.join(close)}?" if close else None

    def is_unique(self, name: str) -> bool:
        """Whether a bare name means exactly one of the present variables."""
        return len(self._by_name.get(fold(name), [])) == 1

    @staticmethod
    def _choices(found: list[VariableName]) -> str:
        function = {"number": "variable", "date": "date_variable"}
        return "say " + " or ".join(f"{function[v.kind]}({v.id})" for v in found)
