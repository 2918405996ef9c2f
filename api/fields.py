"""Fields of request bodies that take what JSON Schema says they take, and nothing else."""

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate

from api.parameters import NO_NUL
from api.strict_json import LongInteger, Numeral
from domain.clinical_time import parse_date
from domain.errors import Invalid

LARGEST_ID = 999_999_999_999_999
_LARGEST = 10**15
_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?", re.ASCII
)


def text(longest: int = 200, *, shortest: int = 0, **options: Any) -> fields.String:
    """Text of so many characters; NUL is refused when the body is parsed."""
    metadata = {"pattern": NO_NUL, **options.pop("metadata", {})}
    return fields.String(
        validate=validate.Length(min=shortest or None, max=longest), metadata=metadata, **options
    )


class Token(fields.String):
    """A name that machines give: ASCII letters, digits and hyphens."""

    LONGEST = 50
    PATTERN = "^[0-9A-Za-z-]+$"

    def __init__(self, **options: Any) -> None:
        described = {"pattern": self.PATTERN, **options.pop("metadata", {})}
        length = validate.Length(min=1, max=self.LONGEST)
        super().__init__(validate=length, metadata=described, **options)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        written = super()._deserialize(value, *args, **kwargs)
        if written and not (written.isascii() and written.replace("-", "0").isalnum()):
            raise ValidationError("must have letters, digits and hyphens only")
        return written


class Flag(fields.Boolean):
    """true or false, not what looks like them."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("must be true or false")
        return value


class Whole(fields.Integer):
    """An integer of at most 15 digits; 3.0 is one, 3.5 and "3" are not."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if type(value) is Numeral and value.is_integer() and abs(value) < _LARGEST:
            return int(value)
        raise ValidationError("must be an integer of at most 15 digits")


def identifier(**options: Any) -> Whole:
    """The id of a resource."""
    return Whole(validate=validate.Range(min=1, max=LARGEST_ID), **options)


class Real(fields.Float):
    """A number between limits."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> float:
        if isinstance(value, bool | LongInteger) or not isinstance(value, int | float):
            raise ValidationError("must be a number, integers of at most 15 digits")
        return float(value)


class DecimalText(fields.Float):
    """A number, kept as the decimal text that was sent."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(value, bool | LongInteger) or not isinstance(value, int | float):
            raise ValidationError("must be a number, integers of at most 15 digits")
        if abs(value) >= _LARGEST:
            raise ValidationError("must be smaller than 10 to the power of 15")
        return _written(value)


class ValueText(fields.Field[str]):
    """A value as a chart has it: text, or a number whose text is kept as sent."""

    LONGEST = 1000

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValidationError("must be a string or a number")
        written = value if isinstance(value, str) else _written(value)
        if not 0 < len(written) <= self.LONGEST:
            raise ValidationError(f"must have 1 to {self.LONGEST} characters")
        return written


class Day(fields.String):
    """A calendar date, YYYY-MM-DD, kept as text."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        return _day(super()._deserialize(value, *args, **kwargs))


class DayOrInstant(fields.String):
    """A calendar date, or an instant with or without its offset, kept as text."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        written = super()._deserialize(value, *args, **kwargs).upper()
        if not _INSTANT.fullmatch(written):
            return _day(written)
        _day(written[:10])
        return written


class JsonObject(fields.Dict):
    """Any JSON object; its numbers become plain ones."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValidationError("must be an object")
        return {key: _plain(item) for key, item in value.items()}


class ListOf(fields.List[Any]):
    """A JSON array, read as a tuple."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(value, list):
            raise ValidationError("must be an array")
        return tuple(super()._deserialize(value, *args, **kwargs))


def _written(value: float) -> str:
    return value.text if isinstance(value, Numeral) else str(value)


def _day(written: str) -> str:
    try:
        return parse_date(written, "").isoformat()
    except Invalid as error:
        raise ValidationError(error.faults[0].detail) from error


def _plain(value: Any) -> Any:
    if isinstance(value, LongInteger):
        raise ValidationError("an integer may have at most 15 digits")
    if isinstance(value, Numeral):
        return float(value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
