import json
import logging
import logging.config
import sys
from typing import Any

import pytest

from service.logs import JsonFormatter, TextFormatter, configuration


def record(message: str, exc_info: Any = None, **extra: object) -> logging.LogRecord:
    logger = logging.getLogger("api")
    made = logger.makeRecord("api", logging.INFO, __file__, 1, message, (), exc_info, extra=extra)
    made.created = 1767225599.9996
    return made


def test_a_json_line_has_utc_time_level_logger_and_message() -> None:
    assert json.loads(JsonFormatter().format(record("answered", status=200))) == {
        "time": "2025-12-31T23:59:59.999Z",
        "level": "INFO",
        "logger": "api",
        "message": "answered",
        "status": 200,
    }


@pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter()])
def test_a_field_that_is_not_on_the_list_is_dropped(formatter: logging.Formatter) -> None:
    line = formatter.format(record("answered", request_id="r-1", first_name="Ada", body={"a": 1}))

    assert "r-1" in line
    assert "Ada" not in line
    assert "body" not in line


@pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter()])
@pytest.mark.parametrize("character", ["\n", "\r", "\x00", "\x1b", "\x85", "\u2028", "\ud800"])
def test_no_character_of_a_message_can_start_a_second_line_or_steer_a_terminal(
    formatter: logging.Formatter, character: str
) -> None:
    line = formatter.format(record(f"a{character}b", request_id=f"c{character}d"))

    assert character not in line
    assert len(line.splitlines()) == 1
    assert line.encode("utf-8")


@pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter()])
def test_an_error_is_named_and_located_but_not_quoted(formatter: logging.Formatter) -> None:
    try:
        int("Ada Lovelace")
    except ValueError:
        line = formatter.format(record("failed", exc_info=sys.exc_info()))

    assert "builtins.ValueError" in line
    assert "test_logs.py" in line
    assert "Lovelace" not in line


def test_the_configuration_is_one_that_logging_takes_and_writes_to_standard_error(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        logging.config.dictConfig(configuration("WARNING", "json"))
        logging.getLogger("gunicorn.error").warning("worker left")
        logging.getLogger("projections").info("not this one")
    finally:
        root.handlers[:] = before
        root.setLevel(level)

    lines = capfd.readouterr().err.splitlines()
    assert [json.loads(line)["message"] for line in lines] == ["worker left"]
