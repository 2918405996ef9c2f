"""What clients get of variables and metrics."""

from marshmallow.fields import Boolean, Dict, Float, Integer, List, Nested, String

from api.fields import identifier
from api.shapes.base import Shape
from api.shapes.reports import Entry


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
    current = Nested(Entry, allow_none=True, metadata={"optional": True})
