"""What clients get of CMS reports, ready and frozen."""

from marshmallow import validate
from marshmallow.fields import Boolean, Dict, Float, Integer, List, Nested, String

from api.fields import identifier
from api.shapes.base import Shape, day, instant
from api.shapes.charts import Patient
from domain.report import ReportStatus


class Period(Shape):
    """Two days, both included."""

    start = day()
    end = day()


class Result(Shape):
    """Counts and rates of a measure, a group or a stratum; null where it has none."""

    initial_population = Integer(allow_none=True)
    denominator = Integer(allow_none=True)
    denominator_exclusions = Integer(allow_none=True)
    denominator_exceptions = Integer(allow_none=True)
    numerator = Integer(allow_none=True)
    numerator_exclusions = Integer(allow_none=True)
    measure_population = Integer(allow_none=True)
    measure_population_exclusions = Integer(allow_none=True)
    measure_observations = Integer(allow_none=True)
    performance_met = Integer(allow_none=True)
    performance_not_met = Integer(allow_none=True)
    performance_rate = Float(allow_none=True)
    score = Float(allow_none=True)
    data_completeness = Float(allow_none=True)
    case_count = Integer(allow_none=True)


class Stratum(Result):
    """A part of the patients."""

    title = String(allow_none=True)


class Group(Stratum):
    """One of several rates."""

    strata = List(Nested(Stratum), metadata={"optional": True})


class Thresholds(Shape):
    """Below `low` quality is low, from `high` on it is high; the other way round if descending."""

    low = Float(allow_none=True)
    high = Float(allow_none=True)


class Quarter(Shape):
    """The rate of one quarter."""

    period = String()
    rate = Float(allow_none=True)


class Benchmark(Shape):
    """The official benchmark, and what the rate earns against it."""

    decile = Integer(allow_none=True)
    points = Float(allow_none=True)
    is_capped = Boolean(allow_none=True)
    to_next_decile = Float(allow_none=True)
    performance_year = Integer()
    benchmark_year = Integer(allow_none=True)
    submission_method = String()
    average_rate = Float(allow_none=True)
    is_inverse = Boolean()
    is_topped_out = Boolean()
    is_topped_out_by_program = Boolean()
    source = String()


class Entry(Result):
    """A metric's entry in the CMS report."""

    metric_id = identifier()
    metric_name = String()
    measure_id = String(allow_none=True)
    metric_version = Integer()
    scoring = String()
    improvement_notation = String(validate=validate.OneOf(("increase", "decrease")))
    eligible_population = Integer(allow_none=True)
    unit = String(allow_none=True)
    meets_case_minimum = Boolean(allow_none=True)
    quality_level = String(validate=validate.OneOf(("low", "medium", "high")), allow_none=True)
    thresholds = Nested(Thresholds)
    groups = List(Nested(Group))
    strata = List(Nested(Stratum))
    trend = List(Nested(Quarter))
    benchmark = Nested(Benchmark, allow_none=True)


class CmsReport(Shape):
    """The report of an account for a period."""

    period = Nested(Period)
    generated_at = instant()
    position = String()
    stale = Boolean()
    reports = List(Nested(Entry))


class MetricVersion(Shape):
    """The version of a metric that a report was computed with."""

    metric_id = identifier()
    version = Integer()


class FrozenReport(Shape):
    """A report that says the same for ever, and how far it has come.

    `position` is where the log ended when it was computed, `sha256` the hash of the bytes of
    `report`.
    """

    id = identifier()
    status = String(validate=validate.OneOf(tuple(ReportStatus)))
    period = Nested(Period)
    position = String()
    metric_versions = List(Nested(MetricVersion))
    sha256 = String()
    release = String()
    restates = identifier(allow_none=True)
    restated_by = identifier(allow_none=True)
    frozen_at = instant()
    frozen_by = String()
    attested_at = instant(allow_none=True)
    attested_by = String(allow_none=True)
    statement = String(allow_none=True)
    submitted_at = instant(allow_none=True)
    reference = String(allow_none=True)
    restated_at = instant(allow_none=True)
    reason = String(allow_none=True)
    version = Integer()


class FrozenContent(Shape):
    """What a frozen report says; benchmarks are no part of it."""

    period = Nested(Period)
    position = String()
    reports = List(Nested(Entry))


class WholeFrozenReport(FrozenReport):
    """A frozen report with what it says."""

    report = Nested(FrozenContent)


class Verification(Shape):
    """Whether a frozen report, computed anew from the log at its position, is the same bytes."""

    report_id = identifier()
    is_equal = Boolean()
    sha256 = String()
    recomputed_sha256 = String()
    differing_metrics = List(identifier())
    erased_patients = Integer()
    is_explained = Boolean()


class Agreement(Shape):
    """How two abstractions of one thing agree: in percent, and beyond chance (Cohen's kappa).

    `id` is a variable's of a value, a metric's of a population. Kappa is null where it is not
    defined.
    """

    kind = String(validate=validate.OneOf(("value", "population")))
    id = identifier()
    name = String()
    rated = Integer()
    agreed = Integer()
    agreement = Float(allow_none=True)
    kappa = Float(allow_none=True)


class Disagreement(Shape):
    """Something that was reported as one thing and abstracted as another."""

    patient_id = identifier()
    kind = String(validate=validate.OneOf(("value", "population")))
    id = identifier()
    name = String()
    observation_id = identifier(allow_none=True)
    reported = String()
    second = String()


class Comparison(Shape):
    """How a second abstraction of a sample agrees with a frozen report."""

    report_id = identifier()
    patients = Integer()
    items = Integer()
    rated = Integer()
    agreements = List(Nested(Agreement))
    disagreements = List(Nested(Disagreement))


class Member(Shape):
    """A patient behind a count: `evidence` by population, and what the numerator misses."""

    patient_id = identifier()
    name = String(allow_none=True)
    external_id = String(allow_none=True)
    counts = Dict()
    evidence = Dict()
    missing = List(String())


class MovingEvent(Shape):
    """What was recorded of a patient between two reports."""

    position = String()
    type = String()
    recorded_at = instant()
    actor = String()


class Moved(Shape):
    """A patient who stands elsewhere in another report; `before` and `after` by population."""

    metric_id = identifier()
    patient_id = identifier()
    before = Dict(allow_none=True)
    after = Dict(allow_none=True)
    events = List(Nested(MovingEvent))


class Standing(Shape):
    """Where a patient stands in a measure: met, open gap, excluded, excepted, excluded from the
    numerator, counted, or not in the measure."""

    metric_id = identifier()
    metric_name = String()
    metric_version = Integer()
    verdict = String()
    counts = Dict()
    evidence = Dict()
    missing = List(String())


class PatientReport(Shape):
    """One patient on one sheet."""

    patient = Nested(Patient)
    period = Nested(Period)
    position = String()
    measures = List(Nested(Standing))
