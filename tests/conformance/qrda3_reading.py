"""What a QRDA III document says of its measures: ids, counts and rates."""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from lxml import etree

from domain.measures.scores import decimal

XSI = "http://www.w3.org/2001/XMLSchema-instance"
NAMES = {"c": "urn:hl7-org:v3", "x": XSI}
PART = "2.16.840.1.113883.10.20.27.3"
MEASURE = f"//c:organizer[c:templateId/@root='{PART}.1']"
POPULATION = f"c:component/c:observation[c:templateId/@root='{PART}.5']"
POPULATION_ID = "string(c:reference/c:externalObservation/c:id/@root)"


def find(document: etree._Element, path: str) -> list[Any]:
    return document.xpath(path, namespaces=NAMES)


def counts(document: etree._Element) -> Iterator[tuple[str, dict[str, int], str | None]]:
    """Of every measure: its UUID, its counts by population code, and the rate it states."""
    for measure in find(document, MEASURE):
        [uuid] = find(measure, "c:reference/c:externalDocument/c:id/@extension")
        found = {
            find(each, "string(c:value/@code)"): int(
                find(
                    each,
                    "string(c:entryRelationship[@typeCode='SUBJ']/c:observation/c:value/@value)",
                )
            )
            for each in find(measure, POPULATION)
        }
        rates = find(
            measure, f"c:component/c:observation[c:templateId/@root='{PART}.14']/c:value/@value"
        )
        yield uuid, found, rates[0] if rates else None


def recomputed(found: dict[str, int]) -> Decimal | None:
    """(NUMER - NUMEX) / (DENOM - DENEX - DENEXCEP) with 6 decimals, as CMS recomputes it."""
    measurable = found["DENOM"] - found.get("DENEX", 0) - found.get("DENEXCEP", 0)
    share = decimal(Fraction(found["NUMER"] - found.get("NUMEX", 0), measurable))
    return share and share.quantize(Decimal("0.000001"), ROUND_HALF_UP)


def measure_ids(document: etree._Element) -> list[str]:
    """The UUID of every measure, in order; those without one are left out."""
    found: list[str] = find(document, f"{MEASURE}/c:reference/c:externalDocument/c:id/@extension")
    return found


def population_ids(document: etree._Element, uuid: str | None = None) -> list[dict[str, str]]:
    """Of every measure, or of those with this UUID, the UUIDs of its populations by code."""
    only = f"[c:reference//c:id/@extension='{uuid}']" if uuid else ""
    return [
        {
            str(find(each, "string(c:value/@code)")): str(find(each, POPULATION_ID))
            for each in find(measure, POPULATION)
        }
        for measure in find(document, MEASURE + only)
    ]
