"""How CMS calls a metric and its populations."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self, get_args

from domain.errors import Invalid
from projections.exports.metric_type import MetricType

METHODS = ("registry", "electronicHealthRecord", "claims")


@dataclass(frozen=True)
class CmsIds:
    """The ids of one metric; `of` reads them from `MetricDefinition.cms`.

    `population_uuids` maps a report's count (`initial_population`, `denominator`,
    `denominator_exclusions`, `denominator_exceptions`, `numerator`, `numerator_exclusions`) to its
    UUID; `strata` inside it maps the names of strata. A measure with several rates has `groups`
    instead, which maps each group's name to such a dict. `strata` lists the names CMS gives the
    rates. `metric_type` is as in the measures list, where None follows from the scoring.
    """

    measure_id: str | None = None
    emeasure_uuid: str | None = None
    population_uuids: Mapping[str, Any] = field(default_factory=dict)
    program: str | None = None
    submission_method: str | None = None
    metric_type: MetricType | None = None
    strata: tuple[str, ...] = ()
    is_end_to_end_reported: bool = False

    @classmethod
    def of(cls, cms: Mapping[str, Any]) -> Self:
        """The ids in a metric's `cms`. Raises Invalid on a method or type CMS does not have."""
        method, kind = cms.get("submission_method"), cms.get("metric_type")
        if method not in (None, *METHODS):
            raise Invalid.field("cms/submission_method", f"choose from {', '.join(METHODS)}")
        if kind not in (None, *get_args(MetricType)):
            raise Invalid.field("cms/metric_type", f"choose from {', '.join(get_args(MetricType))}")
        return cls(
            measure_id=cms.get("measure_id"),
            emeasure_uuid=cms.get("emeasure_uuid"),
            population_uuids=cms.get("population_uuids") or {},
            program=cms.get("program"),
            submission_method=method,
            metric_type=kind,
            strata=tuple(cms.get("strata") or ()),
            is_end_to_end_reported=cms.get("is_end_to_end_reported") is True,
        )

    def populations(self, group: str | None) -> Mapping[str, Any]:
        """The UUIDs of the populations of one group, or of the only one."""
        if group is None:
            return self.population_uuids
        found: Mapping[str, Any] = (self.population_uuids.get("groups") or {}).get(group) or {}
        return found
