"""An auditor with a shell and an HTTP client checks a running service's log."""

import subprocess
from pathlib import Path

import pytest

from domain.transparency import checkpoint as checkpoints
from domain.transparency import handover
from domain.transparency.merkle import verify_consistency
from domain.transparency.note import BadNote, decode, parse_key
from examples.demo import Client
from service.signing import verify
from tests.acceptance.test_cli import attestor

Service = tuple[str, Path]
ORIGIN = "attestor.local/log"


def told(service: Service, *arguments: str) -> str:
    """What a command prints."""
    done: subprocess.CompletedProcess[str] = attestor(service, "transparency", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_checkpoint_kept_by_the_auditor_is_a_beginning_of_every_later_one(
    service: Service, client: Client
) -> None:
    kept = told(service, "checkpoint", "--now")
    client.call("POST", "/patients", {"name": "Later"})
    later = told(service, "checkpoint", "--now")
    keys = [parse_key(each["vkey"]) for each in client.call("GET", "/transparency/keys")]
    first, second = (checkpoints.verify(note, ORIGIN, keys, verify) for note in (kept, later))
    assert first.size < second.size
    path = f"/transparency/consistency?from={first.size}&to={second.size}"
    proof = [decode(each) for each in client.call("GET", path)["hashes"]]
    assert verify_consistency(first.size, second.size, proof, first.root, second.root)


def test_a_key_that_is_rotated_while_the_service_runs_signs_what_comes_next(
    service: Service, client: Client
) -> None:
    before = told(service, "checkpoint", "--now")
    old = parse_key(told(service, "keys").splitlines()[0])
    new = parse_key(told(service, "rotate").strip())
    client.call("POST", "/patients", {"name": "Later"})
    after = told(service, "checkpoint", "--now")
    assert checkpoints.verify(before, ORIGIN, [old], verify).size
    assert checkpoints.verify(after, ORIGIN, [new], verify).size
    with pytest.raises(BadNote):
        checkpoints.verify(after, ORIGIN, [old], verify)
    shown = client.call("GET", "/transparency/keys")[0]
    assert shown["vkey"] == new.text
    assert handover.verify(shown["handover"], [old], verify) == new


def test_status_tells_how_far_the_log_is_sealed(service: Service, client: Client) -> None:
    client.call("POST", "/patients", {"name": "Somebody"})
    signed = told(service, "checkpoint", "--now").splitlines()
    lines = told(service, "status").splitlines()
    assert lines[0].startswith("sealed ")
    assert int(lines[0].split()[1]) >= int(signed[1])
    assert lines[1].startswith("checkpoint  of ")
