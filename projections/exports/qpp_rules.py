"""What CMS demands of a submission beyond its shape (CMSgov/qpp-submissions-docs)."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from domain.errors import Fault, Invalid
from projections.exports.submitter import is_cehrt_id, is_npi, is_tin

_COUNTS = (
    "performanceMet", "performanceNotMet", "eligiblePopulationExclusion",
    "eligiblePopulationException", "eligiblePopulation", "numeratorExclusion", "denominator",
    "observationInstances", "denominatorException",
)  # fmt: skip
_REPORTED = _COUNTS[:4]


def check(submission: Mapping[str, Any]) -> None:
    """Raises Invalid with every broken rule and its place, as CMS would refuse the submission."""
    faults = tuple(Fault(f"#/{place}", rule) for place, rule in _broken(submission))
    if faults:
        raise Invalid(f"{faults[0].pointer[2:]}: {faults[0].detail}", faults)


def _broken(submission: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from _broken_entity(submission)
    sets = submission.get("measurementSets") or []
    if not sets:
        yield "measurementSets", "there is no measure to submit"
    seen: Counter[tuple[Any, ...]] = Counter()
    for number, each in enumerate(sets):
        place = f"measurementSets/{number}"
        key = (each["category"], each["submissionMethod"], each.get("programName", "mips"))
        if seen[key]:
            yield place, "repeats category, submissionMethod and programName of another set"
        seen[key] += 1
        yield from _broken_set(each, submission, place)


def _broken_entity(submission: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    kind = submission.get("entityType")
    tin = submission.get("taxpayerIdentificationNumber")
    npi = submission.get("nationalProviderIdentifier")
    if (tin is not None or kind in ("individual", "group")) and not is_tin(tin or ""):
        yield "taxpayerIdentificationNumber", "must be 9 digits"
    if kind == "individual" and not is_npi(npi or ""):
        yield "nationalProviderIdentifier", "must be 10 digits with a valid check digit"
    if kind != "individual" and npi is not None:
        yield "nationalProviderIdentifier", "is for individual only"
    if kind in ("virtualGroup", "apm", "subgroup") and not submission.get("entityId"):
        yield "entityId", f"is required of {kind}"


def _broken_set(
    each: Mapping[str, Any], submission: Mapping[str, Any], place: str
) -> Iterator[tuple[str, str]]:
    if each["category"] == "pi" and submission.get("entityType") == "apm":
        yield f"{place}/category", "pi is not taken from an apm"
    is_ecqm = each["submissionMethod"] == "electronicHealthRecord"
    needs_cehrt = each["category"] == "pi" or (each["category"] == "quality" and is_ecqm)
    if needs_cehrt and not is_cehrt_id(each.get("cehrtId") or ""):
        yield f"{place}/cehrtId", "must be 15 characters such as 0015C… or 2025C…"
    yield from _broken_period(each, submission["performanceYear"], place)
    counted = Counter(measurement["measureId"] for measurement in each["measurements"])
    for measure, times in counted.items():
        if times > 1:
            yield f"{place}/measurements", f"measure {measure} appears {times} times"
    for number, measurement in enumerate(each["measurements"]):
        where = f"{place}/measurements/{number}/value"
        yield from _broken_value(measurement["value"], each["submissionMethod"], where)


def _broken_period(each: Mapping[str, Any], year: int, place: str) -> Iterator[tuple[str, str]]:
    start = date.fromisoformat(each["performanceStart"])
    end = date.fromisoformat(each["performanceEnd"])
    if not date(year, 1, 1) <= start <= end <= date(year, 12, 31):
        yield f"{place}/performanceStart", f"the period must lie in the performance year {year}"


def _broken_value(value: Any, method: str, place: str) -> Iterator[tuple[str, str]]:
    if not isinstance(value, Mapping):
        return
    if "strata" in value:
        names = Counter(stratum.get("stratum") for stratum in value["strata"])
        if not all(names):
            yield f"{place}/strata", "every stratum must be named"
        if names and names.most_common(1)[0][1] > 1:
            yield f"{place}/strata", "a stratum may appear only once"
        for number, stratum in enumerate(value["strata"]):
            yield from _broken_counts(stratum, method, f"{place}/strata/{number}")
    else:
        yield from _broken_counts(value, method, place)


def _broken_counts(value: Mapping[str, Any], method: str, place: str) -> Iterator[tuple[str, str]]:
    for name in _COUNTS:
        if (value.get(name) or 0) < 0:
            yield f"{place}/{name}", "must not be negative"
    rate = value.get("performanceRate")
    if rate is not None and not 0 <= rate <= 100:
        yield f"{place}/performanceRate", "must be between 0 and 100"
    if (
        method == "registry"
        and value.get("eligiblePopulationExclusion")
        and "numeratorExclusion" not in value
    ):
        yield f"{place}/eligiblePopulationExclusion", "must be 0 or null in a registry's CQM"
    if "eligiblePopulation" in value:
        reported = sum(value.get(name) or 0 for name in _REPORTED)
        if reported > value["eligiblePopulation"]:
            yield f"{place}/eligiblePopulation", "is less than the cases that are reported"
    elif set(value) == {"numerator", "denominator"} and not (
        0 <= value["numerator"] <= value["denominator"]
    ):
        yield f"{place}/numerator", "must be between 0 and the denominator"
