"""Small reports for the tests of exports."""

from decimal import Decimal
from typing import Any

from projections.exports.cms_ids import CmsIds
from projections.exports.submitter import Submitter

NPI = "1234567893"  # the example of the NPI standard, its check digit worked out there
CEHRT = "0015CJGZUK7H3DC"
CLINICIAN = Submitter("individual", 2025, tin="123456789", npi=NPI, cehrt_id=CEHRT)
GROUP = Submitter("group", 2025, tin="123456789", cehrt_id=CEHRT, name="Good & Health <Clinic>")

COUNTS: dict[str, Any] = {
    "initial_population": 100,
    "denominator": 100,
    "denominator_exclusions": 10,
    "denominator_exceptions": 5,
    "numerator": 60,
    "numerator_exclusions": None,
    "performance_met": 60,
    "performance_not_met": 25,
    "performance_rate": Decimal("70.59"),  # 60 / 85
    "score": Decimal("0.7058823529411764705882352941"),
    "data_completeness": Decimal("100.00"),
    "case_count": 90,
    "meets_case_minimum": True,
}


def entry(metric_id: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "metric_id": metric_id,
        "metric_name": "Blood pressure under control",
        "measure_id": "236",
        "metric_version": 3,
        "scoring": "proportion",
        "groups": [],
        "improvement_notation": "increase",
        **COUNTS,
        "unit": "%",
        "quality_level": "medium",
        "thresholds": {"low": Decimal(50), "high": Decimal("80.5")},
        "strata": [],
        "trend": [],
        "benchmark": {"decile": 6, "points": Decimal("6.8627")},
        **changes,
    }


def rate(name: str, met: int, missed: int) -> dict[str, Any]:
    """A group or stratum without exclusions or exceptions."""
    total = met + missed
    return {
        "title": name,
        "initial_population": total,
        "denominator": total,
        "numerator": met,
        "performance_met": met,
        "performance_not_met": missed,
        "performance_rate": Decimal(100 * met) / total if total else None,
        "score": Decimal(met) / total if total else None,
        "case_count": total,
    }


def report(*entries: dict[str, Any]) -> dict[str, Any]:
    return {
        "period": {"start": "2025-01-01", "end": "2025-12-31"},
        "generated_at": "2026-01-10T08:00:00Z",
        "position": "4711",
        "stale": False,
        "reports": list(entries) or [entry()],
    }


def registry(measure_id: str = "236", **changes: Any) -> CmsIds:
    return CmsIds(**{"measure_id": measure_id, "submission_method": "registry", **changes})


def ecqm(measure_id: str = "236", **changes: Any) -> CmsIds:
    method = "electronicHealthRecord"
    return CmsIds(**{"measure_id": measure_id, "submission_method": method, **changes})
