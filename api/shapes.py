"""What clients get, described for OpenAPI; bodies are made elsewhere, already as JSON."""

from typing import Any, ClassVar

from marshmallow import INCLUDE, Schema, fields, validate
from marshmallow.fields import Boolean, Dict, Float, Integer, List, Nested, Raw, String

from api.fields import identifier
from domain.account import ALL_SCOPES


def _date(**options: Any) -> String:
    return String(metadata={"format": "date"}, **options)


def _instant(**options: Any) -> String:
    return String(metadata={"format": "date-time"}, **options)


class Shape(Schema):
    """The base of all answers. Every field is always there; more may come with later versions."""

    extra: ClassVar[dict[str, Any]] = {}

    class Meta:
        unknown = INCLUDE

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """A field of an answer is there unless it says otherwise."""
        if "optional" not in field_obj.metadata:
            field_obj.required = True


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


class Scraped(PatientVariable):
    """What a scrape found of a numerical variable."""

    found = Boolean()
    variable_id = identifier()
    variable_name = String()
    model = String()
    confidence = Float(allow_none=True)
    candidates = List(Nested(Candidate))


class ScrapedDate(PatientDateVariable):
    """What a scrape found of a date variable."""

    found = Boolean()
    variable_id = identifier()
    variable_name = String()
    model = String()
    confidence = Float(allow_none=True)
    candidates = List(Nested(Candidate))


class Patient(Shape):
    """A patient with the current values."""

    id = identifier()
    name = String(allow_none=True)
    dob = _date(allow_none=True)
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
    created_at = _instant()
    updated_at = _instant()


class Variable(Shape):
    """A numerical variable, and how many patients have a value of it."""

    id = identifier()
    name = String()
    units = String(allow_none=True)
    description = String(allow_none=True)
    aliases = List(String())
    valid_min = Float(allow_none=True)
    valid_max = Float(allow_none=True)
    patient_values_count = Integer()
    user_id = identifier()
    version = Integer()


class DateVariable(Shape):
    """A date variable, and how many patients have a value of it."""

    id = identifier()
    name = String()
    description = String(allow_none=True)
    aliases = List(String())
    is_interval = Boolean()
    patient_values_count = Integer()
    user_id = identifier()
    version = Integer()


class Observation(Shape):
    """One standing value of a patient."""

    id = identifier()
    variable_id = identifier()
    variable_name = String()
    kind = String(validate=validate.OneOf(("number", "date")))
    value = String()


class Report(Shape):
    """A metric's entry in the CMS report."""

    metric_id = identifier()
    metric_name = String()
    measure_id = String(allow_none=True)
    metric_version = Integer()
    scoring = String()
    groups = List(Dict())
    improvement_notation = String()
    initial_population = Integer(allow_none=True)
    denominator = Integer(allow_none=True)
    denominator_exclusions = Integer(allow_none=True)
    denominator_exceptions = Integer(allow_none=True)
    numerator = Integer(allow_none=True)
    numerator_exclusions = Integer(allow_none=True)
    performance_met = Integer(allow_none=True)
    performance_not_met = Integer(allow_none=True)
    performance_rate = Float(allow_none=True)
    score = Float(allow_none=True)
    unit = String(allow_none=True)
    data_completeness = Float(allow_none=True)
    case_count = Integer(allow_none=True)
    meets_case_minimum = Boolean(allow_none=True)
    quality_level = String(validate=validate.OneOf(("low", "medium", "high")), allow_none=True)
    thresholds = Dict()
    strata = List(Dict())
    trend = List(Dict())
    benchmark = Dict(allow_none=True)


class Metric(Shape):
    """A quality measure as its owner wrote it, and what was read out of its formula."""

    id = identifier()
    name = String()
    description = String(allow_none=True)
    unit = String(allow_none=True)
    calculation_formula = List(String())
    filter_variable_id = identifier(allow_none=True)
    low_quality_threshold = Float(allow_none=True)
    high_quality_threshold = Float(allow_none=True)
    is_ascending = Boolean()
    overall_algorithm = String(allow_none=True)
    eligible_population = Integer(allow_none=True)
    cms = Dict()
    scoring = String()
    populations = List(String(), allow_none=True)
    patient_values_count = Integer()
    version = Integer()
    current = Nested(Report, allow_none=True, metadata={"optional": True})


class Period(Shape):
    """Two days, both included."""

    start = _date()
    end = _date()


class CmsReport(Shape):
    """The report of an account for a period."""

    period = Nested(Period)
    generated_at = _instant()
    position = String()
    stale = Boolean()
    reports = List(Nested(Report))


class Document(Shape):
    """An uploaded PDF."""

    id = String()
    url = String()
    filename = String()
    created_at = _instant()
    patient_id = identifier()
    sha256 = String()
    bytes = Integer()
    pages = Integer(allow_none=True)
    status = String(validate=validate.OneOf(("processing", "ready", "refused")))
    reason = String(allow_none=True)


class HistoryEntry(Shape):
    """One event of a patient."""

    position = String()
    version = Integer()
    type = String()
    recorded_at = _instant()
    actor = String()
    channel = String()
    reason = String(allow_none=True)
    request_id = String(allow_none=True)
    data = Dict()


class Job(Shape):
    """Long work and how far it is."""

    id = identifier()
    kind = String()
    status = String(validate=validate.OneOf(("waiting", "running", "succeeded", "failed")))
    lines_total = Integer(allow_none=True)
    lines_done = Integer()
    lines_failed = Integer()
    result = Dict(allow_none=True)
    created_at = _instant()
    finished_at = _instant(allow_none=True)
    problems = List(Dict())


class ApiKey(Shape):
    """An API key without anything that could be used as one."""

    id = identifier()
    name = String()
    prefix = String()
    last4 = String()
    scopes = List(String(validate=validate.OneOf(ALL_SCOPES)))
    version = Integer()
    created_at = _instant()
    expires_at = _instant(allow_none=True)
    revoked_at = _instant(allow_none=True)
    last_used_at = _instant(allow_none=True)


class NewApiKey(ApiKey):
    """A key that was just made; `api_key` is shown this once."""

    api_key = String()


class KeyUsage(Shape):
    """Calls of a key by day, endpoint and status."""

    key_id = identifier()
    days = Integer()
    calls = List(Dict())


class Anything(Shape):
    """An object."""


class Words(Shape):
    """The words of a document with their boxes."""


class ProblemPage(Shape):
    """What a problem type means."""

    slug = String()
    title = String()
    status = Integer()


class FieldFault(Shape):
    """One field and the rule it breaks."""

    pointer = String()
    detail = String()


class Problem(Shape):
    """An error (RFC 9457)."""

    type = String()
    title = String()
    status = Integer()
    detail = String()
    instance = String()
    request_id = String()
    errors = List(Nested(FieldFault))


class AnswerMeta(Shape):
    """What holds for the whole answer."""

    request_id = String()
    position = String(allow_none=True)
    as_of = Raw(allow_none=True)


class Pagination(Shape):
    """The place of a page in its list."""

    total = Integer()
    limit = Integer()
    offset = Integer(allow_none=True)
    next = String(allow_none=True)
    previous = String(allow_none=True)
    next_cursor = String(allow_none=True, metadata={"optional": True})
