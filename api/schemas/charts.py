"""What clients may send of a patient."""

from typing import Any, ClassVar

from marshmallow import ValidationError, validate, validates_schema
from marshmallow.fields import Nested, String

from api.fields import (
    Day,
    DayOrInstant,
    Flag,
    JsonObject,
    ListOf,
    Real,
    ValueText,
    Whole,
    identifier,
    text,
)
from api.schemas.base import Strict

_FARTHEST = 100_000


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


_SOME = validate.Length(min=1, max=1000)


class PatientScrapeIn(ScrapeIn):
    """One run over a chart; without any ids every variable of the account is looked for."""

    variable_ids = ListOf(identifier(), validate=_SOME)
    date_variable_ids = ListOf(identifier(), validate=_SOME)


class ScrapesIn(Strict):
    """Runs over many charts; without patients, over all that have a document."""

    patient_ids = ListOf(identifier(), validate=validate.Length(min=1, max=100_000))
    variable_ids = ListOf(identifier(), validate=_SOME)
    date_variable_ids = ListOf(identifier(), validate=_SOME)


class ReviewIn(Strict):
    """What a person makes of a scraped value. A correction has a value, and may have a place."""

    decision = String(required=True, validate=validate.OneOf(("accept", "correct", "reject")))
    value = ValueText(metadata=ValueIn._declared_fields["value"].metadata)
    observed_on = DayOrInstant(
        allow_none=True, metadata={"anyOf": [{"format": "date"}, {"format": "date-time"}]}
    )
    end = Day(allow_none=True, metadata={"format": "date", "description": "Of a date value."})
    note = text(4000, allow_none=True)
    pdf_page = Whole(allow_none=True, validate=validate.Range(min=1, max=100_000))
    highlight = Nested(HighlightIn, allow_none=True)
    document_id = text(100, allow_none=True, metadata={"description": "Of the same patient."})
    reason = text(1000, allow_none=True)


class ChoiceIn(Strict):
    """Another candidate of a run, by its place in the answer's list, taken as the value."""

    variable_id = identifier(
        required=True, metadata={"description": "Of the answer; of a date variable, too."}
    )
    candidate = Whole(
        required=True,
        validate=validate.Range(0, 4),
        metadata={"description": "0 is the first of the answer's candidates."},
    )
    observed_on = DayOrInstant(
        allow_none=True, metadata={"anyOf": [{"format": "date"}, {"format": "date-time"}]}
    )
    reason = text(1000, allow_none=True)
