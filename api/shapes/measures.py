"""What clients get of variables, metrics and reports."""

from marshmallow import validate
from marshmallow.fields import Boolean, Dict, Float, Integer, List, Nested, String

from api.fields import identifier
from api.shapes.base import Shape, day, instant


class Variable(Shape):
    """A numerical variable, and how many patients have a value of it."""

    id = identifier()
    name = String()
    units = String(allow_none=True)
    description = String(allow_none=True)
    aliases = List(String())
    valid_min = Float(allow_none=True)
    valid_max = Float(allow_none=True)
    patient_values_count = Integer()
    user_id = identifier()
    version = Integer()


class DateVariable(Shape):
    """A date variable, and how many patients have a value of it."""

    id = identifier()
    name = String()
    description = String(allow_none=True)
    aliases = List(String())
    is_interval = Boolean()
    patient_values_count = Integer()
    user_id = identifier()
    version = Integer()


class Report(Shape):
    """A metric's entry in the CMS report."""

    metric_id = identifier()
    metric_name = String()
    measure_id = String(allow_none=True)
    metric_version = Integer()
    scoring = String()
    groups = List(Dict())
    improvement_notation = String()
    initial_population = Integer(allow_none=True)
    denominator = Integer(allow_none=True)
    denominator_exclusions = Integer(allow_none=True)
    denominator_exceptions = Integer(allow_none=True)
    numerator = Integer(allow_none=True)
    numerator_exclusions = Integer(allow_none=True)
    performance_met = Integer(allow_none=True)
    performance_not_met = Integer(allow_none=True)
    performance_rate = Float(allow_none=True)
    score = Float(allow_none=True)
    unit = String(allow_none=True)
    data_completeness = Float(allow_none=True)
    case_count = Integer(allow_none=True)
    meets_case_minimum = Boolean(allow_none=True)
    quality_level = String(validate=validate.OneOf(("low", "medium", "high")), allow_none=True)
    thresholds = Dict()
    strata = List(Dict())
    trend = List(Dict())
    benchmark = Dict(allow_none=True)


class Metric(Shape):
    """A quality measure as its owner wrote it, and what was read out of its formula."""

    id = identifier()
    name = String()
    description = String(allow_none=True)
    unit = String(allow_none=True)
    calculation_formula = List(String())
    filter_variable_id = identifier(allow_none=True)
    low_quality_threshold = Float(allow_none=True)
    high_quality_threshold = Float(allow_none=True)
    is_ascending = Boolean()
    overall_algorithm = String(allow_none=True)
    eligible_population = Integer(allow_none=True)
    cms = Dict()
    scoring = String()
    populations = List(String(), allow_none=True)
    patient_values_count = Integer()
    version = Integer()
    current = Nested(Report, allow_none=True, metadata={"optional": True})


class Period(Shape):
    """Two days, both included."""

    start = day()
    end = day()


class CmsReport(Shape):
    """The report of an account for a period."""

    period = Nested(Period)
    generated_at = instant()
    position = String()
    stale = Boolean()
    reports = List(Nested(Report))
