"""Audit bundles: the stand-alone verifier accepts what the service writes, and nothing altered."""

import base64
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from domain.errors import Forbidden, Invalid, NotYet
from domain.measures.period import calendar_year
from examples import verify_bundle
from projections.transparency import last_checkpoint, log_keys
from service.bootstrap import Services
from service.erasure import Erasure
from service.sealer import sealer_of
from tests.factories import Tenant, services_on, tenant

YEAR = calendar_year(2025)
FORMULA = (
    "initial population: age >= 18",
    "denominator exclusion: exists(hospice)",
    "numerator: systolic < 140",
    "stratum women: sex = 'F'",
)


@dataclass
class Clinic:
    """Four adults, one of them excluded, and a report that was frozen of them."""

    services: Services
    tenant: Tenant
    patients: list[int]
    report: int
    checkpoint: str = ""

    @classmethod
    def of(cls, services: Services) -> "Clinic":
        found = tenant(services)
        systolic, hospice = found.variable("Systolic"), found.date_variable("Hospice")
        patients = []
        for number, pressure in enumerate(("120", "130", "150", "110")):
            patient = found.register(dob="1960-01-01", sex="FM"[number % 2])
            found.put(patient, systolic, pressure, observed_on="2025-06-01", pdf_page=2,
                      highlight={"x": 72.5, "y": 100, "width": 40, "height": 12})  # fmt: skip
            patients.append(patient)
        found.put(patients[3], hospice, "2025-02-01", kind="date")
        found.metric(*FORMULA)
        return cls(services, found, patients, 0).freeze()

    def freeze(self) -> "Clinic":
        """Freeze anew, and sign."""
        frozen = self.services.reports.freeze(self.tenant.asks(), YEAR, None)
        self.report = int(frozen.id)
        self.sign()
        return self

    def sign(self) -> None:
        sealer_of(self.services).seal_and_sign()
        last = last_checkpoint(self.services.database)
        assert last is not None
        self.checkpoint = last.note

    def bundle(self, since: int | None = None) -> bytes:
        file = io.BytesIO()
        self.services.bundles.write(self.tenant.asks(), self.report, file, since)
        return file.getvalue()

    @property
    def key(self) -> str:
        return log_keys(self.services.database)[0].key.text


@pytest.fixture(scope="module")
def clinic(services: Services) -> Clinic:
    return Clinic.of(services)


@pytest.fixture(scope="module")
def files(clinic: Clinic) -> dict[str, bytes]:
    """The files of the bundle."""
    with zipfile.ZipFile(io.BytesIO(clinic.bundle())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


Verify = Callable[..., tuple[int, str]]


@pytest.fixture
def verify(clinic: Clinic, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Verify:
    """Runs the stand-alone verifier; its exit code and what it printed."""

    def run(content: bytes | dict[str, bytes], *options: str) -> tuple[int, str]:
        path = tmp_path / "bundle.zip"
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            with zipfile.ZipFile(path, "w") as archive:
                for name, text in content.items():
                    archive.writestr(name, text)
        code = verify_bundle.main([str(path), *(options or ("--key", clinic.key))])
        return code, capsys.readouterr().out

    return run


def resealed(files: dict[str, bytes], name: str, text: bytes) -> dict[str, bytes]:
    """The bundle with another file, and a manifest that agrees: what a forger would make."""
    manifest = json.loads(files["manifest.json"])
    manifest["files"][name] = verify_bundle.hashlib.sha256(text).hexdigest()
    return {**files, name: text, "manifest.json": json.dumps(manifest).encode()}


def edited(files: dict[str, bytes], name: str, edit: Callable[[Any], None]) -> dict[str, bytes]:
    content = json.loads(files[name])
    edit(content)
    return resealed(files, name, json.dumps(content).encode())


def events_of(files: dict[str, bytes]) -> Iterator[dict[str, Any]]:
    return map(json.loads, files["events.ndjson"].splitlines())


def with_events(
    files: dict[str, bytes], edit: Callable[[dict[str, Any]], bool]
) -> dict[str, bytes]:
    """The bundle with the first event changed that `edit` says it has changed."""
    events = list(events_of(files))
    assert any(edit(event) for event in events)
    return resealed(files, "events.ndjson", b"\n".join(json.dumps(e).encode() for e in events))


def test_the_stand_alone_verifier_accepts_the_bundle(verify: Verify, clinic: Clinic) -> None:
    code, out = verify(clinic.bundle())
    assert (code, out.splitlines()[-1]) == (0, "verified"), out
    assert [line.split(":")[0] for line in out.splitlines()[:-1]] == [
        "ok   checkpoint", "ok   files", "ok   events", "ok   report", "ok   counts",
        "ok   evidence",
    ]  # fmt: skip


def test_without_a_key_it_warns_that_the_bundles_own_proves_little(
    verify: Verify, clinic: Clinic, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text(clinic.checkpoint)
    code, out = verify(clinic.bundle(), "--against", str(kept))
    assert (code, out.splitlines()[0].split(":")[0]) == (0, "WARNING")


def test_it_says_in_clear_what_the_report_rests_on(files: dict[str, bytes], clinic: Clinic) -> None:
    patients = json.loads(files["patients.json"])
    (metric,) = patients["metrics"]
    counts = {row["patient_id"]: row["counts"] for row in metric["patients"]}
    assert counts[clinic.patients[2]] == {
        "initial-population": 1, "denominator": 1, "stratum women: initial-population": 1,
        "stratum women: denominator": 1,
    }  # fmt: skip
    (first, *_) = patients["observations"]
    assert (first["value"], first["pdf_page"], first["highlight"]["x"]) == ("120", 2, 72.5)
    recorded = {event["position"]: event for event in events_of(files)}[first["position"]]
    assert recorded["payload"]["observation"]["id"] == first["id"]
    assert b"120" not in base64.b64decode(recorded["state"])


OTHER_SCORINGS = (
    ("initial population: age >= 18",),
    ("initial population: age >= 18", "measure observation: systolic",
     "scoring: continuous-variable (median)"),
    ("scoring: ratio", "initial population: age >= 18", "denominator exclusion: exists(hospice)",
     "numerator: systolic < 140"),
    ('group "All":', "initial population: age >= 18", "numerator: systolic < 140",
     'group "Women":', "initial population: sex = 'F'", "numerator: systolic < 125",
     "stratum young: age < 50", "stratum old: age >= 50"),
    ("average(systolic)",),
)  # fmt: skip


def test_the_counts_of_every_scoring_follow_from_its_patients(
    verify: Verify, services: Services
) -> None:
    clinic = Clinic.of(services)
    parts = [
        clinic.tenant.metric("initial population: age >= 18", f"numerator: systolic < {limit}")
        for limit in (115, 140)
    ]
    for number, formula in enumerate(OTHER_SCORINGS):
        clinic.tenant.metric(*formula, name=f"Scoring {number}")
    for method in ("all-or-nothing", "opportunity", "patient-linear", "weighted"):
        components = ", ".join(f"metric({part})" for part in parts)
        clinic.tenant.metric(f"composite: {method} of {components}", name=method)
    content = clinic.freeze().bundle()
    code, out = verify(content, "--key", clinic.key)
    assert code == 0, out
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    for entry in json.loads(found["report.json"])["reports"]:
        if entry["scoring"] == "free":
            continue

        def forget(patients: Any, metric_id: int = entry["metric_id"]) -> None:
            (metric,) = [m for m in patients["metrics"] if m["metric_id"] == metric_id]
            metric["patients"].pop(0)

        code, out = verify(edited(found, "patients.json", forget), "--key", clinic.key)
        assert f"counts: metric {entry['metric_id']}: changed" in out


def test_it_proves_who_answered_for_the_report(verify: Verify, services: Services) -> None:
    clinic = Clinic.of(services)
    services.reports.attest(clinic.tenant.asks(), clinic.report, "Dr. Ada", "True and complete.")
    clinic.sign()
    content = clinic.bundle()
    assert verify(content, "--key", clinic.key)[0] == 0
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        events = list(map(json.loads, archive.read("events.ndjson").splitlines()))
    (attested,) = (event for event in events if event["topic"] == "report.attested")
    assert attested["payload"]["attested_by"] == "Dr. Ada"


def test_it_holds_no_event_of_another_account(files: dict[str, bytes], clinic: Clinic) -> None:
    other = Clinic.of(clinic.services)
    assert {event["account_id"] for event in events_of(files)} == {clinic.tenant.account_id}
    with pytest.raises(Forbidden):
        clinic.services.bundles.write(other.tenant.asks(), clinic.report, io.BytesIO())


Edit = Callable[[dict[str, bytes]], dict[str, bytes]]


def change_topic(event: dict[str, Any]) -> bool:
    event["topic"] = "patient.observation_withdrawn"
    return True


def change_state(event: dict[str, Any]) -> bool:
    state = bytearray(base64.b64decode(event["state"]))
    state[9] ^= 1
    event["state"] = base64.b64encode(state).decode()
    return True


def change_value(event: dict[str, Any]) -> bool:
    if event["topic"] != "patient.observation_recorded":
        return False
    event["payload"]["observation"]["value"] = "99"
    return True


def change_place(event: dict[str, Any]) -> bool:
    if event["topic"] != "patient.observation_recorded":
        return False
    event["payload"]["observation"]["evidence"]["pdf_page"] = 7
    return True


def change_definition(event: dict[str, Any]) -> bool:
    if event["topic"] != "metric.defined":
        return False
    event["payload"]["definition"]["calculation_formula"][2] = "numerator: systolic < 200"
    return True


def count_one_more(patients: Any) -> None:
    patients["metrics"][0]["patients"][2]["counts"]["numerator"] = 1


def forget_a_patient(patients: Any) -> None:
    patients["metrics"][0]["patients"].pop()


def lend_evidence(patients: Any) -> None:
    patients["observations"][0]["patient_id"] = patients["observations"][1]["patient_id"]


def forget_evidence(patients: Any) -> None:
    patients["observations"].pop(0)


def bend_proofs(proofs: Any) -> None:
    proofs["hashes"][0] = base64.b64encode(bytes(32)).decode()


def pretend_to_be_larger(files: dict[str, bytes]) -> dict[str, bytes]:
    origin, size, *rest = files["checkpoint.txt"].split(b"\n")
    larger = b"\n".join([origin, str(int(size) + 1).encode(), *rest])
    return resealed(files, "checkpoint.txt", larger)


def edit_patients(edit: Callable[[Any], None]) -> Edit:
    return lambda files: edited(files, "patients.json", edit)


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (lambda f: {**f, "report.json": f["report.json"] + b" "}, "files: report.json: changed"),
        (lambda f: {**f, "extra.txt": b""}, "files: extra.txt: inserted"),
        (lambda f: {n: t for n, t in f.items() if n != "README.txt"},
         "files: README.txt: missing"),
        (lambda f: resealed(f, "report.json", f["report.json"].replace(b":3,", b":4,")),
         "report {report}: changed"),
        (pretend_to_be_larger,
            "forged"),
        (lambda f: with_events(f, change_topic), "changed: its entry is not"),
        (lambda f: with_events(f, change_state), "changed: its entry is not"),
        (lambda f: with_events(f, change_value), "evidence: observation"),
        (lambda f: with_events(f, change_place), "evidence: observation"),
        (lambda f: with_events(f, change_definition), "changed: its payload is not its state"),
        (lambda f: edited(f, "proofs.json", bend_proofs),
         "changed: the signed log has another event here"),
        (edit_patients(count_one_more), "counts: metric"),
        (edit_patients(forget_a_patient), "counts: metric"),
        (edit_patients(lend_evidence), "evidence: observation"),
        (edit_patients(forget_evidence), "missing: a count rests on it"),
        (lambda f: edited(f, "metrics.json", lambda m: m[0].update(definition={})),
         "changed: its definition"),
        (lambda f: {**f, "manifest.json": b"{}"}, "BAD  bundle"),
    ],
)  # fmt: skip
def test_whatever_is_altered_is_found_and_named(
    verify: Verify, files: dict[str, bytes], clinic: Clinic, edit: Edit, told: str
) -> None:
    assert verify(files)[0] == 0
    code, out = verify(edit(files))
    assert code == 1
    damages = [line for line in out.splitlines() if line.startswith("BAD")]
    assert any(told.format(report=clinic.report) in line for line in damages), out


def test_a_checkpoint_that_was_kept_is_proved_to_be_the_beginning_of_the_log(
    verify: Verify, clinic: Clinic, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text(clinic.checkpoint)
    size = int(clinic.checkpoint.split("\n")[1])
    clinic.tenant.register()
    clinic.sign()
    options = ("--key", clinic.key, "--against", str(kept))
    assert verify(clinic.bundle(since=size), *options)[0] == 0
    code, out = verify(clinic.bundle(), *options)
    assert (code, f"?since={size}" in out) == (1, True)
    older = clinic.bundle(since=size)
    clinic.tenant.register()
    clinic.sign()
    kept.write_text(clinic.checkpoint)
    code, out = verify(older, *options)
    assert (code, "you kept a checkpoint of" in out) == (1, True)


def test_since_a_size_that_the_log_has_not_reached_is_refused(clinic: Clinic) -> None:
    with pytest.raises(Invalid):
        clinic.bundle(since=10**9)


def test_a_report_that_was_not_signed_yet_has_no_bundle_yet(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.bundles._WAIT_SECONDS", 0)
    frozen = clinic.services.reports.freeze(clinic.tenant.asks(), YEAR, None)
    with pytest.raises(NotYet):
        clinic.services.bundles.write(clinic.tenant.asks(), int(frozen.id), io.BytesIO())


def test_a_bundle_stays_true_when_a_patient_is_erased(verify: Verify, services: Services) -> None:
    clinic = Clinic.of(services)
    erasure = Erasure(services.application, services.store)
    erasure.erase(clinic.tenant.asks(reason="asked to be forgotten"), clinic.patients[0])
    clinic.sign()
    content = clinic.bundle()
    code, out = verify(content, "--key", clinic.key)
    assert code == 0, out
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    assert f'"patient_id":{clinic.patients[0]},' not in found["patients.json"].decode()
    code, out = verify(edited(found, "patients.json", forget_a_patient), "--key", clinic.key)
    assert (code, "counts: metric" in out) == (1, True)


def test_a_flipped_byte_in_the_database_is_named_by_the_bundles_verifier(
    data_dir: Path, new_database: Callable[[], str], verify: Verify
) -> None:
    services = services_on(new_database(), data_dir)
    clinic = Clinic.of(services)
    position = flip(services)
    code, out = verify(clinic.bundle(), "--key", clinic.key)
    services.close()
    assert code == 1
    assert f"position {position}: changed: the signed log has another event here" in out


def flip(services: Services) -> int:
    """Flip a bit of a recorded value as the superuser; its position."""
    options = "-c search_path=attestor -c session_replication_role=replica"
    with psycopg.connect(services.database.url, autocommit=True, options=options) as connection:
        row = connection.execute(
            "UPDATE events SET state = set_byte(state, 20, get_byte(state, 20) # 1)"
            " WHERE position = (SELECT max(position) FROM events WHERE topic ="
            " 'patient.observation_recorded') RETURNING position"
        ).fetchone()
    assert row is not None
    return int(row[0])
