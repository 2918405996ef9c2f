"""Erasure, key rotation, backup and restore as an operator types them, beside a running service."""

import json
import shutil
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from examples.demo import Client, new_account
from service.cli import main
from tests.acceptance.test_cli import Service, attestor


def account_of(client: Client) -> str:
    return str(client.call("GET", "/account")["id"])


def status_of(client: Client, path: str) -> int:
    request = urllib.request.Request(client.url + path, headers={"X-API-Key": client.key})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def told(done: "subprocess.CompletedProcess[str]") -> str:
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_erased_patient_is_gone_for_the_running_service(
    service: Service, client: Client
) -> None:
    patient = client.call("POST", "/patients", {"name": "Ann Oak", "external_id": "MRN-1"})["id"]
    other = client.call("POST", "/patients", {"name": "Bob Elm"})["id"]
    whose = (account_of(client), str(patient), "--reason")
    held = attestor(service, "patient", "hold", *whose, "court order 12")
    assert told(held) == f"patient {patient} is on hold\n"
    refused = attestor(service, "patient", "erase", *whose, "asked for", "--yes")
    assert (refused.returncode, refused.stderr) == (
        1, "attestor: The patient is on hold and must not be erased.\n"
    )  # fmt: skip
    told(attestor(service, "patient", "release", *whose, "court order 12 is over"))
    assert status_of(client, f"/patients/{patient}") == 200
    erased = told(attestor(service, "patient", "erase", *whose, "asked for", "--yes"))
    assert erased.startswith(f"patient {patient} was erased, with 0 files\n")
    assert status_of(client, f"/patients/{patient}") == 404
    assert status_of(client, f"/patients/{other}") == 200
    seen = client.call("GET", f"/access-log?patient_id={patient}&actor=system:attestor")
    assert [each["operation"] for each in seen] == ["cli_patient_erase"] * 2
    again = told(attestor(service, "patient", "erase", *whose, "asked for", "--yes"))
    assert "was erased before" in again
    new = client.call("POST", "/patients", {"name": "New", "external_id": "MRN-1"})["id"]
    assert new not in (patient, other)


def test_without_yes_the_number_has_to_be_typed(service: Service, client: Client) -> None:
    patient = client.call("POST", "/patients", {"name": "Ann Oak"})["id"]
    done = attestor(service, "patient", "erase", account_of(client), str(patient), "--reason", "x")
    assert done.returncode != 0
    assert f"Patient {patient} is Ann Oak." in done.stdout
    assert status_of(client, f"/patients/{patient}") == 200


def test_a_running_service_goes_on_with_a_new_master_key(service: Service, client: Client) -> None:
    file = service[1] / "master.key"
    patient, old = client.call("POST", "/patients", {"name": "Ann"})["id"], file.read_bytes()
    assert "wrapped with a new master key" in told(attestor(service, "keys", "rotate-master"))
    assert file.read_bytes() != old
    client.call("PUT", f"/patients/{patient}", {"name": "Anna"})
    newcomer = new_account(*service)
    newcomer.call("POST", "/patients", {"name": "Bob"})
    refused = attestor(service, "keys", "rotate-account", account_of(client))
    assert refused.returncode == 1
    assert "has to be stopped" in refused.stderr


def test_a_backup_of_a_running_service_becomes_another_installation(
    service: Service, client: Client, data_dir: Path, tmp_path: Path
) -> None:
    client.call("POST", "/patients", {"name": "Ann"})
    made = attestor(service, "backup", str(tmp_path / "backup"))
    position = json.loads((tmp_path / "backup" / "manifest.json").read_text())["position"]
    assert told(made).startswith(f"position {position}, ")
    assert "master.key, which is not in it" in made.stdout
    elsewhere = (service[0], data_dir)
    refused = attestor(elsewhere, "restore", str(tmp_path / "backup"))
    assert refused.returncode == 1
    assert "put it into" in refused.stderr
    shutil.copy(service[1] / "master.key", data_dir)
    restored = told(attestor(elsewhere, "restore", str(tmp_path / "backup")))
    assert restored.startswith(f"restored to position {position}, ")
    tail = told(attestor(elsewhere, "events", "tail", "--once", "--after", str(position - 1)))
    assert "patient.registered" in tail
    examined = told(attestor(elsewhere, "doctor"))
    assert "BAD" not in examined
    refused = attestor(elsewhere, "restore", str(tmp_path / "backup"))
    assert "already" in refused.stderr


@pytest.mark.parametrize(
    "verb",
    ["patient hold", "patient release", "patient erase", "keys rotate-master",
     "keys rotate-account", "backup", "restore"],
)  # fmt: skip
def test_every_command_explains_itself(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*verb.split(), "--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: attestor {verb}")
