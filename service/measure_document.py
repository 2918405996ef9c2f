"""A measure as a document: a TOML file with a metric and the variables that its formula names."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

from marshmallow import RAISE, Schema, ValidationError, validate
from marshmallow import fields as are

from domain.errors import Fault, Invalid
from domain.measures.names import fold
from domain.metric import MetricDefinition
from domain.variable import DateVariableDefinition, VariableDefinition
from projections.exports.cms_ids import METHODS
from projections.exports.metric_type import MetricType

AnyVariable = VariableDefinition | DateVariableDefinition
_LARGEST = 10**15


@dataclass(frozen=True)
class MeasureDocument:
    """A metric as `Metrics.define` takes it, and the variables it needs."""

    metric: dict[str, Any]
    variables: tuple[AnyVariable, ...]


def read_document(path: Path) -> MeasureDocument:
    """The measure in a TOML file. Raises Invalid with the place, such as `variables/3/kind`."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except OSError as error:
        raise Invalid(f"The file cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise Invalid(f"The file is not TOML: {error}.") from error
    metric = _loaded(_Measure(), content, "")
    variables = tuple(
        _variable(sent, f"variables/{place}/") for place, sent in enumerate(metric.pop("variables"))
    )
    _refuse_twins(variables)
    metric["calculation_formula"] = tuple(metric["calculation_formula"])
    MetricDefinition(**metric, references={}, scoring="")  # its thresholds must be in order
    return MeasureDocument(metric, variables)


class _Threshold(are.Decimal):
    """A number, kept as decimal text."""

    def _deserialize(self, value: Any, *args: Any, **options: Any) -> Any:
        return format(super()._deserialize(value, *args, **options), "f")


def _text(longest: int = 200, **options: Any) -> are.String:
    return are.String(validate=validate.Length(min=1, max=longest), **options)


def _threshold() -> are.Field[Any]:
    return _Threshold(validate=lambda text: _refuse_large(Decimal(text)))


def _refuse_large(number: Decimal) -> None:
    if abs(number) >= _LARGEST:
        raise ValidationError("Must be smaller than 10 to the power of 15.")


class _Strict(Schema):
    class Meta:
        unknown = RAISE


class _Number(_Strict):
    name = _text(required=True)
    description = _text(4000)
    aliases = are.List(_text())
    units = _text(50)
    valid_min = _threshold()
    valid_max = _threshold()


class _Date(_Strict):
    name = _text(required=True)
    description = _text(4000)
    aliases = are.List(_text())
    is_interval = are.Boolean(truthy={True}, falsy={False})


class _Cms(_Strict):
    measure_id = _text(50)
    emeasure_uuid = _text(100)
    population_uuids = are.Dict(keys=are.String())
    program = _text(100)
    submission_method = are.String(validate=validate.OneOf(METHODS))
    metric_type = are.String(validate=validate.OneOf(get_args(MetricType)))
    strata = are.List(_text())
    is_end_to_end_reported = are.Boolean(truthy={True}, falsy={False})


class _Measure(_Strict):
    name = _text(required=True)
    description = _text(4000)
    unit = _text(50)
    calculation_formula = are.List(_text(2000), required=True, validate=validate.Length(min=1))
    is_ascending = are.Boolean(truthy={True}, falsy={False})
    low_quality_threshold = _threshold()
    high_quality_threshold = _threshold()
    overall_algorithm = _text(100)
    cms = are.Nested(_Cms)
    variables = are.List(are.Dict(keys=are.String()), load_default=list)


_KINDS: dict[str, tuple[type[Schema], type[VariableDefinition] | type[DateVariableDefinition]]] = {
    "number": (_Number, VariableDefinition),
    "date": (_Date, DateVariableDefinition),
}


def _variable(sent: dict[str, Any], place: str) -> AnyVariable:
    kind = sent.pop("kind", None)
    if kind not in ("number", "date"):
        raise Invalid.field(f"{place}kind", "must be number or date")
    schema, definition = _KINDS[kind]
    loaded = _loaded(schema(), sent, place)
    return definition(**{**loaded, "aliases": tuple(loaded.get("aliases", ()))})


def _refuse_twins(variables: tuple[AnyVariable, ...]) -> None:
    seen: set[str] = set()
    for place, variable in enumerate(variables):
        if fold(variable.name) in seen:
            raise Invalid.field(f"variables/{place}/name", "is in the file twice")
        seen.add(fold(variable.name))


def _loaded(schema: Schema, sent: Mapping[str, Any], place: str) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = schema.load(sent)
    except ValidationError as error:
        faults = tuple(_faults(error.messages_dict, f"#/{place}"))
        raise Invalid(f"{faults[0].pointer[2:]}: {faults[0].detail}", faults) from error
    return loaded


def _faults(messages: Mapping[Any, Any], pointer: str) -> Iterator[Fault]:
    for key, found in messages.items():
        if isinstance(found, Mapping):
            yield from _faults(found, f"{pointer}{key}/")
        else:
            yield from (Fault(f"{pointer}{key}", str(each).rstrip(".")) for each in found)
