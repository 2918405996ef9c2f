"""The command line as an operator types it, beside a running service."""

import json
import os
import re
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from examples.demo import ATTESTOR, Client, new_account
from service.cli import main

Service = tuple[str, Path]
KEY = re.compile(r"attestor_live_[0-9A-Za-z]{49}")


def attestor(
    service: Service, *arguments: str, **environment: str
) -> "subprocess.CompletedProcess[str]":
    """Run one command on the service's data directory."""
    return subprocess.run(
        [*ATTESTOR, *arguments],
        env={**os.environ, "ATTESTOR_DATA_DIR": str(service[1]), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_account_create_prints_a_key_that_works(service: Service) -> None:
    done = attestor(service, "account", "create", "Clinic", "--zone", "America/Chicago", "--json")
    made = json.loads(done.stdout)
    assert set(made) == {"account_id", "api_key"}
    assert Client(service[0], made["api_key"]).call("GET", "/patients") == []


def test_an_account_in_a_zone_that_is_none_is_refused_in_one_line(service: Service) -> None:
    done = attestor(service, "account", "create", "Clinic", "--zone", "Mars/Olympus")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "attestor: zone: 'Mars/Olympus' is not an IANA time zone\n"


def test_a_key_that_is_revoked_on_the_command_line_no_longer_works(service: Service) -> None:
    made = json.loads(attestor(service, "account", "create", "Clinic", "--json").stdout)
    account = str(made["account_id"])
    issued = json.loads(
        attestor(service, "keys", "create", account, "reader", "--scopes", "patients:read",
                 "--json").stdout
    )  # fmt: skip
    reader = Client(service[0], issued["api_key"])
    assert reader.call("GET", "/patients") == []
    done = attestor(service, "keys", "revoke", account, str(issued["id"]))
    assert done.returncode == 0, done.stderr
    shown = Client(service[0], made["api_key"]).call("GET", f"/api-keys/{issued['id']}")
    assert shown["revoked_at"] is not None


def test_events_tail_shows_what_happened_and_nothing_of_the_patient(service: Service) -> None:
    client = new_account(*service)
    client.call("POST", "/patients", {"name": "Zebulon Marker", "dob": "1950-01-01"})
    done = attestor(service, "events", "tail", "--once")
    assert "patient.registered" in done.stdout
    assert "Marker" not in done.stdout


def test_rebuild_check_and_doctor_find_everything_well(service: Service) -> None:
    client = new_account(*service)
    patient = client.call("POST", "/patients", {"name": "Ada"})
    variable = client.call("POST", "/variables", {"name": "HbA1c"})
    path = f"/patients/{patient['id']}/variables/{variable['id']}"
    client.call("PUT", path, {"value": "7"})
    checked = attestor(service, "rebuild", "all", "--check")
    assert (checked.returncode, checked.stdout) == (0, "all: equal to the log\n"), checked.stderr
    examined = attestor(service, "doctor")
    assert examined.returncode == 0, examined.stdout
    assert all(line.startswith("ok") for line in examined.stdout.splitlines())


def test_migrate_has_nothing_to_do_where_serve_has_run(service: Service) -> None:
    assert attestor(service, "migrate").stdout == "nothing to do\n"


def test_config_shows_every_setting_and_no_secret(service: Service) -> None:
    secret = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlYyE="
    done = attestor(service, "config", ATTESTOR_MASTER_KEY=secret)
    assert "ATTESTOR_DATABASE_URL" in done.stdout
    assert secret not in done.stdout
    assert "(hidden)" in done.stdout


def test_a_misspelt_setting_is_told_with_the_nearest_one(service: Service) -> None:
    done = attestor(service, "config", ATTESTOR_WORKER="3")
    assert done.returncode == 1
    assert "did you mean ATTESTOR_WORKERS?" in done.stderr


def test_the_first_start_prints_one_key_and_the_second_none(data_dir: Path, tmp_path: Path) -> None:
    printed = [_start_and_stop(data_dir) for _ in range(2)]
    assert [len(KEY.findall(text)) for text in printed] == [1, 0]


@pytest.mark.parametrize(
    "verb",
    ["serve", "migrate", "account create", "keys create", "keys revoke", "project", "work",
     "rebuild", "benchmarks load", "events tail", "doctor", "config"],
)  # fmt: skip
def test_every_command_explains_itself(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*verb.split(), "--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: attestor {verb}")


def test_without_a_key_nothing_is_answered(service: Service) -> None:
    request = urllib.request.Request(f"{service[0]}/patients")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)
    with refused.value as answer:
        assert answer.code == 401


def _start_and_stop(data_dir: Path) -> str:
    """Serve on a free port until the greeting was printed; everything that was printed."""
    environment = {
        **os.environ, "ATTESTOR_DATA_DIR": str(data_dir), "ATTESTOR_BIND": "127.0.0.1:0",
    }  # fmt: skip
    with subprocess.Popen(
        [*ATTESTOR, "serve"], env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        lines = []
        for line in process.stderr:
            lines.append(line)
            if "/docs" in line:
                process.terminate()
    return "".join(lines)


def test_a_patients_history_is_told_on_the_terminal_and_exported_whole(service: Service) -> None:
    made = json.loads(attestor(service, "account", "create", "Clinic", "--json").stdout)
    client = Client(service[0], made["api_key"])
    patient = client.call("POST", "/patients", {"name": "Ann"})["id"]
    client.call("PUT", f"/patients/{patient}", {"name": "Anne"})
    told = attestor(service, "patient", "history", str(patient)).stdout
    assert re.search(r'^ +1  \S+ \S+ .+ ….{4} +Patient "Ann" was registered$', told, re.M)
    assert re.search(r'^ +2  \S+ \S+ .+ ….{4} +Name changed from "Ann" to "Anne"$', told, re.M)
    lines = attestor(service, "patient", "history", str(patient), "--ndjson").stdout.splitlines()
    whole = client.call("GET", f"/patients/{patient}/history")
    assert [json.loads(line) for line in lines] == whole
    unknown = attestor(service, "patient", "history", "999999999")
    assert (unknown.returncode, unknown.stderr) == (
        1, "attestor: There is no patient 999999999.\n"
    )  # fmt: skip
