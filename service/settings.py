"""What the operator can set, all of it by environment variables named ATTESTOR_*."""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, NamedTuple, Self

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from domain.transparency.note import is_name

PREFIX = "ATTESTOR_"
# Read by the tests alone, which hand their environment on to the service they start.
TEST_NAMES = frozenset({"ATTESTOR_SCREENSHOTS", "ATTESTOR_SHARED", "ATTESTOR_TEST_DATABASE_URL"})
# This option of the `eventsourcing` library makes readers miss events.
FORBIDDEN_SUFFIX = "POSTGRES_ENABLE_DB_FUNCTIONS"


class BadSettings(Exception):
    """The environment cannot be used; `problems` has one line for each thing wrong."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class SettingLine(NamedTuple):
    """One setting as `attestor config` shows it; secrets are not in `value`."""

    name: str
    value: str
    meaning: str


def _database_url(text: str) -> str:
    try:
        conninfo_to_dict(text)
    except psycopg.ProgrammingError as error:
        # The text of the error may quote the password.
        raise ValueError("is not a PostgreSQL URL or connection string") from error
    return text


def _bind(text: str) -> str:
    match = re.fullmatch(r"(?:[\w.-]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5})", text, re.ASCII)
    if match is None or int(match[1]) > 65535:
        raise ValueError("must be HOST:PORT, for example 127.0.0.1:8000")
    return text


def _url(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", text):
        raise ValueError("must be a URL such as https://quality.example.org")
    return text.rstrip("/")


def _origin(text: str) -> str:
    if not is_name(text) or not text.isascii():
        raise ValueError("must be a name such as quality.example.org/log, without + and spaces")
    return text


def _sink(text: str) -> str:
    if "://" not in text:
        return text
    if "@" in text:
        raise ValueError("must not hold a password")
    return _url(text)


def _integer(minimum: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,15}", text) or int(text) < minimum:
            raise ValueError(f"must be a whole number, {minimum} or more")
        return int(text)

    return parse


def _one_of(*allowed: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}")
        return text

    return parse


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise ValueError(f"must be addresses or networks between commas: {error}") from error


def parse_master_key(text: str) -> bytes:
    """The 32 bytes that `text` holds in base64. Raises ValueError."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError as error:
        raise ValueError("is not base64") from error
    if len(key) != 32:
        raise ValueError(f"must be 32 bytes in base64, not {len(key)}")
    return key


def _hidden(value: Any) -> str:
    return "(hidden)"


def _without_password(url: str) -> str:
    return make_conninfo("", **{**conninfo_to_dict(url), "password": None})


def _show_networks(networks: tuple[IPv4Network | IPv6Network, ...]) -> str:
    return ",".join(map(str, networks))


def _setting(
    default: Any,
    meaning: str,
    parse: Callable[[str], Any],
    show: Callable[[Any], str] = str,
) -> Any:
    return field(
        default=default,
        repr=show not in (_hidden, _without_password),
        metadata={"meaning": meaning, "parse": parse, "show": show},
    )


@dataclass(frozen=True)
class Settings:
    """All settings; the environment variable of each is its name in capitals after ATTESTOR_."""

    database_url: str | None = _setting(
        None, "your PostgreSQL; unset: an embedded one", _database_url, _without_password
    )
    data_dir: Path = _setting(Path("var"), "documents, the embedded database, the master key", Path)
    bind: str = _setting("127.0.0.1:8000", "where the API listens", _bind)
    public_url: str = _setting(
        "http://127.0.0.1:8000", "where clients reach it; stands in exported files", _url
    )
    workers: int = _setting(2, "processes that answer requests", _integer(1))
    threads: int = _setting(8, "requests that one process answers at a time", _integer(1))
    rate_limit: int = _setting(6000, "requests a minute for each API key; 0: no limit", _integer(0))
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = _setting(
        (), "proxies whose X-Forwarded-* headers count", _networks, _show_networks
    )
    master_key: bytes | None = _setting(
        None, "32 bytes in base64 that wrap all other keys", parse_master_key, _hidden
    )
    master_key_file: Path | None = _setting(
        None, "a file with the master key; unset: master.key in the data directory", Path
    )
    log_level: str = _setting(
        "INFO", "the least severe messages to log", _one_of("DEBUG", "INFO", "WARNING", "ERROR")
    )
    log_format: str = _setting("json", "json, or text for a terminal", _one_of("json", "text"))
    max_body_bytes: int = _setting(1 << 20, "largest JSON body", _integer(1))
    max_upload_bytes: int = _setting(25 << 20, "largest document", _integer(1))
    max_import_bytes: int = _setting(1 << 30, "largest import file", _integer(1))
    access_log_years: int = _setting(
        7, "how long it is kept who saw patient data; 6 or more", _integer(6)
    )
    log_origin: str = _setting(
        "attestor.local/log", "name of the transparency log, chosen once and for ever", _origin
    )
    checkpoint_sink: str | None = _setting(
        None, "where signed checkpoints go: a directory, or a URL that takes PUT", _sink
    )
    statement_timeout_seconds: int = _setting(
        5, "longest time one SQL statement of a request may take", _integer(1)
    )
    failpoint: Path | None = _setting(
        None, "tests only: a directory that says where a process kills itself", Path
    )

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Settings from `environ`; an empty value counts as unset. Raises BadSettings."""
        problems = _unusable_names(environ)
        values: dict[str, Any] = {}
        for setting in fields(cls):
            text = environ.get(_name(setting.name), "")
            if text:
                try:
                    values[setting.name] = setting.metadata["parse"](text)
                except ValueError as error:
                    problems.append(f"{_name(setting.name)} {error}")
        if {"master_key", "master_key_file"} <= values.keys():
            problems.append("ATTESTOR_MASTER_KEY and ATTESTOR_MASTER_KEY_FILE: set one, not both")
        if problems:
            raise BadSettings(problems)
        if "bind" in values:
            values.setdefault("public_url", f"http://{values['bind']}")
        return cls(**values)

    def describe(self) -> list[SettingLine]:
        """Every setting with its value and meaning, secrets hidden, for `attestor config`."""
        return [
            SettingLine(
                _name(setting.name),
                "" if value is None else setting.metadata["show"](value),
                setting.metadata["meaning"],
            )
            for setting in fields(self)
            for value in [getattr(self, setting.name)]
        ]


def _name(setting: str) -> str:
    return PREFIX + setting.upper()


def _unusable_names(environ: Mapping[str, str]) -> list[str]:
    known = [_name(setting.name) for setting in fields(Settings)]
    problems = []
    for name in sorted(environ):
        if name.upper().endswith(FORBIDDEN_SUFFIX):
            problems.append(f"{name} must not be set: with it readers miss events")
        elif name.startswith(PREFIX) and name not in known and name not in TEST_NAMES:
            close = get_close_matches(name, known, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            problems.append(f"{name} is not a setting{hint}")
    return problems
