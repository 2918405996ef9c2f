"""The base of all request bodies, and how they are read."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from marshmallow import RAISE, Schema, ValidationError

from domain.errors import Fault, Invalid


class Strict(Schema):
    """The base of all request bodies. `extra` is what OpenAPI says beyond the fields."""

    extra: ClassVar[dict[str, Any]] = {}

    class Meta:
        unknown = RAISE


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
