"""What clients may send of their account and API keys."""

from typing import Any, get_args

from marshmallow import ValidationError, validate, validates_schema
from marshmallow.fields import Nested, String

from api.fields import DayOrInstant, ListOf, Token, Whole, text
from api.schemas.base import Strict
from domain.account import ALL_SCOPES
from domain.errors import Invalid
from projections.exports.submitter import EntityType, Submitter


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
