"""What Schemathesis is told beyond the description: which refusals JSON Schema cannot foretell."""

import json
import os
import re
from http import HTTPStatus
from itertools import count
from typing import Any

import schemathesis

_SCHEMA_VALID_REFUSED = "Schema-valid request rejected"
_NUMBERS = count(1)
IDS: dict[str, str] = json.loads(os.environ["FUZZ_IDS"])

# Each is a rule between two fields, or between a field and what is stored.
RULES = (
    "use limit with offset",
    "cursor is not one of ours",
    "cursor goes with sort=id only",
    "page reaches beyond",
    "period ",
    "period:",
    "valid_max: must not be below valid_min",
    "dob: must not lie in the future",
    "highlight/x2: must be greater than x1",
    "highlight/y2: must be greater than y1",
    "highlight/page: differs from pdf_page",
    "document_id: is not a document of this patient",
    "supersedes: is a value of another variable",
    "variable_ids: there is no variable",
    "date_variable_ids: there is no variable",
    "variable_id: is not a variable that the run looked for",
    "candidate: the run has",
    "value: goes with a correction",
    "value: must be a date",
    "end: belongs to date variables",
    "observed_on: belongs to numerical variables",
    "withdraw: the patient has no value of this variable",
    "end: must not be before value",
    "value: must not be below valid_min",
    "value: must not be above valid_max",
    "calculation_formula: line ",
    "filter_variable_id: is not a numerical variable",
    "high_quality_threshold: must not be ",
    "expires_at: must lie in the future",
    "as_of ",
    "min_position goes with neither",
    "ndjson answers everything",
    "format=ndjson answers everything",
    "format=csv answers everything",
    "size: must be ",
    "since: must be ",
    "worksheet: ",
    "from: must be ",
    "to: must be ",
    "individuals goes with",
    "population must be one of",
    "metric_ids: there is no metric",
    "statement: must not be empty",
    "reason: must not be empty",
    "submitter/",
    # What a format demands of the account and its measures.
    "measurementSets",
    "reports",
    "cehrt_id: a QRDA III document needs",
    "program: ",
    "The import is empty",
    "The patient has no document to scrape",
    "No document can be read",
    "The file ",
    "The body cannot be read: a text contains NUL",
    "additional_variables: an integer may have at most 15 digits",
    "This Idempotency-Key was used with another body",
)


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Half of the requests are about resources that exist, none ends the key it is made with;
    they are told apart by their Idempotency-Key, and change whatever version there is."""
    headers, path = case.headers or {}, case.path_parameters or {}
    if next(_NUMBERS) % 2 or str(path.get("key_id")) == IDS["own key"]:
        path.update({name: _known(name, case.path) for name in path if _is_id(path[name])})
    query = case.query or {}
    if next(_NUMBERS) % 2 and _is_id(query.get("against")):
        query["against"] = IDS["report_id"]
    if next(_NUMBERS) % 2 and isinstance(query.get("population"), str):
        query["population"] = "gap"
    if _is_key(headers.get("Idempotency-Key")):
        headers["Idempotency-Key"] = f"fuzz-{next(_NUMBERS)}"
    if "If-Match" in headers:
        headers["If-Match"] = "*"


@schemathesis.hook
def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
    """Keep each failure but a refusal by one of the rules, and being asked to come back."""
    if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE and (
        "retry-after" in {name.lower() for name in response.headers}
    ):
        # An event that was only just recorded is signed within a minute.
        return bool(response.json()["type"] != "/problems/not-yet")
    if failure.title != _SCHEMA_VALID_REFUSED or response.status_code not in (400, 422):
        return True
    detail: str = response.json()["detail"]
    return not detail.startswith(RULES)


def _is_key(text: Any) -> bool:
    return isinstance(text, str) and 0 < len(text) <= 255 and all("!" <= c <= "~" for c in text)


def _is_id(value: Any) -> bool:
    return re.fullmatch(r"[1-9][0-9]{0,14}|pdf_[0-9A-Za-z]+", str(value)) is not None


def _known(name: str, path: str) -> str:
    if name == "position" and "/scrapes/" in path:
        return IDS["scrape"]
    is_date = name == "variable_id" and "/date-variables/" in path
    return IDS["date variable" if is_date else name]
