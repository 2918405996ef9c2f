"""What clients may send: unknown fields, wrong types and broken rules are refused by name."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, get_args

from marshmallow import RAISE, Schema, ValidationError, validate, validates_schema
from marshmallow.fields import Dict, Nested, String

from api.fields import (
    Day,
    DayOrInstant,
    DecimalText,
    Flag,
    JsonObject,
    ListOf,
    Real,
    Token,
    ValueText,
    Whole,
    identifier,
    text,
)
from domain.account import ALL_SCOPES
from domain.errors import Fault, Invalid
from domain.measures.overall import ALGORITHMS
from projections.exports.cms_ids import METHODS
from projections.exports.metric_type import MetricType
from projections.exports.submitter import EntityType, Submitter

_FARTHEST = 100_000


class Strict(Schema):
    """The base of all request bodies. `extra` is what OpenAPI says beyond the fields."""

    extra: ClassVar[dict[str, Any]] = {}

    class Meta:
        unknown = RAISE


class PatientIn(Strict):
    """A patient's demographics."""

    name = text(shortest=1, required=True, metadata={"example": "Ann Example"})
    dob = Day(allow_none=True, metadata={"format": "date", "description": "Not in the future."})
    sex = text(50, allow_none=True)
    external_id = text(allow_none=True, metadata={"description": "Unique in the account."})
    race = text(allow_none=True)
    ethnicity = text(allow_none=True)
    payer = text(allow_none=True)
    additional_variables = JsonObject()


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


class HighlightIn(Strict):
    """A box in points from the top left of the displayed page: x1 < x2 and y1 < y2."""

    x1 = Real(required=True, validate=validate.Range(-_FARTHEST, _FARTHEST))
    y1 = Real(required=True, validate=validate.Range(-_FARTHEST, _FARTHEST))
    x2 = Real(required=True, validate=validate.Range(-_FARTHEST, _FARTHEST))
    y2 = Real(required=True, validate=validate.Range(-_FARTHEST, _FARTHEST))
    page = Whole(validate=validate.Range(min=1, max=100_000))

    @validates_schema
    def _is_a_box(self, data: dict[str, Any], **kwargs: Any) -> None:
        if data["x1"] >= data["x2"]:
            raise ValidationError("must be greater than x1", "x2")
        if data["y1"] >= data["y2"]:
            raise ValidationError("must be greater than y1", "y2")


class EvidenceIn(Strict):
    """Where a value stands, and why it was recorded."""

    note = text(4000, allow_none=True)
    pdf_page = Whole(allow_none=True, validate=validate.Range(min=1, max=100_000))
    highlight = Nested(HighlightIn, allow_none=True)
    document_id = text(100, allow_none=True, metadata={"description": "Of the same patient."})
    reason = text(1000, allow_none=True)
    supersedes = identifier(allow_none=True, metadata={"description": "The observation replaced."})


class ValueIn(EvidenceIn):
    """A value of a numerical variable. Required, unless one is withdrawn."""

    extra: ClassVar[dict[str, Any]] = {
        "anyOf": [
            {"required": ["value"]},
            {"required": ["withdraw"], "properties": {"withdraw": {"const": True}}},
        ]
    }
    value = ValueText(
        metadata={
            "type": ["string", "number"], "minLength": 1, "maxLength": ValueText.LONGEST,
            "pattern": "^[^\\u0000]*$", "example": "128/76",
            "description": "Kept as sent; 7.2 and 128/76 have a numeric meaning.",
        }
    )  # fmt: skip
    observed_on = DayOrInstant(
        allow_none=True, metadata={"anyOf": [{"format": "date"}, {"format": "date-time"}]}
    )
    withdraw = Flag()


class DateValueIn(EvidenceIn):
    """A value of a date variable. Required, unless one is withdrawn."""

    extra: ClassVar[dict[str, Any]] = ValueIn.extra
    value = Day(metadata={"format": "date", "example": "2025-03-01"})
    end = Day(allow_none=True, metadata={"format": "date", "description": "Not before value."})
    withdraw = Flag()


class NumberObservationIn(EvidenceIn):
    """One more value of a numerical variable."""

    variable_id = identifier(required=True)
    value = ValueText(required=True, metadata=ValueIn._declared_fields["value"].metadata)
    observed_on = DayOrInstant(
        allow_none=True, metadata={"anyOf": [{"format": "date"}, {"format": "date-time"}]}
    )


class DateObservationIn(EvidenceIn):
    """One more value of a date variable."""

    date_variable_id = identifier(required=True)
    value = Day(required=True, metadata={"format": "date", "example": "2025-03-01"})
    end = Day(allow_none=True, metadata={"format": "date", "description": "Not before value."})


class ScrapeIn(Strict):
    """How to scrape; an unknown model runs the local extractor, which the answer names."""

    model = text(200, allow_none=True)
    document_id = text(100, allow_none=True, metadata={"description": "Only this document."})


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
    eligible_population = Whole(
        allow_none=True, validate=validate.Range(min=0, max=1_000_000_000)
    )
    cms = Nested(CmsIn)


class SubmitterIn(Strict):
    """Who submits to CMS: an individual has a TIN and an NPI, a group a TIN, others an id."""

    entity_type = String(required=True, validate=validate.OneOf(get_args(EntityType)))
    tin = String(allow_none=True, metadata={"pattern": "^[0-9]{9}$"})
    npi = String(allow_none=True, metadata={"pattern": "^[0-9]{10}$"})
    entity_id = Token(allow_none=True)
    cehrt_id = String(
        allow_none=True, metadata={"pattern": "^(2025C|[0-9A-Z]{2}15[CE])[0-9A-Z]{10}$"}
    )
    program = Token(metadata={"default": "mips"})
    name = text(metadata={"description": "As it is to stand in documents; else the account's."})

    @validates_schema
    def _is_known_to_cms(self, data: dict[str, Any], **kwargs: Any) -> None:
        try:
            Submitter(**data, performance_year=0)
        except Invalid as error:
            (fault,) = error.faults
            raise ValidationError(fault.detail, fault.pointer.removeprefix("#/")) from error


class AccountIn(Strict):
    """What an account says of itself; the submitter is replaced as a whole."""

    submitter = Nested(SubmitterIn, required=True)


class FreezeIn(Strict):
    """Which metrics and days a frozen report is of."""

    period = text(22, metadata={"example": "2025", "description": "By default this year."})
    metric_ids = ListOf(
        identifier(),
        validate=validate.Length(min=1, max=1000),
        metadata={"description": "By default all."},
    )


class AttestationIn(Strict):
    """Somebody answers for a report (42 CFR 414.1390)."""

    attested_by = text(shortest=1, required=True, metadata={"example": "Dr. Ada Example"})
    statement = text(
        4000,
        shortest=1,
        required=True,
        metadata={"example": "True, accurate and complete to the best of my knowledge."},
    )


class SubmissionIn(Strict):
    """A report left the house; `reference` is what the receiver calls it."""

    reference = text(allow_none=True)


class RestatementIn(Strict):
    """Why a report is restated."""

    reason = text(1000, shortest=1, required=True, metadata={"example": "A late result."})


class KeyIn(Strict):
    """A new API key; only scopes that the calling key has can be given."""

    name = text(shortest=1, required=True, metadata={"example": "Nightly export"})
    scopes = ListOf(
        String(validate=validate.OneOf(ALL_SCOPES)),
        required=True,
        validate=validate.Length(min=1, max=len(ALL_SCOPES)),
    )
    expires_at = DayOrInstant(
        allow_none=True, metadata={"format": "date-time", "description": "In the future."}
    )


class RotationIn(Strict):
    """How long the old key goes on working beside the new one."""

    overlap_hours = Whole(validate=validate.Range(min=0, max=720), metadata={"default": 0})


def load(schema: Schema, sent: Any, *, is_partial: bool = False) -> dict[str, Any]:
    """The content that `sent` describes. Raises Invalid with a pointer to each broken rule."""
    try:
        loaded: dict[str, Any] = schema.load(sent, partial=is_partial)
    except ValidationError as error:
        faults = tuple(_faults(error.messages_dict, "#"))
        raise Invalid(f"{faults[0].pointer[2:] or 'body'}: {faults[0].detail}", faults) from error
    return loaded


def _faults(messages: Mapping[Any, Any], pointer: str) -> Iterator[Fault]:
    for key, found in messages.items():
        place = pointer if key == "_schema" else f"{pointer}/{_escaped(str(key))}"
        if isinstance(found, Mapping):
            yield from _faults(found, place)
        else:
            yield from (Fault(place, str(message).rstrip(".")) for message in found)


def _escaped(key: str) -> str:
    return key[:100].replace("~", "~0").replace("/", "~1")
