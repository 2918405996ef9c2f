"""Logs without patient data: one line a message, UTC, and only fields named here."""

import json
import logging
import logging.config
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

# What a message may carry by `extra=`; anything else is dropped. Paths and query strings hold
# what clients typed, so a request is logged by its route's template.
FIELDS = (
    "request_id",
    "method",
    "route",
    "status",
    "duration_ms",
    "account_id",
    "key_id",
    "client",
    "error",
    "projection",
    "position",
    "job_id",
    "step",
    "child",
    "code",
    "count",
)


def configure(level: str, log_format: str) -> None:
    """Send all logs of this process to standard error, as `log_format` json or text."""
    logging.config.dictConfig(configuration(level, log_format))


def configuration(level: str, log_format: str) -> dict[str, Any]:
    """The same for `logging.config.dictConfig`, which gunicorn calls by itself."""
    formatter = {"json": JsonFormatter, "text": TextFormatter}[log_format]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": formatter}},
        "filters": {"without_requests": {"()": WithoutRequests}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"level": level, "handlers": ["stderr"]},
        "loggers": {
            # These quote what they parse.
            "pdfminer": {"level": "CRITICAL"},
            "fontTools": {"level": "CRITICAL"},
            "gunicorn.error": {
                "level": level,
                "handlers": [],
                "propagate": True,
                "filters": ["without_requests"],
            },
        },
    }


class WithoutRequests(logging.Filter):
    """gunicorn quotes the requests that it cannot read; that it could not is enough."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Shorten the message of such a record; every record passes."""
        for beginning in ("Invalid request", "Error handling request"):
            if record.msg.startswith(beginning):
                record.msg, record.args = beginning, None
        return True


class JsonFormatter(logging.Formatter):
    """One JSON object on one ASCII line: time, level, logger, message, then allowed fields."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(
            {
                "time": _time(record),
                "level": record.levelname,
                "logger": record.name,
                "message": record.getMessage(),
                **_fields(record),
            },
            default=str,
        )


class TextFormatter(logging.Formatter):
    """One line to read in a terminal; control characters are escaped."""

    def format(self, record: logging.LogRecord) -> str:
        fields = "".join(f" {name}={value}" for name, value in _fields(record).items())
        line = f"{_time(record)} {record.levelname} {record.name}: {record.getMessage()}{fields}"
        return "".join(
            character if character.isprintable() else ascii(character)[1:-1] for character in line
        )


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    values = record.__dict__
    fields = {name: values[name] for name in FIELDS if values.get(name) is not None}
    return fields | _error(record)


def _error(record: logging.LogRecord) -> dict[str, Any]:
    """The kind of error and where it came from; its text may quote a patient."""
    if not record.exc_info or record.exc_info[1] is None:
        return {}
    error = record.exc_info[1]
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "error": f"{type(error).__module__}.{type(error).__qualname__}",
        "stack": [f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in frames],
    }
