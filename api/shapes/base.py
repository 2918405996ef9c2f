"""How answers are described for OpenAPI; their bodies are made elsewhere, already as JSON."""

from typing import Any, ClassVar

from marshmallow import INCLUDE, Schema, fields
from marshmallow.fields import String


class Shape(Schema):
    """The base of all answers. Every field is always there; more may come with later versions."""

    extra: ClassVar[dict[str, Any]] = {}

    class Meta:
        unknown = INCLUDE

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """A field of an answer is there unless it says otherwise."""
        if "optional" not in field_obj.metadata:
            field_obj.required = True


def day(**options: Any) -> String:
    """A calendar date."""
    return String(metadata={"format": "date"}, **options)


def instant(**options: Any) -> String:
    """An instant in UTC."""
    return String(metadata={"format": "date-time"}, **options)
