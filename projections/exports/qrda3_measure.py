"""One measure of a QRDA III document: its populations, their counts and its rates."""

from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from domain.errors import Invalid
from projections.exports.cda import (
    ACT_CODE,
    LOINC,
    E,
    Element,
    Ids,
    coded,
    count,
    observation,
    refers_to,
    related,
    template,
    text,
    value,
)
from projections.exports.cms_ids import CmsIds
from projections.exports.supplement import Supplement, supplemental

POPULATIONS = {
    "initial_population": ("IPOP", "Initial Population"),
    "denominator": ("DENOM", "Denominator"),
    "denominator_exclusions": ("DENEX", "Denominator Exclusions"),
    "denominator_exceptions": ("DENEXCEP", "Denominator Exceptions"),
    "numerator": ("NUMER", "Numerator"),
    "numerator_exclusions": ("NUMEX", "Numerator Exclusions"),
}
Supplements = Mapping[tuple[int, str | None, str], Supplement]
"""By metric id, name of the group (None where there is one rate) and count of the report."""
_SIX_PLACES = Decimal("0.000001")


def organizer(
    entry: Mapping[str, Any], known: CmsIds, supplements: Supplements, ids: Ids
) -> Element:
    """The measure's reference and results. Raises Invalid where an id is missing or repeated."""
    place = f"reports/{entry['metric_id']}"
    if entry["scoring"] != "proportion":
        raise Invalid.field(f"{place}/scoring", "QRDA III for clinicians takes proportions only")
    document = E.externalDocument(
        E.id(root="2.16.840.1.113883.4.738", extension=_uuid(known.emeasure_uuid, place)),
        coded("code", "57024-2", LOINC, "Health Quality Measure Document"),
        E.text(text(entry["metric_name"])),
        classCode="DOC", moodCode="EVN",
    )  # fmt: skip
    made = E.organizer(
        template("2.16.840.1.113883.10.20.24.3.98"),
        template("2.16.840.1.113883.10.20.27.3.1", "2020-12-01"),
        template("2.16.840.1.113883.10.20.27.3.17", "2022-05-01"),
        ids.of(place),
        E.statusCode(code="completed"),
        E.reference(document, typeCode="REFR"),
        classCode="CLUSTER", moodCode="EVN",
    )  # fmt: skip
    seen: set[str] = set()
    for rate in rates(entry):
        group = rate["title"] if rate is not entry else None
        where = place if group is None else f"{place}/{group}"
        uuids = _uuids(rate, known.populations(group), where, seen)
        for name, uuid in uuids.items():
            supplement = supplements.get((entry["metric_id"], group, name), {})
            strata = list(_strata(rate, name, known.populations(group), where))
            made.append(E.component(_population(rate, name, uuid, supplement, strata, ids, where)))
        made.append(E.component(_performance_rate(rate, uuids["numerator"])))
    return made


def rates(entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The rates of a measure: its groups, or itself."""
    return list(entry["groups"]) or [entry]


def _uuids(
    rate: Mapping[str, Any], given: Mapping[str, Any], place: str, seen: set[str]
) -> dict[str, str]:
    """The UUID of every population that has a count; no two are the same in a measure."""
    found = {}
    for name in POPULATIONS:
        if rate.get(name) is None:
            continue
        found[name] = _uuid(given.get(name), f"{place}/{name}")
        if found[name].lower() in seen:
            raise Invalid.field(f"{place}/{name}", "has the UUID of another population")
        seen.add(found[name].lower())
    return found


def _uuid(given: Any, place: str) -> str:
    try:
        UUID(given)
    except (ValueError, TypeError, AttributeError) as error:
        raise Invalid.field(place, "cms has no UUID for it") from error
    return str(given)


def _population(
    rate: Mapping[str, Any],
    name: str,
    uuid: str,
    supplement: Supplement,
    strata: list[Element],
    ids: Ids,
    place: str,
) -> Element:
    """How many patients are in a population, and how they divide (Measure Data - CMS)."""
    code, label = POPULATIONS[name]
    parts = supplemental(rate[name], supplement, ids, f"{place}/{name}")
    return observation(
        template("2.16.840.1.113883.10.20.27.3.5", "2016-09-01"),
        template("2.16.840.1.113883.10.20.27.3.16", "2019-05-01"),
        coded("code", "ASSERTION", ACT_CODE, "Assertion"),
        E.statusCode(code="completed"),
        value("CD", code=code, codeSystem=ACT_CODE, displayName=label),
        count(rate[name]),
        *strata,
        *(related("COMP", part) for part in parts),
        refers_to(uuid),
    )


def _strata(
    rate: Mapping[str, Any], name: str, given: Mapping[str, Any], place: str
) -> Iterator[Element]:
    """The part of a population in each stratum of the measure's definition (Reporting Stratum).

    Strata without a UUID are the account's own and left out.
    """
    uuids = given.get("strata") or {}
    for stratum in rate.get("strata", ()):
        if stratum["title"] not in uuids or stratum.get(name) is None:
            continue
        made = observation(
            template("2.16.840.1.113883.10.20.27.3.4"),
            coded("code", "ASSERTION", ACT_CODE, "Assertion"),
            E.statusCode(code="completed"),
            value("CD", E.originalText(text(stratum["title"])), nullFlavor="OTH"),
            count(stratum[name]),
            refers_to(_uuid(uuids[stratum["title"]], f"{place}/strata/{stratum['title']}")),
        )
        yield related("COMP", made)


def _performance_rate(rate: Mapping[str, Any], numerator: str) -> Element:
    """The share from 0 to 1 with 6 decimals; not applicable when nothing is measurable."""
    if rate["score"] is None:
        result = {"nullFlavor": "NA"}
    else:
        share = Decimal(rate["score"]).quantize(_SIX_PLACES, ROUND_HALF_UP)
        result = {"value": format(share, "f")}
    return observation(
        template("2.16.840.1.113883.10.20.27.3.14", "2020-12-01"),
        template("2.16.840.1.113883.10.20.27.3.25", "2022-05-01"),
        coded("code", "72510-1", LOINC, "Performance Rate"),
        E.statusCode(code="completed"),
        value("REAL", **result),
        refers_to(numerator, coded("code", "NUMER", ACT_CODE, "Numerator")),
    )
