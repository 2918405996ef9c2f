"""What clients may send of variables and metrics."""

from typing import get_args

from marshmallow import validate
from marshmallow.fields import Dict, Nested, String

from api.fields import DecimalText, Flag, ListOf, Whole, identifier, text
from api.schemas.base import Strict
from domain.measures.overall import ALGORITHMS
from projections.exports.cms_ids import METHODS
from projections.exports.metric_type import MetricType


class VariableIn(Strict):
    """A numerical variable."""

    name = text(shortest=1, required=True, metadata={"example": "HbA1c"})
    units = text(allow_none=True)
    description = text(2000, allow_none=True)
    aliases = ListOf(text(shortest=1), validate=validate.Length(max=50))
    valid_min = DecimalText(
        allow_none=True, metadata={"exclusiveMinimum": -(10**15), "exclusiveMaximum": 10**15}
    )
    valid_max = DecimalText(
        allow_none=True, metadata={"exclusiveMinimum": -(10**15), "exclusiveMaximum": 10**15}
    )


class DateVariableIn(Strict):
    """A date variable; of an interval variable a value has a start and an end."""

    name = text(shortest=1, required=True, metadata={"example": "Diabetes diagnosed"})
    description = text(2000, allow_none=True)
    aliases = ListOf(text(shortest=1), validate=validate.Length(max=50))
    is_interval = Flag()


class PopulationsIn(Strict):
    """The UUIDs of one rate's populations, by the names of a report's counts."""

    initial_population = text(100)
    denominator = text(100)
    denominator_exclusions = text(100)
    denominator_exceptions = text(100)
    numerator = text(100)
    numerator_exclusions = text(100)
    strata = Dict(keys=text(), values=text(100), metadata={"description": "By their names."})


class PopulationUuidsIn(PopulationsIn):
    """The UUIDs of a measure's populations; of several rates by the names of their groups."""

    groups = Dict(keys=text(), values=Nested(PopulationsIn))


class CmsIn(Strict):
    """How the measure is called in submissions."""

    measure_id = text(50, allow_none=True)
    emeasure_uuid = text(100, allow_none=True)
    population_uuids = Nested(PopulationUuidsIn, allow_none=True)
    program = text(100, allow_none=True)
    submission_method = String(allow_none=True, validate=validate.OneOf(METHODS))
    metric_type = String(allow_none=True, validate=validate.OneOf(get_args(MetricType)))
    strata = ListOf(text(shortest=1), validate=validate.Length(max=100))
    is_end_to_end_reported = Flag()


class MetricIn(Strict):
    """A quality measure: a formula, and how its result is judged."""

    name = text(shortest=1, required=True, metadata={"example": "Blood pressure under control"})
    description = text(4000, allow_none=True)
    unit = text(50, allow_none=True)
    calculation_formula = ListOf(
        text(2000),
        required=True,
        validate=validate.Length(min=1, max=100),
        metadata={"example": ["count(patients where age >= 65) / count(patients) * 100"]},
    )
    filter_variable_id = identifier(allow_none=True)
    low_quality_threshold = DecimalText(
        allow_none=True, metadata={"exclusiveMinimum": -(10**15), "exclusiveMaximum": 10**15}
    )
    high_quality_threshold = DecimalText(
        allow_none=True, metadata={"exclusiveMinimum": -(10**15), "exclusiveMaximum": 10**15}
    )
    is_ascending = Flag()
    overall_algorithm = String(allow_none=True, validate=validate.OneOf(tuple(ALGORITHMS)))
    eligible_population = Whole(allow_none=True, validate=validate.Range(min=0, max=1_000_000_000))
    cms = Nested(CmsIn)
