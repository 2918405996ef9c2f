"""What clients may send of frozen reports."""

from marshmallow import validate

from api.fields import ListOf, Whole, identifier, text
from api.schemas.base import Strict


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


class AbstractionIn(Strict):
    """The worksheet of a sample, its last column filled in by somebody who abstracted anew."""

    percent = Whole(
        required=True,
        validate=validate.Range(min=1, max=100),
        metadata={"description": "As the sample was drawn."},
    )
    seed = text(
        100, shortest=1, required=True, metadata={"description": "As the sample was drawn."}
    )
    worksheet = text(
        1_000_000,
        required=True,
        metadata={
            "description": "CSV as it was drawn; empty cells of `second` were not rated.",
            "example": "patient_id,kind,id,name,observation_id,second\r\n",
        },
    )
