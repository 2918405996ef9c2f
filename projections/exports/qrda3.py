"""The report as a QRDA Category III document, for the CMS programmes of clinicians.

Implementation guide: CMS QRDA III 2025 (HL7 CDA R2). Metrics without an `emeasure_uuid` are no
eCQMs and not part of it; neither are those of another programme than the submitter's.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import orjson
from lxml import etree

from domain.errors import Invalid
from projections.exports.cda import SNOMED, E, Element, Ids, coded, template, text
from projections.exports.cms_ids import CmsIds
from projections.exports.qrda3_header import header
from projections.exports.qrda3_measure import POPULATIONS, Supplements, organizer, rates
from projections.exports.submitter import Submitter


def to_qrda3(
    report: Mapping[str, Any],
    submitter: Submitter,
    ids: Mapping[int, CmsIds],
    supplements: Supplements,
    time: datetime,
) -> bytes:
    """The document of a report's eCQMs; `ids` are by metric id, `time` (aware) is when it is made.

    Its ids follow from its content: the same arguments give the same bytes. Raises Invalid naming
    what is missing or not allowed in QRDA III, or that there is no eCQM.
    """
    chosen = [
        entry for entry in report["reports"]
        if (known := ids.get(entry["metric_id"], CmsIds())).emeasure_uuid
        and known.program in (None, submitter.program)
    ]  # fmt: skip
    if not chosen:
        raise Invalid.field(
            "reports", "there is no measure with an eMeasure UUID in this programme"
        )
    named = [ids[entry["metric_id"]] for entry in chosen]
    content = [chosen, named, report["period"], submitter, time, *map(str, supplements.items())]
    parts = Ids(uuid5(NAMESPACE_URL, orjson.dumps(content, default=str).decode()))
    title = f"Quality measures from {report['period']['start']} to {report['period']['end']}"
    entries = [
        E.entry(_period(report["period"], parts), typeCode="DRIV"),
        *(E.entry(organizer(each, ids[each["metric_id"]], supplements, parts)) for each in chosen),
    ]
    document = E.ClinicalDocument(
        *header(submitter, title, time, parts),
        E.component(E.structuredBody(E.component(_section(chosen, entries)))),
    )
    return etree.tostring(document, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _section(chosen: list[Mapping[str, Any]], entries: list[Element]) -> Element:
    return E.section(
        template("2.16.840.1.113883.10.20.24.2.2"),
        template("2.16.840.1.113883.10.20.27.2.1", "2020-12-01"),
        template("2.16.840.1.113883.10.20.27.2.3", "2022-05-01"),
        coded("code", "55186-1", "2.16.840.1.113883.6.1", "Measure Section"),
        E.title("Measure Section"),
        E.text(E.list(*(_told(entry) for entry in chosen))),
        *entries,
    )


def _told(entry: Mapping[str, Any]) -> Element:
    """The counts of a measure, for a human reader."""
    lines = [
        f"{rate['title'] + ', ' if rate is not entry else ''}{label}: {rate[name]}"
        for rate in rates(entry)
        for name, (_, label) in POPULATIONS.items()
        if rate.get(name) is not None
    ]
    items = [E.item(text(line)) for line in lines]
    return E.item(E.content(text(entry["metric_name"])), E.list(*items))


def _period(period: Mapping[str, str], ids: Ids) -> Element:
    """The measurement period (Reporting Parameters Act)."""
    return E.act(
        template("2.16.840.1.113883.10.20.17.3.8", "2020-12-01"),
        ids.of("period"),
        coded("code", "252116004", SNOMED, "Observation Parameters"),
        E.effectiveTime(
            E.low(value=period["start"].replace("-", "")),
            E.high(value=period["end"].replace("-", "")),
        ),
        classCode="ACT", moodCode="EVN",
    )  # fmt: skip
