"""The report as a submission to the QPP Submissions API (JSON).

Shape and rules: CMSgov/qpp-submissions-docs, "Data model". Metrics without a `measure_id` are an
account's own and no part of it.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import orjson

from domain.errors import Invalid
from projections.exports.cms_ids import CmsIds
from projections.exports.metric_type import MetricType, metric_type
from projections.exports.qpp_rules import check
from projections.exports.submitter import Submitter
from projections.measures.report import as_number


def to_qpp(report: Mapping[str, Any], submitter: Submitter, ids: Mapping[int, CmsIds]) -> bytes:
    """The submission of a report's quality measures; `ids` are by metric id.

    Raises Invalid naming the metric and the rule when CMS would refuse it, or when there is no
    measure to submit.
    """
    submission = {
        "entityType": submitter.entity_type,
        **({"entityId": submitter.entity_id} if submitter.entity_id else {}),
        "taxpayerIdentificationNumber": submitter.tin,
        "nationalProviderIdentifier": submitter.npi,
        "performanceYear": submitter.performance_year,
        "measurementSets": list(_sets(report, submitter, ids)),
    }
    check(submission)
    return orjson.dumps(submission, default=as_number, option=orjson.OPT_INDENT_2)


def _sets(
    report: Mapping[str, Any], submitter: Submitter, ids: Mapping[int, CmsIds]
) -> Iterator[dict[str, Any]]:
    """One set for each programme and method, in the order of their first measures."""
    sets: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for entry in report["reports"]:
        known = ids.get(entry["metric_id"], CmsIds())
        if known.measure_id is None:
            continue
        if known.submission_method is None:
            raise Invalid.field(
                f"reports/{entry['metric_id']}", "cms/submission_method is needed to submit it"
            )
        key = (known.program or submitter.program, known.submission_method)
        measurement = {"measureId": known.measure_id, "value": _value(entry, known)}
        sets.setdefault(key, []).append(measurement)
    for (program, method), measurements in sets.items():
        needs_cehrt = method == "electronicHealthRecord"
        yield {
            "category": "quality",
            "submissionMethod": method,
            "programName": program,
            **({"cehrtId": submitter.cehrt_id} if needs_cehrt else {}),
            "performanceStart": report["period"]["start"],
            "performanceEnd": report["period"]["end"],
            "measurements": measurements,
        }


def _value(entry: Mapping[str, Any], known: CmsIds) -> dict[str, Any]:
    kind = metric_type(entry, known.metric_type)
    head = {"isEndToEndReported": known.is_end_to_end_reported}
    match kind:
        case "nonProportion":
            return head | _non_proportion(entry)
        case "multiPerformanceRate" | "registryMultiPerformanceRate":
            names = tuple(group["title"] for group in entry["groups"])
            if known.strata and sorted(names) != sorted(known.strata):
                raise Invalid.field(
                    f"reports/{entry['metric_id']}/groups",
                    f"the rates of this measure are {', '.join(known.strata)}",
                )
            strata = [
                {"stratum": group["title"], **_rate(group, entry, kind, known)}
                for group in entry["groups"]
            ]
            return head | {"strata": strata}
    return head | _rate(entry, entry, kind, known)


def _rate(
    counts: Mapping[str, Any], entry: Mapping[str, Any], kind: MetricType, known: CmsIds
) -> dict[str, Any]:
    """Registries and claims leave excluded patients out of the eligible population; an eCQM and a
    registry's own measure count them in it and as exclusions. An `eligible_population` of the entry
    stands for the denominator, where not all eligible patients are known here."""
    is_registrys_own = kind.startswith("registry")
    has_exclusions = is_registrys_own or known.submission_method == "electronicHealthRecord"
    excluded = counts.get("denominator_exclusions") or 0
    eligible = counts.get("eligible_population") or counts["denominator"]
    value: dict[str, Any] = {
        "performanceMet": counts["performance_met"],
        "performanceNotMet": counts["performance_not_met"],
        "eligiblePopulationExclusion": excluded if has_exclusions else 0,
        "eligiblePopulationException": counts.get("denominator_exceptions") or 0,
        "eligiblePopulation": eligible - (0 if has_exclusions else excluded),
    }
    if is_registrys_own:
        if counts["performance_rate"] is None:
            raise Invalid.field(
                f"reports/{entry['metric_id']}/performance_rate", "a registry's measure needs one"
            )
        value["numeratorExclusion"] = counts.get("numerator_exclusions") or 0
        value["performanceRate"] = counts["performance_rate"]
    return value


def _non_proportion(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The score stands in `numerator`, the cases in `denominator`."""
    is_ratio = entry["scoring"] == "ratio"
    cases = entry["case_count"] if is_ratio else entry["measure_population"]
    if entry["score"] is None:
        raise Invalid.field(f"reports/{entry['metric_id']}/score", "there is nothing to submit")
    return {
        "numerator": Decimal(entry["score"]),
        "denominator": cases,
        "observationInstances": cases if is_ratio else entry["measure_observations"],
        "denominatorException": 0,
        "numeratorExclusion": entry.get("measure_population_exclusions") or 0,
    }
