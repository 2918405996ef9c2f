"""What clients get of a patient."""

from marshmallow import validate
from marshmallow.fields import Boolean, Dict, Float, Integer, List, Nested, String

from api.fields import identifier
from api.shapes.base import Shape, day, instant


class Highlight(Shape):
    """A box in points from the top left of the displayed page."""

    x1, y1, x2, y2 = Float(), Float(), Float(), Float()
    page = Integer(metadata={"optional": True})


class ShownValue(Shape):
    """What all values have."""

    id = identifier(metadata={"description": "Id of the variable."})
    name = String()
    value = String(allow_none=True)
    note = String(allow_none=True)
    pdf_page = Integer(allow_none=True)
    highlight = Nested(Highlight, allow_none=True)
    document_id = String(allow_none=True, metadata={"optional": True})
    observation_id = identifier(metadata={"optional": True})
    observed_on = String(allow_none=True, metadata={"optional": True})
    source = String(
        validate=validate.OneOf(("manual", "scrape", "import")), metadata={"optional": True}
    )
    confidence = Float(allow_none=True, metadata={"optional": True})
    review = String(metadata={"optional": True})
    recorded_at = String(metadata={"optional": True, "format": "date-time"})
    recorded_by = String(metadata={"optional": True})
    version = Integer(metadata={"optional": True})


class PatientVariable(ShownValue):
    """The current value of a numerical variable."""

    units = String(allow_none=True)


class PatientDateVariable(ShownValue):
    """The current value of a date variable; `end` closes an interval."""

    patient_id = identifier()
    patient_name = String(allow_none=True)
    date_variable_id = identifier()
    date_variable_name = String()
    end = String(allow_none=True, metadata={"optional": True, "format": "date"})


class Candidate(Shape):
    """A place in a document that could be the value."""

    value = String()
    page = Integer()
    highlight = Nested(Highlight)
    score = Float()
    snippet = String()
    document_id = String()


class UnreadPage(Shape):
    """A scan without words."""

    page = Integer()
    reason = String()


class LookedIn(Shape):
    """A document that a scrape met. `reason`: it was refused. `unread`: pages nobody could read."""

    id = String()
    sha256 = String()
    reason = String(metadata={"optional": True})
    unread = List(Nested(UnreadPage), metadata={"optional": True})


class Finding(Shape):
    """What a scrape says of a variable beside its value."""

    found = Boolean()
    recorded = Boolean(metadata={"description": "false: a value that a person answers for stays."})
    variable_id = identifier()
    variable_name = String()
    model = String()
    confidence = Float(allow_none=True)
    candidates = List(Nested(Candidate))


class Scraped(Finding, PatientVariable):
    """What a scrape found of a numerical variable."""

    documents = List(Nested(LookedIn))


class ScrapedDate(Finding, PatientDateVariable):
    """What a scrape found of a date variable."""

    documents = List(Nested(LookedIn))


class Patient(Shape):
    """A patient with the current values."""

    id = identifier()
    name = String(allow_none=True)
    dob = day(allow_none=True)
    sex = String(allow_none=True)
    external_id = String(allow_none=True)
    race = String(allow_none=True)
    ethnicity = String(allow_none=True)
    payer = String(allow_none=True)
    additional_variables = Dict()
    pdf_file = String(allow_none=True)
    pdf_json_cache = Dict(allow_none=True)
    variables = List(Nested(PatientVariable))
    date_variables = List(Nested(PatientDateVariable))
    version = Integer()
    created_at = instant()
    updated_at = instant()


class Observation(Shape):
    """One standing value of a patient."""

    id = identifier()
    variable_id = identifier()
    variable_name = String()
    kind = String(validate=validate.OneOf(("number", "date")))
    value = String()


class Document(Shape):
    """An uploaded PDF."""

    id = String()
    url = String()
    filename = String()
    created_at = instant()
    patient_id = identifier()
    sha256 = String()
    bytes = Integer()
    pages = Integer(allow_none=True)
    status = String(validate=validate.OneOf(("processing", "ready", "refused")))
    reason = String(allow_none=True)


class Words(Shape):
    """The words of a document with their boxes."""


class ScrapeAnswer(Finding, ShownValue):
    """What a run found of one variable, a number or a date."""


class PatientScrape(Shape):
    """One run over a chart: how much was found, and each answer."""

    patient_id = identifier()
    found = Integer()
    not_found = Integer()
    documents = List(Nested(LookedIn))
    answers = List(Nested(ScrapeAnswer))


class ScrapeRun(Shape):
    """A past run: who looked, in which documents, with what extractor, and what was found."""

    position = String()
    recorded_at = instant()
    actor = String()
    model = String(allow_none=True)
    extractor = String()
    extractor_version = String()
    documents = List(Nested(LookedIn))
    answers = List(Dict())
