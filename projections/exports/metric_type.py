"""What CMS calls the kinds of measures (`metricType` of its measures list)."""

from collections.abc import Mapping
from typing import Any, Literal

from domain.errors import Invalid

MetricType = Literal[
    "singlePerformanceRate",
    "multiPerformanceRate",
    "registrySinglePerformanceRate",
    "registryMultiPerformanceRate",
    "nonProportion",
]


def metric_type(entry: Mapping[str, Any], given: MetricType | None) -> MetricType:
    """The kind of a report's entry, checked against the one it is said to be.

    Raises Invalid where CMS takes no such number, or another than the metric computes.
    """
    place = f"reports/{entry['metric_id']}/scoring"
    match entry["scoring"]:
        case "proportion" if entry["groups"]:
            found: MetricType = "multiPerformanceRate"
        case "proportion":
            found = "singlePerformanceRate"
        case "ratio" | "continuous-variable":
            found = "nonProportion"
        case other:
            raise Invalid.field(place, f"{other} cannot be submitted")
    if given is None:
        return found
    if given.removeprefix("registry").lower() != found.lower():
        raise Invalid.field(place, f"computes a {found}, not the {given} of cms/metric_type")
    return given
