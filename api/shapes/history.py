"""What clients get of the history."""

from marshmallow import validate
from marshmallow.fields import Dict, Integer, List, Nested, Raw, String

from api.fields import identifier
from api.shapes.base import Shape, instant
from api.shapes.charts import Highlight
from domain.ids import Kind


class Aggregate(Shape):
    """What an event happened to."""

    kind = String(validate=validate.OneOf([kind.name.lower() for kind in Kind]))
    id = identifier()


class Place(Shape):
    """Where a value stands."""

    document_id = String(allow_none=True)
    filename = String(allow_none=True)
    pdf_page = Integer(allow_none=True)
    highlight = Nested(Highlight, allow_none=True)
    note = String(allow_none=True)


class Change(Shape):
    """One thing that an event changed; of a value with its variable and where it was read."""

    field = String()
    before = Raw(allow_none=True)
    after = Raw(allow_none=True)
    variable_id = identifier(allow_none=True)
    units = String(allow_none=True)
    observation_id = identifier(allow_none=True)
    observed_on = String(allow_none=True)
    source = String(allow_none=True)
    evidence = Nested(Place, allow_none=True)


class Who(Shape):
    """Who acted: a key with its name and last four characters, a user, or the system."""

    kind = String()
    id = identifier(allow_none=True)
    name = String(allow_none=True)
    last4 = String(allow_none=True)


class HistoryEntry(Shape):
    """One event: in a sentence, as changes, and as it was recorded; `data` null: erased."""

    position = String()
    recorded_at = instant()
    aggregate = Nested(Aggregate)
    version = Integer()
    type = String()
    sentence = String()
    changes = List(Nested(Change))
    actor = String(allow_none=True)
    who = Nested(Who)
    channel = String(allow_none=True)
    reason = String(allow_none=True)
    request_id = String(allow_none=True)
    correlation_id = String(allow_none=True)
    causation_id = String(allow_none=True)
    release = String(allow_none=True)
    data = Dict(allow_none=True)
