"""Everything that can be asked, in one table: routes, scopes, documentation rest on it."""

from dataclasses import replace
from typing import Any

from api.exports import FILES, FORMATS
from api.log_query import AGGREGATE, VARIABLE_SPOKEN_OF
from api.log_query import FILTERS as EVENT_FILTERS
from api.moments import AS_OF, VERSION
from api.operation import Operation
from api.pagination import CURSOR, LIMIT, parameters
from api.parameters import Parameter, choice, day, flag, moment, text, whole
from api.schemas.access import AccountIn, KeyIn, RotationIn
from api.schemas.charts import (
    ChoiceIn,
    DateObservationIn,
    DateValueIn,
    NumberObservationIn,
    PatientIn,
    PatientScrapeIn,
    ReviewIn,
    ScrapeIn,
    ScrapesIn,
    ValueIn,
)
from api.schemas.measures import DateVariableIn, MetricIn, VariableIn
from api.schemas.reports import AbstractionIn, AttestationIn, FreezeIn, RestatementIn, SubmissionIn
from api.shapes import access, charts, frame, history, measures, reports, transparency
from api.streams import NDJSON
from domain.account import Scope
from projections.access_log import OUTCOMES
from projections.patients import SORTS

PATIENT = "/patients/{patient_id:id}"
VARIABLE = "/variables/{variable_id:id}"
DATE_VARIABLE = "/date-variables/{variable_id:id}"
DOCUMENT = "/documents/{document_id:document}"
KEY = "/api-keys/{key_id:id}"
REPORT = "/cms-reports/{report_id:id}"

MIN_POSITION = whole(
    "min_position", 0, 10**15 - 1, "Wait up to 200 ms until the answer reflects this position."
)
PATIENT_FILTERS = (
    text("q", 200, "Part of the name, or the external id."),
    text("name", 200, "The whole name."),
    text("sex", 50, "As it was sent."),
    day("dob", "Date of birth."),
    text("external_id", 200, "The account's own id."),
    choice("sort", tuple(SORTS), "Order; `-` turns it round."),
)

FORMAT = choice(
    "format", FORMATS, "How the report is written; without it Accept chooses, else json."
)
INDIVIDUALS = flag(
    "individuals", "fhir only: with every patient's own report; needs patients:read, too.", False
)
PERIOD = text(
    "period",
    22,
    "2025, 2025-Q3 or 2025-01-01..2025-06-30; default: this year, or as_of's.",
    example="2025",
)
POPULATION = replace(
    text("population", 100, "Such as numerator; gap: should have met the measure, did not."),
    is_required=True,
)
AGAINST = replace(whole("against", 1, 10**15 - 1, "The other frozen report."), is_required=True)

ACCESS_FILTERS = (
    whole("key_id", 1, 10**15 - 1, "Only by this API key."),
    text("actor", 50, "Only by this one, such as user:7."),
    whole("patient_id", 1, 10**15 - 1, "Only requests for this one patient."),
    text("operation", 100, "Only this operation, such as get_patient."),
    choice("outcome", tuple(OUTCOMES), "Granted, refused (4xx) or failed (5xx)."),
    moment("from", "Not before this instant."),
    moment("to", "Before this instant."),
    choice("format", ("json", "ndjson", "csv"), "ndjson, csv: everything, as a file."),
)

SINCE = whole(
    "since", 1, 10**15 - 1, "Add the proof that the log only grew since it had so many events."
)

PERCENT = replace(whole("percent", 1, 100, "So many of the patients."), is_required=True)
SEED = replace(
    text("seed", 100, "Any text; the same one draws the same patients."), is_required=True
)

READ_P, WRITE_P = Scope.PATIENTS_READ, Scope.PATIENTS_WRITE
READ_D, WRITE_D = Scope.DEFINITIONS_READ, Scope.DEFINITIONS_WRITE
READ_R, WRITE_R = Scope.REPORTS_READ, Scope.REPORTS_WRITE

TAGS = (
    "patients", "variables", "date-variables", "metrics", "cms-reports", "documents", "imports",
    "jobs", "account", "api-keys", "access-log", "events", "transparency", "operations",
)  # fmt: skip
"""The parts of the documentation; what is about the service itself comes last."""


def _op(
    id: str, method: str, path: str, responder: str, scope: Scope | None, summary: str,
    answer: Any = None, **options: Any,
) -> Operation:  # fmt: skip
    """An operation; `responder` is resource.suffix."""
    resource, _, suffix = responder.partition(".")
    first = path.split("/")[1]
    tag = "patients" if first == "scrapes" else first if first in TAGS else "operations"
    return Operation(id, method, path, resource, suffix, scope, tag, summary, answer, **options)


def _list(
    *args: Any, query: tuple[Parameter, ...] = (), has_cursor: bool = False, **options: Any
) -> Operation:
    return _op(*args, is_list=True, query=(*query, *parameters(has_cursor)), **options)


def _history(name: str, path: str, *query: Parameter) -> Operation:
    return _list(
        f"get_{name}_history", "GET", f"{path}/history", f"{name}_history", Scope.AUDIT_READ,
        f"List what happened to {'an' if name == 'api_key' else 'a'} {name.replace('_', ' ')}",
        history.HistoryEntry, query=(*EVENT_FILTERS, *query), has_cursor=True,
        download_types=(NDJSON,),
    )  # fmt: skip


OPERATIONS = (
    _list("list_patients", "GET", "/patients", "patients.list", READ_P, "List patients",
          charts.Patient, query=(*PATIENT_FILTERS, AS_OF), has_cursor=True),
    _op("register_patient", "POST", "/patients", "patients.list", WRITE_P, "Register a patient",
        charts.Patient, status=201, body=(PatientIn,)),
    _op("get_patient", "GET", PATIENT, "patients.one", READ_P, "Read a patient",
        charts.Patient, is_conditional=True, query=(AS_OF, VERSION)),
    _op("change_patient", "PUT", PATIENT, "patients.one", WRITE_P, "Change demographics",
        charts.Patient, body=(PatientIn,), is_partial=True),
    _history("patient", PATIENT, VARIABLE_SPOKEN_OF),
    _list("list_documents", "GET", f"{PATIENT}/documents", "documents.list", READ_P,
          "List a patient's documents", charts.Document, query=(AS_OF,)),
    _op("upload_document", "POST", f"{PATIENT}/pdf", "documents.upload", WRITE_P,
        "Upload a PDF", charts.Document, status=201, body_kind="upload", errors=(400, 413)),
    _op("put_value", "PUT", f"{PATIENT}{VARIABLE}", "values.one", WRITE_P,
        "Put a value of a numerical variable", charts.PatientVariable, body=(ValueIn,)),
    _op("scrape_value", "POST", f"{PATIENT}{VARIABLE}/scrape", "values.scrape", WRITE_P,
        "Scrape a number off the documents", charts.Scraped, body=(ScrapeIn,),
        is_body_optional=True),
    _op("put_date_value", "PUT", f"{PATIENT}{DATE_VARIABLE}", "date_values.one", WRITE_P,
        "Put a value of a date variable", charts.PatientDateVariable, body=(DateValueIn,)),
    _op("scrape_date_value", "POST", f"{PATIENT}{DATE_VARIABLE}/scrape", "date_values.scrape",
        WRITE_P, "Scrape a date off the documents", charts.ScrapedDate, body=(ScrapeIn,),
        is_body_optional=True),
    _list("list_observations", "GET", f"{PATIENT}/observations", "observations.list", READ_P,
          "List all standing values", charts.Observation,
          query=(whole("variable_id", 1, 10**15 - 1, "Only of this variable."), AS_OF)),
    _op("add_observation", "POST", f"{PATIENT}/observations", "observations.list", WRITE_P,
        "Add a value beside the others", charts.ShownValue, status=201,
        body=(NumberObservationIn, DateObservationIn)),
    _op("scrape_patient", "POST", f"{PATIENT}/scrape", "scrapes.patient", WRITE_P,
        "Scrape all variables off the documents in one run", charts.PatientScrape,
        body=(PatientScrapeIn,), is_body_optional=True),
    _list("list_patient_scrapes", "GET", f"{PATIENT}/scrapes", "scrapes.runs", READ_P,
          "List the runs over a chart, with their candidates", charts.ScrapeRun),
    _op("review_value", "POST", f"{PATIENT}/observations/{{observation_id:id}}/review",
        "scrapes.review", WRITE_P, "Accept, correct or reject a scraped value",
        charts.ShownValue, body=(ReviewIn,)),
    _op("choose_candidate", "POST", f"{PATIENT}/scrapes/{{position:id}}/choice",
        "scrapes.choice", WRITE_P, "Take another candidate of a run in place of what it found",
        charts.ShownValue, body=(ChoiceIn,)),
    _op("scrape_many", "POST", "/scrapes", "scrapes.many", WRITE_P,
        "Scrape many charts in the background", access.Job, status=202, body=(ScrapesIn,),
        is_body_optional=True),
    _list("list_variables", "GET", "/variables", "variables.list", READ_D,
          "List numerical variables", measures.Variable, query=(AS_OF,)),
    _op("define_variable", "POST", "/variables", "variables.list", WRITE_D,
        "Define a numerical variable", measures.Variable, status=201, body=(VariableIn,)),
    _op("get_variable", "GET", VARIABLE, "variables.one", READ_D, "Read a numerical variable",
        measures.Variable, is_conditional=True, query=(AS_OF, VERSION)),
    _op("change_variable", "PUT", VARIABLE, "variables.one", WRITE_D,
        "Change a numerical variable", measures.Variable, body=(VariableIn,), is_partial=True),
    _list("list_date_variables", "GET", "/date-variables", "date_variables.list", READ_D,
          "List date variables", measures.DateVariable, query=(AS_OF,)),
    _op("define_date_variable", "POST", "/date-variables", "date_variables.list", WRITE_D,
        "Define a date variable", measures.DateVariable, status=201, body=(DateVariableIn,)),
    _op("get_date_variable", "GET", DATE_VARIABLE, "date_variables.one", READ_D,
        "Read a date variable", measures.DateVariable, is_conditional=True,
        query=(AS_OF, VERSION)),
    _op("change_date_variable", "PUT", DATE_VARIABLE, "date_variables.one", WRITE_D,
        "Change a date variable", measures.DateVariable, body=(DateVariableIn,), is_partial=True),
    _history("variable", VARIABLE),
    _history("date_variable", DATE_VARIABLE),
    _list("list_metrics", "GET", "/metrics", "metrics.list", READ_D, "List metrics",
          measures.Metric, query=(AS_OF,)),
    _op("define_metric", "POST", "/metrics", "metrics.list", WRITE_D, "Define a metric",
        measures.Metric, status=201, body=(MetricIn,)),
    _op("get_metric", "GET", "/metrics/{metric_id:id}", "metrics.one", READ_D,
        "Read a metric with its current result", measures.Metric, is_conditional=True,
        query=(MIN_POSITION, AS_OF, VERSION)),
    _op("change_metric", "PUT", "/metrics/{metric_id:id}", "metrics.one", WRITE_D,
        "Change a metric", measures.Metric, body=(MetricIn,), is_partial=True),
    _op("get_patient_report", "GET", f"{PATIENT}/report", "patient_reports", READ_P,
        "Read everything about a patient, and where they stand in each measure",
        reports.PatientReport, query=(PERIOD, AS_OF)),
    _op("list_metric_patients", "GET", "/metrics/{metric_id:id}/patients", "members", READ_P,
        "List the patients behind a count, with the evidence", reports.Member, is_list=True,
        query=(POPULATION, PERIOD, AS_OF, LIMIT, CURSOR)),
    _history("metric", "/metrics/{metric_id:id}"),
    _op("get_cms_reports", "GET", "/cms-reports", "cms_reports", READ_R,
        "Read the CMS report", reports.CmsReport, download_types=FILES, errors=(409, 422),
        shows_patients=True,
        query=(
            PERIOD,
            whole("metric_id", 1, 10**15 - 1, "Only of this metric."),
            AS_OF,
            FORMAT,
            INDIVIDUALS,
            MIN_POSITION,
        )),
    _op("freeze_report", "POST", "/cms-reports", "cms_reports", WRITE_R,
        "Freeze a report", reports.WholeFrozenReport, status=201, body=(FreezeIn,),
        is_body_optional=True),
    _list("list_frozen_reports", "GET", "/cms-reports/frozen", "frozen_reports.list", READ_R,
          "List frozen reports, newest first", reports.FrozenReport, query=(AS_OF,)),
    _op("get_frozen_report", "GET", REPORT, "frozen_reports.one", READ_R,
        "Read a frozen report", reports.WholeFrozenReport, is_conditional=True,
        download_types=FILES, errors=(409, 422), query=(FORMAT, INDIVIDUALS, AS_OF, VERSION),
        shows_patients=True),
    _history("report", REPORT),
    _op("attest_report", "POST", f"{REPORT}/attest", "frozen_reports.attest", WRITE_R,
        "Answer for a frozen report", reports.WholeFrozenReport, body=(AttestationIn,)),
    _op("submit_report", "POST", f"{REPORT}/submit", "frozen_reports.submit", WRITE_R,
        "Tell that an attested report was submitted", reports.WholeFrozenReport,
        body=(SubmissionIn,), is_body_optional=True),
    _op("restate_report", "POST", f"{REPORT}/restate", "frozen_reports.restate", WRITE_R,
        "Freeze a report in place of this one", reports.WholeFrozenReport, status=201,
        body=(RestatementIn,)),
    _op("get_report_bundle", "GET", f"{REPORT}/bundle", "bundles", Scope.AUDIT_READ,
        "Download a frozen report with all that proves it", media_types=("application/zip",),
        errors=(422, 503), query=(SINCE,)),
    _op("draw_sample", "GET", f"{REPORT}/sample", "samples", Scope.AUDIT_READ,
        "Draw patients of a frozen report for a second abstraction", media_types=("text/csv",),
        query=(PERCENT, SEED)),
    _op("compare_abstraction", "POST", f"{REPORT}/sample", "samples", Scope.AUDIT_READ,
        "Compare a second abstraction with a frozen report; nothing is stored",
        reports.Comparison, body=(AbstractionIn,)),
    _op("verify_report", "GET", f"{REPORT}/verify", "frozen_reports.verify", READ_R,
        "Compute a frozen report anew and compare", reports.Verification),
    _list("compare_reports", "GET", f"{REPORT}/diff", "frozen_reports.diff", READ_R,
          "List the patients who stand elsewhere in another report", reports.Moved,
          query=(AGAINST,), shows_patients=True),
    _op("get_document", "GET", DOCUMENT, "documents.one", READ_P, "Read what a document is",
        charts.Document),
    _op("get_document_file", "GET", f"{DOCUMENT}/file", "documents.file", READ_P,
        "Download a document", media_types=("application/pdf",)),
    _op("get_document_words", "GET", f"{DOCUMENT}/words", "documents.words", READ_P,
        "Read the words of a document with their boxes", charts.Words),
    _op("get_document_page", "GET", f"{DOCUMENT}/pages/{{page:id}}.png", "documents.page",
        READ_P, "Read a page of a document as a picture", media_types=("image/png",),
        is_conditional=True),
    _op("import_patients", "POST", "/imports", "imports", WRITE_P,
        "Import patients with observations", access.Job, status=202, body_kind="import"),
    _op("get_job", "GET", "/jobs/{job_id:id}", "imports.job", WRITE_P,
        "Read how far a job is", access.Job),
    _op("get_account", "GET", "/account", "account", READ_D,
        "Read who the account is and who submits for it", access.Account, is_conditional=True),
    _op("change_account", "PUT", "/account", "account", Scope.KEYS_ADMIN,
        "Say who submits to CMS for the account", access.Account, body=(AccountIn,)),
    _list("list_api_keys", "GET", "/api-keys", "api_keys.list", Scope.KEYS_ADMIN,
          "List API keys", access.ApiKey),
    _op("issue_api_key", "POST", "/api-keys", "api_keys.list", Scope.KEYS_ADMIN,
        "Issue an API key", access.NewApiKey, status=201, body=(KeyIn,)),
    _op("get_api_key", "GET", KEY, "api_keys.one", Scope.KEYS_ADMIN, "Read an API key",
        access.ApiKey, is_conditional=True),
    _op("revoke_api_key", "DELETE", KEY, "api_keys.one", Scope.KEYS_ADMIN,
        "Revoke an API key", access.ApiKey),
    _op("rotate_api_key", "POST", f"{KEY}/rotate", "api_keys.rotate", Scope.KEYS_ADMIN,
        "Replace an API key by a new one", access.NewApiKey, status=201, body=(RotationIn,),
        is_body_optional=True),
    _op("get_api_key_usage", "GET", f"{KEY}/usage", "api_keys.usage", Scope.KEYS_ADMIN,
        "Read how often an API key was used", access.KeyUsage,
        query=(whole("days", 1, 366, "So many days back.", default=30),)),
    _list("list_accesses", "GET", "/access-log", "access_log", Scope.AUDIT_READ,
          "List who read or changed patient data, and who was refused, newest first",
          access.AccessEntry, query=ACCESS_FILTERS, has_cursor=True,
          download_types=(NDJSON, "text/csv")),
    _history("api_key", KEY),
    _list("list_events", "GET", "/events", "events", Scope.AUDIT_READ,
          "List everything that happened in the account", history.HistoryEntry,
          query=(*EVENT_FILTERS, AGGREGATE), has_cursor=True, download_types=(NDJSON,)),
    _op("get_event", "GET", "/events/{position:id}", "events.one", Scope.AUDIT_READ,
        "Read one event", history.HistoryEntry),
    _op("prove_event", "GET", "/events/{position:id}/proof", "transparency.inclusion",
        Scope.AUDIT_READ, "Prove that an event is in the log", transparency.InclusionProof,
        errors=(422,),
        query=(whole("size", 1, 10**15 - 1, "In the log of so many events; default: the last"
                     " checkpoint's."),)),
    _op("get_checkpoint", "GET", "/transparency/checkpoint", "transparency.checkpoint",
        Scope.AUDIT_READ, "Read the last signed checkpoint", media_types=("text/plain",),
        shows_patients=False),
    _list("list_checkpoints", "GET", "/transparency/checkpoints", "transparency.checkpoints",
          Scope.AUDIT_READ, "List all checkpoints, the last first", transparency.Checkpoint,
          has_cursor=True, shows_patients=False),
    _list("list_log_keys", "GET", "/transparency/keys", "transparency.keys", Scope.AUDIT_READ,
          "List the public keys that sign checkpoints, or did", transparency.LogKey,
          shows_patients=False),
    _op("get_tile", "GET", "/transparency/tile/{tile:path}", "transparency.tile",
        Scope.AUDIT_READ, "Read a tile of hashes", media_types=("application/octet-stream",),
        is_conditional=True, shows_patients=False),
    _op("prove_consistency", "GET", "/transparency/consistency", "transparency.consistency",
        Scope.AUDIT_READ, "Prove that the log has only grown", transparency.ConsistencyProof,
        errors=(422,), shows_patients=False,
        query=(replace(whole("from", 1, 10**15 - 1, "Since it had so many events."),
                       is_required=True),
               whole("to", 1, 10**15 - 1, "Until so many; default: the last checkpoint's."))),
    _op("live", "GET", "/-/live", "health.live", None, "Whether the process answers",
        frame.Anything),
    _op("ready", "GET", "/-/ready", "health.ready", None, "Whether requests can be answered",
        frame.Anything, errors=(503,)),
    _op("version", "GET", "/-/version", "health.version", None, "Which release this is",
        frame.Anything),
    _op("metrics_text", "GET", "/-/metrics", "health.metrics", None,
        "Prometheus metrics, from this machine or with a key", media_types=("text/plain",),
        errors=(401,)),
    _op("openapi", "GET", "/openapi.json", "docs.openapi", None, "This description",
        frame.Anything, is_bare=True),
    _op("docs", "GET", "/docs", "docs.page", None, "Documentation to read and try",
        media_types=("text/html",)),
    _op("docs_file", "GET", "/docs/{file}", "docs.file", None, "A file of the documentation",
        media_types=("text/javascript", "text/css", "text/html")),
    _op("get_problem", "GET", "/problems/{slug}", "docs.problem", None,
        "What a problem type means", frame.ProblemPage),
)  # fmt: skip
"""In the order of the documentation."""

BY_ROUTE = {(operation.path, operation.method): operation for operation in OPERATIONS}
