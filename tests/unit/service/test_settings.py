import base64
import stat
from ipaddress import ip_network
from pathlib import Path

import pytest

from service.master_key import load_master_key
from service.settings import BadSettings, Settings

KEY = bytes(range(32))
KEY_TEXT = base64.b64encode(KEY).decode()


def problems(**environ: str) -> list[str]:
    with pytest.raises(BadSettings) as refusal:
        Settings.from_env({f"ATTESTOR_{name}": value for name, value in environ.items()})
    return refusal.value.problems


def test_an_empty_environment_gives_the_documented_defaults() -> None:
    settings = Settings.from_env({})

    assert settings.database_url is None
    assert settings.data_dir == Path("var")
    assert settings.bind == "127.0.0.1:8000"
    assert (settings.workers, settings.threads, settings.rate_limit) == (2, 8, 6000)
    assert settings.max_body_bytes == 1048576
    assert settings.max_upload_bytes == 26214400
    assert settings.max_import_bytes == 1073741824
    assert settings.statement_timeout_seconds == 5


def test_a_value_is_parsed_and_an_empty_one_counts_as_unset() -> None:
    settings = Settings.from_env(
        {
            "ATTESTOR_TRUSTED_PROXIES": "10.0.0.0/8, ::1",
            "ATTESTOR_BIND": "[::1]:80",
            "ATTESTOR_RATE_LIMIT": "0",
            "ATTESTOR_WORKERS": "",
            "HOME": "/home/somebody",
        }
    )

    assert settings.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("::1"))
    assert (settings.bind, settings.rate_limit, settings.workers) == ("[::1]:80", 0, 2)


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("BIND", "8000", "must be HOST:PORT, for example 127.0.0.1:8000"),
        ("BIND", "localhost:65536", "must be HOST:PORT, for example 127.0.0.1:8000"),
        ("WORKERS", "0", "must be a whole number, 1 or more"),
        ("THREADS", "1_0", "must be a whole number, 1 or more"),
        ("MAX_UPLOAD_BYTES", "-1", "must be a whole number, 1 or more"),
        ("ACCESS_LOG_YEARS", "5", "must be a whole number, 6 or more"),
        ("RATE_LIMIT", "1e3", "must be a whole number, 0 or more"),
        ("LOG_FORMAT", "xml", "must be one of json, text"),
        ("LOG_LEVEL", "debug", "must be one of DEBUG, INFO, WARNING, ERROR"),
        ("DATABASE_URL", "nonsense", "is not a PostgreSQL URL or connection string"),
        (
            "LOG_ORIGIN",
            "our log",
            "must be a name such as quality.example.org/log, without + and spaces",
        ),
        (
            "LOG_ORIGIN",
            "a+b",
            "must be a name such as quality.example.org/log, without + and spaces",
        ),
        (
            "CHECKPOINT_SINK",
            "ftp://worm.example",
            "must be a URL such as https://quality.example.org",
        ),
        ("CHECKPOINT_SINK", "https://us:pw@worm.example", "must not hold a password"),
        ("MASTER_KEY", "c2hvcnQ=", "must be 32 bytes in base64, not 5"),
        ("MASTER_KEY", "é", "is not base64"),
    ],
)
def test_a_bad_value_is_refused_with_its_name_and_the_rule(
    name: str, value: str, rule: str
) -> None:
    assert problems(**{name: value}) == [f"ATTESTOR_{name} {rule}"]


def test_a_network_with_host_bits_is_refused_as_gunicorn_would() -> None:
    assert "192.168.1.1/24" in problems(TRUSTED_PROXIES="192.168.1.1/24")[0]


def test_a_misspelt_name_is_refused_with_the_nearest_right_one() -> None:
    assert problems(DATABSE_URL="postgresql://localhost/attestor") == [
        "ATTESTOR_DATABSE_URL is not a setting; did you mean ATTESTOR_DATABASE_URL?"
    ]


def test_all_problems_are_told_at_once() -> None:
    assert len(problems(WORKERS="none", BIND="x", COLOUR="blue")) == 3


@pytest.mark.parametrize("prefix", ["", "ATTESTOR_", "PATIENTS_"])
def test_the_library_option_that_makes_readers_miss_events_is_refused(prefix: str) -> None:
    name = f"{prefix}POSTGRES_ENABLE_DB_FUNCTIONS"
    with pytest.raises(BadSettings, match=name):
        Settings.from_env({name: "y"})


def test_names_of_the_tests_themselves_are_no_misspellings() -> None:
    Settings.from_env({"ATTESTOR_SHARED": "x", "ATTESTOR_TEST_DATABASE_URL": "y"})


def test_no_secret_is_shown_described_or_told_in_an_error() -> None:
    settings = Settings.from_env(
        {
            "ATTESTOR_DATABASE_URL": "postgresql://ada:hunter2@db.example/attestor",
            "ATTESTOR_MASTER_KEY": KEY_TEXT,
        }
    )

    shown = repr(settings) + str(settings.describe())
    assert "hunter2" not in shown
    assert KEY_TEXT not in shown
    assert repr(KEY) not in shown
    assert "db.example" in shown
    told = problems(DATABASE_URL="postgresql://ada:hunter2@db/%zz", MASTER_KEY=KEY_TEXT[:-4])
    assert "hunter2" not in str(told)
    assert KEY_TEXT[:8] not in str(told)


def test_every_setting_is_described() -> None:
    lines = {line.name: line for line in Settings.from_env({}).describe()}

    assert lines["ATTESTOR_WORKERS"].value == "2"
    assert lines["ATTESTOR_DATABASE_URL"].value == ""
    assert all(line.meaning for line in lines.values())


def test_a_master_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "new")

    key = load_master_key(settings)

    assert len(key) == 32
    assert load_master_key(settings) == key
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["master.key"]
    assert stat.S_IMODE((tmp_path / "new" / "master.key").stat().st_mode) == 0o600
    assert load_master_key(Settings(data_dir=tmp_path / "other")) != key


def test_a_given_master_key_is_used_and_no_file_is_made(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(KEY_TEXT + "\n")
    data_dir = tmp_path / "data"

    assert load_master_key(Settings(data_dir=data_dir, master_key=KEY)) == KEY
    assert load_master_key(Settings(data_dir=data_dir, master_key_file=file)) == KEY
    assert not data_dir.exists()


def test_a_master_key_file_that_is_missing_or_wrong_is_refused_by_path(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    with pytest.raises(BadSettings, match="secret cannot be used"):
        load_master_key(Settings(master_key_file=file))
    file.write_text("too short")
    with pytest.raises(BadSettings, match="secret cannot be used"):
        load_master_key(Settings(master_key_file=file))


def test_two_places_for_the_master_key_are_refused() -> None:
    assert problems(MASTER_KEY=KEY_TEXT, MASTER_KEY_FILE="/run/secrets/key") == [
        "ATTESTOR_MASTER_KEY and ATTESTOR_MASTER_KEY_FILE: set one, not both"
    ]
