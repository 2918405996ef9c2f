"""How the patients of a population divide by sex, ethnicity, race and payer (QRDA III)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from domain.errors import Invalid
from projections.exports.cda import (
    LOINC,
    E,
    Element,
    Ids,
    coded,
    count,
    observation,
    template,
    value,
)

Supplement = Mapping[str, Mapping[str, int]]
"""Counts by code for each of `sex` (M, F), `ethnicity` (2135-2 Hispanic or Latino, 2186-5 not),
`race` (CDC codes such as 2106-3 White) and `payer` (A Medicare, B Medicaid, C private, D other).
Patients in no count are of unknown sex, ethnicity or race, and their payer is other."""


@dataclass(frozen=True)
class _Part:
    templates: tuple[tuple[str, str], ...]
    code: str
    name: str
    system: str
    codes: Mapping[str, str]


_CDC = "2.16.840.1.113883.6.238"
_TEMPLATE = "2.16.840.1.113883.10.20.27.3"
_PARTS = {
    "sex": _Part(
        ((f"{_TEMPLATE}.6", "2016-09-01"),),
        "76689-9", "Sex assigned at birth", "2.16.840.1.113883.5.1", {"M": "Male", "F": "Female"},
    ),
    "ethnicity": _Part(
        ((f"{_TEMPLATE}.7", "2016-09-01"),),
        "69490-1", "Ethnicity", _CDC,
        {"2135-2": "Hispanic or Latino", "2186-5": "Not Hispanic or Latino"},
    ),
    "race": _Part(
        ((f"{_TEMPLATE}.8", "2016-09-01"),),
        "72826-1", "Race", _CDC,
        {
            "1002-5": "American Indian or Alaska Native",
            "2028-9": "Asian",
            "2054-5": "Black or African American",
            "2076-8": "Native Hawaiian or Other Pacific Islander",
            "2106-3": "White",
            "2131-1": "Other Race",
        },
    ),
    "payer": _Part(
        ((f"{_TEMPLATE}.9", "2016-02-01"), (f"{_TEMPLATE}.18", "2018-05-01")),
        "48768-6", "Payment source", "2.16.840.1.113883.3.249.12",
        {"A": "Medicare", "B": "Medicaid", "C": "Private Health Insurance", "D": "Other"},
    ),
}  # fmt: skip
_UNKNOWN = "UNK"


def supplemental(total: int, supplement: Supplement, ids: Ids, place: str) -> Iterator[Element]:
    """The observations that divide a population of `total` patients, at least one of each kind.

    Raises Invalid when a code is not known or more patients are counted than there are.
    """
    for kind, part in _PARTS.items():
        for code, number in _completed(kind, total, supplement.get(kind, {}), place).items():
            yield observation(
                *(template(*each) for each in part.templates),
                ids.of(place, kind, code),
                coded("code", part.code, LOINC, part.name),
                E.statusCode(code="completed"),
                _value(kind, part, code),
                count(number),
            )


def _completed(kind: str, total: int, counts: Mapping[str, int], place: str) -> dict[str, int]:
    """The counts of a kind, and of those patients that are in none."""
    codes = _PARTS[kind].codes
    if unknown := sorted(set(counts) - set(codes)):
        raise Invalid.field(f"{place}/{kind}", f"{unknown[0]} is none of {', '.join(codes)}")
    rest = total - sum(counts.values())
    if rest < 0 or any(number < 0 for number in counts.values()):
        raise Invalid.field(f"{place}/{kind}", f"the counts must add up to {total} at most")
    completed = {code: counts[code] for code in codes if code in counts}
    if rest or not completed:
        other = "D" if kind == "payer" else _UNKNOWN
        completed[other] = completed.get(other, 0) + rest
    return completed


def _value(kind: str, part: _Part, code: str) -> Element:
    if code == _UNKNOWN:
        return value("CD", nullFlavor=_UNKNOWN)
    if kind == "payer":
        return value(
            "CD", coded("translation", code, part.system, part.codes[code]), nullFlavor="OTH"
        )
    return value("CD", code=code, codeSystem=part.system, displayName=part.codes[code])
