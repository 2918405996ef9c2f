"""The report as FHIR R4 MeasureReports in a Bundle, with those of single patients where given.

R4 (4.0.1) because the measures of CMS and the HL7 Quality Measure and Data Exchange for Quality
Measures guides are of R4. Patients, observations and organisations are logical references by
identifier: Attestor is no FHIR server.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import orjson

from domain.measures.scores import decimal
from projections.exports.cms_ids import CmsIds
from projections.exports.submitter import Submitter
from projections.measures.report import as_number

_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
_CRITERIA = "http://hl7.org/fhir/us/davinci-deqm/StructureDefinition/extension-criteriaReference"
_POPULATIONS = {
    "initial_population": "initial-population",
    "numerator_initial_population": "initial-population",
    "denominator": "denominator",
    "denominator_exclusions": "denominator-exclusion",
    "denominator_exceptions": "denominator-exception",
    "numerator": "numerator",
    "numerator_exclusions": "numerator-exclusion",
    "measure_population": "measure-population",
    "measure_population_exclusions": "measure-population-exclusion",
    "measure_observations": "measure-observation",
}
_FHIR_DIGITS = Context(prec=18)


@dataclass(frozen=True)
class Subject:
    """One patient's result of one metric.

    `rates` has the counts (0 or 1, by the names of a report) of each group, under None where there
    is one rate. `observed` is the value of a continuous variable. `evidence` has the ids of the
    observations behind each count.
    """

    patient_id: int
    rates: Mapping[str | None, Mapping[str, int]]
    observed: Decimal | None = None
    evidence: Mapping[str, Sequence[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Origin:
    """Where and when reports are made: the service's URL without a final slash, an aware time."""

    base_url: str
    time: datetime
    submitter: Submitter | None = None


def to_fhir(
    report: Mapping[str, Any],
    ids: Mapping[int, CmsIds],
    origin: Origin,
    subjects: Mapping[int, Sequence[Subject]] | None = None,
) -> bytes:
    """The bundle of a report: a summary of each metric, then its `subjects` (by metric id).

    Its ids follow from its content: the same arguments give the same bytes.
    """
    period = report["period"]
    reports = []
    for entry in report["reports"]:
        head = _head(entry, period, ids.get(entry["metric_id"], CmsIds()), origin)
        reports.append(_summary(entry, head))
        of_metric = (subjects or {}).get(entry["metric_id"], ())
        reports += [_individual(entry, head, subject, origin) for subject in of_metric]
    entries = [_identified(each) for each in reports]
    bundle = {"type": "collection", "timestamp": origin.time.isoformat(), "entry": entries}
    content = {"resourceType": "Bundle", "id": str(_id_of(bundle)), **bundle}
    return orjson.dumps(content, default=as_number, option=orjson.OPT_INDENT_2)


def _head(
    entry: Mapping[str, Any], period: Mapping[str, str], known: CmsIds, origin: Origin
) -> dict[str, Any]:
    """What the reports of a metric have in common."""
    url = f"{origin.base_url}/metrics/{entry['metric_id']}|{entry['metric_version']}"
    notation = {
        "system": f"{_TERMINOLOGY}/measure-improvement-notation",
        "code": entry["improvement_notation"],
    }
    return {
        "status": "complete",
        "measure": f"urn:uuid:{known.emeasure_uuid}" if known.emeasure_uuid else url,
        "date": origin.time.isoformat(),
        "period": {"start": period["start"], "end": period["end"]},
        "improvementNotation": {"coding": [notation]},
        **({"reporter": _reporter(origin.submitter)} if origin.submitter else {}),
    }


def _reporter(submitter: Submitter) -> dict[str, Any]:
    name = {"display": submitter.name} if submitter.name else {}
    if submitter.npi:
        npi = {"system": "http://hl7.org/fhir/sid/us-npi", "value": submitter.npi}
        return {"type": "Practitioner", "identifier": npi, **name}
    tin = {"system": "urn:oid:2.16.840.1.113883.4.2", "value": submitter.tin}
    entity = {"value": submitter.entity_id}
    known = tin if submitter.tin else entity
    return {"type": "Organization", "identifier": known, **name}


def _summary(entry: Mapping[str, Any], head: dict[str, Any]) -> dict[str, Any]:
    groups = [
        {
            **_named(rate, entry),
            **_rate(rate, _score(rate.get("score"), entry)),
            **_stratifier(rate, entry),
        }
        for rate in (list(entry["groups"]) or [entry])
    ]
    return {"type": "summary", **head, "group": groups}


def _individual(
    entry: Mapping[str, Any], head: dict[str, Any], subject: Subject, origin: Origin
) -> dict[str, Any]:
    patient = _logical("Patient", f"{origin.base_url}/patients", subject.patient_id)
    groups = [
        {
            **({"code": {"text": name}} if name is not None else {}),
            **_rate(counts, _score(_individual_score(entry, counts, subject.observed), entry)),
        }
        for name, counts in subject.rates.items()
    ]
    evidence = list(_evidence(subject, origin))
    return {
        "type": "individual",
        **head,
        "subject": patient,
        "group": groups,
        **({"evaluatedResource": evidence} if evidence else {}),
    }


def _named(rate: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    return {} if rate is entry else {"code": {"text": rate["title"]}}


def _rate(counts: Mapping[str, Any], score: dict[str, Any]) -> dict[str, Any]:
    """Populations as they were counted: the numerator still has its exclusions."""
    populations = [
        {
            "id": name.replace("_", "-"),
            "code": {"coding": [{"system": f"{_TERMINOLOGY}/measure-population", "code": code}]},
            "count": counts[name],
        }
        for name, code in _POPULATIONS.items()
        if counts.get(name) is not None
    ]
    return {**({"population": populations} if populations else {}), **score}


def _score(score: Any, entry: Mapping[str, Any]) -> dict[str, Any]:
    """The score with 18 digits, absent where nothing is measurable."""
    if score is None:
        return {}
    has_unit = entry["scoring"] in ("continuous-variable", "free") and entry["unit"]
    value = {"value": _FHIR_DIGITS.create_decimal(Decimal(score))}
    return {"measureScore": {**value, **({"unit": entry["unit"]} if has_unit else {})}}


def _individual_score(
    entry: Mapping[str, Any], counts: Mapping[str, int], observed: Decimal | None
) -> Decimal | None:
    match entry["scoring"]:
        case "cohort":
            return Decimal(counts["initial_population"])
        case "continuous-variable" | "free":
            return observed
    out = counts.get("denominator_exclusions", 0) + counts.get("denominator_exceptions", 0)
    measurable = counts["denominator"] - out
    met = counts["numerator"] - counts.get("numerator_exclusions", 0)
    return decimal(Fraction(met, measurable)) if measurable > 0 else None


def _stratifier(rate: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    strata = [
        {
            "value": {"text": stratum["title"]},
            **_rate(stratum, _score(stratum.get("score"), entry)),
        }
        for stratum in rate.get("strata", ())
    ]
    return {"stratifier": [{"stratum": strata}]} if strata else {}


def _evidence(subject: Subject, origin: Origin) -> Iterator[dict[str, Any]]:
    """Each observation once, with the populations it decided."""
    populations: dict[int, list[str]] = {}
    for name, observations in subject.evidence.items():
        for number in observations:
            populations.setdefault(number, []).append(name.replace("_", "-"))
    for number, names in sorted(populations.items()):
        yield {
            "extension": [{"url": _CRITERIA, "valueString": name} for name in names],
            **_logical("Observation", f"{origin.base_url}/observations", number),
        }


def _logical(kind: str, system: str, number: int) -> dict[str, Any]:
    return {"type": kind, "identifier": {"system": system, "value": str(number)}}


def _identified(report: dict[str, Any]) -> dict[str, Any]:
    number = _id_of(report)
    resource = {"resourceType": "MeasureReport", "id": str(number), **report}
    return {"fullUrl": f"urn:uuid:{number}", "resource": resource}


def _id_of(content: dict[str, Any]) -> UUID:
    return uuid5(NAMESPACE_URL, orjson.dumps(content, default=as_number).decode())
