"""Imports: good lines are kept, each bad one is told, and every line counts exactly once."""

import io
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest

from domain.demographics import Demographics
from domain.errors import Forbidden, Invalid, NotFound, TooLarge
from domain.ids import Kind
from domain.patient import Patient
from service.bootstrap import Services
from service.history.history import Wanted
from service.import_file import LINE_MAX, ImportFile
from service.imports import ContentType, ImportJob, Imports
from service.recorder import _APPEND as APPEND
from service.vault import Unreadable
from tests.factories import Tenant, tenant

NDJSON: ContentType = "application/x-ndjson"
CSV: ContentType = "text/csv"


def never() -> bool:
    return False


def accept(clinic: Tenant, content: bytes, content_type: ContentType = NDJSON) -> ImportJob:
    shown = clinic.services.imports.accept(clinic.asks(), io.BytesIO(content), content_type)
    return ImportJob(int(shown.id), clinic.context.principal, content_type, 0)


def imported(clinic: Tenant, content: bytes, content_type: ContentType = NDJSON) -> dict[str, Any]:
    """The finished job."""
    job = accept(clinic, content, content_type)
    clinic.services.imports.run(job, never)
    return clinic.services.imports.find(clinic.context, job.id)


def ndjson(*lines: Any) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def patients(clinic: Tenant) -> dict[str | None, Patient]:
    """The account's patients by external id, replayed from the log."""
    rows = clinic.services.database.rows(
        "SELECT id FROM patient_heads WHERE account_id = %s ORDER BY id", (clinic.account_id,)
    )
    loaded = [clinic.services.application.load(clinic.context, Patient, row[0]) for row in rows]
    return {each.demographics.external_id: each for each in loaded}


def values(patient: Patient) -> list[tuple[str, str, str]]:
    return [(o.value, o.day, o.source) for o in patient.observations.values()]


def bad_lines(job: dict[str, Any]) -> list[int]:
    return [problem["line"] for problem in job["problems"]]


def test_an_ndjson_line_is_a_patient_with_values(clinic: Tenant) -> None:
    hba1c, visit = clinic.variable("HbA1c"), clinic.date_variable("Visit")
    job = imported(clinic, ndjson({
        "external_id": "A", "name": "Ann", "dob": "1960-02-29", "additional_variables": {"x": [1]},
        "observations": [
            {"variable_id": hba1c, "value": 7, "observed_on": "2025-03-01"},
            {"variable": "hba1C", "value": "7.20", "observed_on": "2025-03-01", "note": "n"},
            {"variable_id": visit, "value": "2025-01-01", "end": "2025-02-01"},
        ],
    }))  # fmt: skip
    assert (job["status"], job["lines_done"], job["lines_failed"]) == ("succeeded", 1, 0)
    patient = patients(clinic)["A"]
    assert patient.demographics.dob == "1960-02-29"
    assert patient.demographics.additional_variables == {"x": [1]}
    # Imports never supersede, and a value is kept as it was written.
    assert values(patient) == [
        ("7", "2025-03-01", "import"),
        ("7.20", "2025-03-01", "import"),
        ("2025-01-01", "2025-01-01", "import"),
    ]
    assert patient.version == 2


def test_a_decimal_in_a_line_is_stored_digit_for_digit(clinic: Tenant) -> None:
    clinic.variable("HbA1c")
    imported(
        clinic, b'{"external_id": "A", "observations": [{"variable": "HbA1c", "value": 7.10}]}'
    )
    assert [o.value for o in patients(clinic)["A"].observations.values()] == ["7.10"]


def test_a_number_in_additional_variables_stays_a_number(clinic: Tenant) -> None:
    imported(clinic, b'{"external_id": "A", "additional_variables": {"income": 20.5, "n": 3}}')
    assert patients(clinic)["A"].demographics.additional_variables == {"income": 20.5, "n": 3}


def test_a_csv_has_a_column_for_each_variable(clinic: Tenant) -> None:
    clinic.variable("HbA1c")
    clinic.date_variable("Last visit")
    job = imported(
        clinic,
        b"\xef\xbb\xbfexternal_id,name,HbA1c,last VISIT,observed_on\r\n"
        b'A,"Ash, Ann",7.2,2025-01-01,2025-03-01\r\n'
        b"B,,,,\r\n",
        CSV,
    )
    assert (job["status"], job["lines_failed"]) == ("succeeded", 0)
    assert patients(clinic)["A"].demographics.name == "Ash, Ann"
    assert values(patients(clinic)["A"]) == [
        ("7.2", "2025-03-01", "import"),
        ("2025-01-01", "2025-01-01", "import"),
    ]
    assert values(patients(clinic)["B"]) == []


BAD_NDJSON = {
    "not JSON": b"{",
    "a name that stands twice": b'{"name": "Ann", "name": "Bob"}',
    "not an object": b"[1]",
    "an unknown field": b'{"shoe_size": 43}',
    "a field of another kind": b'{"name": 7}',
    "a decimal for a text": b'{"name": 7.5}',
    "a decimal too large to keep": b'{"additional_variables": {"x": [1e999]}}',
    "an empty text": b'{"name": ""}',
    "no day": b'{"dob": "1960-02-30"}',
    "a day to come": b'{"dob": "9999-01-01"}',
    "an unknown variable": b'{"observations": [{"variable": "Shoe size", "value": 1}]}',
    "a variable's id in another kind": b'{"observations": [{"variable_id": [], "value": 1}]}',
    "true for an id": b'{"observations": [{"variable_id": true, "value": 1}]}',
    "no value": b'{"observations": [{"variable": "HbA1c"}]}',
    "a value out of range": b'{"observations": [{"variable": "HbA1c", "value": 99}]}',
    "an end of a number": b'{"observations":[{"variable":"HbA1c","value":7,"end":"2025-01-01"}]}',
    "no date": b'{"observations": [{"variable": "Visit", "value": "yesterday"}]}',
    "an end before the start": b'{"observations": [{"variable": "Visit", "value": "2025-02-01", "end": "2025-01-01"}]}',  # noqa: E501
    "a number that is none": b'{"observations": [{"variable": "HbA1c", "value": NaN}]}',
    "NUL": b'{"name": "a\\u0000b"}',
    "half a character": b'{"name": "\\ud800"}',
    "half a character in additional_variables": b'{"additional_variables": {"x": "\\ud800"}}',
    "NUL in additional_variables": b'{"additional_variables": {"x\\u0000": 1}}',
    "an integer too large to keep": b'{"additional_variables": {"x": 1' + b"0" * 30 + b"}}",
    "an integer too large to read": b'{"additional_variables": {"x": 1' + b"0" * 5000 + b"}}",
    "nesting without end": b'{"additional_variables": {"x": ' + b"[" * 100_000 + b"}}",
    "a long external id": b'{"external_id": "' + b"x" * 201 + b'"}',
    "not UTF-8": b'{"name": "\xff"}',
}


def test_every_bad_line_is_one_problem_with_its_number_and_good_lines_are_kept(
    clinic: Tenant,
) -> None:
    clinic.variable("HbA1c", valid_max="20")
    clinic.date_variable("Visit")
    lines = []
    for n, bad in enumerate(BAD_NDJSON.values()):
        lines += [json.dumps({"external_id": f"good {n}"}).encode(), bad]
    job = imported(clinic, b"\n".join(lines))
    assert job["status"] == "succeeded"
    assert bad_lines(job) == list(range(2, len(lines) + 1, 2))
    assert job["lines_failed"] == len(BAD_NDJSON)
    assert len(patients(clinic)) == len(BAD_NDJSON)


def test_a_problem_names_the_field_and_the_rule(clinic: Tenant) -> None:
    clinic.variable("HbA1c", valid_max="20")
    line = {
        "observations": [{"variable": "HbA1c", "value": "7"}, {"variable": "Nothing", "value": 1}]
    }
    (problem,) = imported(clinic, ndjson(line))["problems"]
    assert problem["errors"] == [
        {
            "pointer": "#/observations/1",
            "detail": "is no variable of the account",
        }
    ]


def test_a_line_with_one_bad_value_is_not_half_applied(clinic: Tenant) -> None:
    clinic.variable("HbA1c", valid_max="20")
    line = {"external_id": "A", "observations": [
        {"variable": "HbA1c", "value": 7}, {"variable": "HbA1c", "value": 99},
    ]}  # fmt: skip
    assert bad_lines(imported(clinic, ndjson(line))) == [1]
    assert patients(clinic) == {}


BAD_CSV = [b"A,Ann", b'A,"Ann,7', b"A,Ann,7,8", b"A,A\x00n,7", b"A,\xff,7", b"A,Ann,99",
           b"x" * 201 + b",Ann,7"]  # fmt: skip


def test_every_bad_row_is_one_problem_with_its_line(clinic: Tenant) -> None:
    clinic.variable("HbA1c", valid_max="20")
    rows = [b"external_id,name,HbA1c"]
    for n, bad in enumerate(BAD_CSV):
        rows += [bad, b"%d,Bob,7" % n]
    job = imported(clinic, b"\n".join(rows), CSV)
    assert bad_lines(job) == list(range(2, len(rows), 2))
    assert len(patients(clinic)) == len(BAD_CSV)


@pytest.mark.parametrize(
    "header",
    [b"external_id,Shoe size", b"external_id,HbA1c,HbA1c", b'"external_id', b"name,\xff"],
)
def test_a_header_that_cannot_be_used_fails_the_import_as_a_whole(
    clinic: Tenant, header: bytes
) -> None:
    clinic.variable("HbA1c")
    job = imported(clinic, header + b"\nA,7\n", CSV)
    assert job["status"] == "failed"
    assert job["result"]["detail"]
    assert patients(clinic) == {}


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_line_ends_blank_lines_and_a_missing_last_end_do_not_matter(
    clinic: Tenant, end: bytes
) -> None:
    lines = [b'\xef\xbb\xbf{"external_id": "A"}', b"", b"  ", b"{", b'{"external_id": "B"}']
    job = imported(clinic, end.join(lines))
    assert set(patients(clinic)) == {"A", "B"}
    assert bad_lines(job) == [4]
    assert (job["lines_total"], job["lines_done"], job["lines_failed"]) == (5, 5, 1)


def padded(name: str, length: int) -> bytes:
    """A line of this length that says only a name."""
    line = json.dumps({"external_id": name, "additional_variables": {"x": ""}}).encode()
    return line[:-3] + b"a" * (length - len(line)) + line[-3:]


@pytest.mark.parametrize(
    "length", [LINE_MAX + 1, LINE_MAX + 3, LINE_MAX + (LINE_MAX >> 1), 3 * LINE_MAX + 7]
)
def test_an_over_long_line_is_refused_and_never_stored_with_its_middle_cut_out(
    clinic: Tenant, length: int
) -> None:
    content = b"\n".join([padded("A", 100), padded("B", length), padded("C", 100)])
    job = imported(clinic, content)
    assert bad_lines(job) == [2]
    assert set(patients(clinic)) == {"A", "C"}


def test_a_line_of_exactly_the_limit_is_taken_whole(clinic: Tenant) -> None:
    line = padded("A", LINE_MAX)
    assert len(line) == LINE_MAX
    assert bad_lines(imported(clinic, line + b"\r\n")) == []
    text = patients(clinic)["A"].demographics.additional_variables["x"]
    assert text == "a" * (LINE_MAX - len(padded("A", 0)))


def test_a_known_external_id_updates_only_the_fields_that_were_sent(clinic: Tenant) -> None:
    patient = clinic.register(external_id="A", name="Ann", sex="F")
    imported(clinic, ndjson({"external_id": "A", "name": "Anna"}, {"external_id": "A"}))
    (loaded,) = patients(clinic).values()
    assert loaded.number == patient
    assert (loaded.demographics.name, loaded.demographics.sex) == ("Anna", "F")
    assert loaded.version == 2


def test_a_field_that_was_sent_as_null_is_emptied(clinic: Tenant) -> None:
    clinic.register(external_id="A", name="Ann", sex="F")
    imported(clinic, ndjson({"external_id": "A", "name": None}))
    demographics = patients(clinic)["A"].demographics
    assert (demographics.name, demographics.sex) == (None, "F")


def test_lines_of_one_external_id_in_one_group_are_one_patient(clinic: Tenant) -> None:
    clinic.variable("HbA1c")
    lines = [
        {"external_id": "A", "name": f"A{n}", "observations": [{"variable": "hba1c", "value": n}]}
        for n in range(3)
    ]
    imported(clinic, ndjson(*lines))
    (patient,) = patients(clinic).values()
    assert patient.demographics.name == "A2"
    assert [value for value, _, _ in values(patient)] == ["0", "1", "2"]


def test_lines_without_an_external_id_are_a_patient_each(clinic: Tenant) -> None:
    imported(clinic, ndjson({"name": "Ann"}, {"name": "Ann"}))
    row = clinic.services.database.row(
        "SELECT patient_count FROM accounts WHERE id = %s", (clinic.account_id,)
    )
    assert row == (2,)


def test_another_accounts_external_ids_and_variables_are_not_seen(
    services: Services, clinic: Tenant
) -> None:
    stranger = tenant(services)
    stranger.register(external_id="A", name="Bob")
    theirs = stranger.variable("HbA1c")
    job = imported(clinic, ndjson(
        {"external_id": "A", "name": "Ann"},
        {"external_id": "B", "observations": [{"variable_id": theirs, "value": 7}]},
    ))  # fmt: skip
    assert bad_lines(job) == [2]
    assert patients(stranger)["A"].demographics.name == "Bob"
    assert patients(clinic)["A"].demographics.name == "Ann"


def stopping_after(groups: int) -> Callable[[], bool]:
    asked = iter([False] * groups)
    return lambda: next(asked, True)


def resumed(services: Services, job: ImportJob) -> ImportJob:
    row = services.database.row("SELECT lines_done FROM jobs WHERE id = %s", (job.id,))
    assert row is not None
    return ImportJob(job.id, job.principal, job.content_type, row[0])


@pytest.mark.parametrize("content_type", [NDJSON, CSV])
def test_an_interrupted_import_goes_on_where_it_stopped_and_applies_each_line_once(
    services: Services, clinic: Tenant, content_type: ContentType
) -> None:
    clinic.variable("HbA1c")
    count = 450
    if content_type == NDJSON:
        content = ndjson(*(
            {"external_id": f"p{n % 7}", "observations": [{"variable": "HbA1c", "value": n}]}
            for n in range(count)
        ))  # fmt: skip
        header = 0
    else:
        content = b"external_id,HbA1c\n" + b"".join(b"p%d,%d\n" % (n % 7, n) for n in range(count))
        header = 1
    job = accept(clinic, content, content_type)
    services.imports.run(job, stopping_after(1))
    assert resumed(services, job).lines_done == 200 + header
    assert services.imports.find(clinic.context, job.id)["status"] == "running"
    # The same group, asked for twice by a worker that was killed before it knew, is not doubled.
    services.imports.run(resumed(services, job), stopping_after(1))
    services.imports.run(resumed(services, job), never)
    seen = sorted(int(v) for p in patients(clinic).values() for v, _, _ in values(p))
    assert seen == list(range(count))
    shown = services.imports.find(clinic.context, job.id)
    assert (shown["status"], shown["lines_done"]) == ("succeeded", count + header)


def registration(clinic: Tenant, number: int, **demographics: Any) -> tuple[Any, ...]:
    """What another process would append to register a patient."""
    context = clinic.asks()
    patient = Patient.register(
        number, clinic.account_id, Demographics(**demographics), context.metadata()
    )
    events: Any = patient.collect_events()
    return clinic.services.application.append_of(context, events).parameters()


def test_an_external_id_that_another_request_takes_meanwhile_becomes_an_update(
    database_url: str, services: Services, clinic: Tenant
) -> None:
    """The import is held at its append while the same external id is registered elsewhere."""
    job = accept(clinic, ndjson({"external_id": "A", "sex": "F"}, {"external_id": "B"}))
    held = (
        "SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
        " WHERE d.datname = current_database() AND l.objid = 61274401 AND NOT l.granted"
    )
    number = services.application.next_id()
    with ThreadPoolExecutor(1) as pool, psycopg.connect(database_url) as other:
        other.execute("SET search_path = attestor")
        other.execute("SELECT pg_advisory_xact_lock(61274401)")
        run = pool.submit(services.imports.run, job, never)
        while not services.database.row(held):
            assert not run.done()
        other.execute(APPEND, registration(clinic, number, external_id="A"))
        other.commit()
        run.result()
    assert patients(clinic)["A"].number == number
    assert patients(clinic)["A"].demographics.sex == "F"
    assert set(patients(clinic)) == {"A", "B"}
    assert services.imports.find(clinic.context, job.id)["lines_failed"] == 0


def test_the_events_of_an_import_name_their_job_and_line(clinic: Tenant) -> None:
    job = accept(clinic, ndjson({"external_id": "A"}, {"external_id": "B"}))
    clinic.services.imports.run(job, never)
    wanted = Wanted((Kind.PATIENT, patients(clinic)["B"].number))
    (event,) = clinic.services.history.every(clinic.context, wanted)
    assert event["channel"] == "import"
    assert (event["correlation_id"], event["causation_id"]) == (f"job:{job.id}", "line:2")
    stored: Any = clinic.services.application.repository.event_store.get(patients(clinic)["B"].id)
    (domain_event,) = stored
    assert domain_event.metadata.correlation_id == f"job:{job.id}"
    assert domain_event.metadata.causation_id == "line:2"


def test_the_file_is_encrypted_while_it_waits_and_gone_when_it_is_done(
    services: Services, clinic: Tenant
) -> None:
    job = accept(clinic, ndjson({"name": "MARKER-4711"}))
    (path,) = services.settings.data_dir.joinpath("imports").glob(f"{job.id}.*")
    assert b"MARKER-4711" not in path.read_bytes()
    services.imports.run(job, never)
    assert not path.exists()


def test_a_piece_of_the_file_cannot_be_moved_to_another_job(
    services: Services, clinic: Tenant, tmp_path: Path
) -> None:
    vault = services.application.vault
    ImportFile(tmp_path, vault, clinic.account_id, 1).write(io.BytesIO(b"{}\n"), 100)
    (tmp_path / "1.import").rename(tmp_path / "2.import")
    with pytest.raises(Unreadable):
        list(ImportFile(tmp_path, vault, clinic.account_id, 2).lines())


class Trickle(io.RawIOBase):
    """A body that comes a few bytes at a time, as over a slow connection."""

    def __init__(self, content: bytes) -> None:
        self._rest = content

    def read(self, size: int = -1) -> bytes:
        part, self._rest = self._rest[:3], self._rest[3:]
        return part


def test_a_body_in_small_parts_is_the_same_import(clinic: Tenant) -> None:
    stream: Any = Trickle(ndjson(*({"external_id": f"p{n}"} for n in range(20))))
    shown = clinic.services.imports.accept(clinic.asks(), stream, NDJSON)
    clinic.services.imports.run(
        ImportJob(int(shown.id), clinic.context.principal, NDJSON, 0), never
    )
    assert len(patients(clinic)) == 20


@pytest.mark.parametrize(("content", "error"), [(b"", Invalid), (b"x" * 101, TooLarge)])
def test_an_empty_or_too_large_body_is_refused_and_leaves_no_file(
    services: Services, clinic: Tenant, tmp_path: Path, content: bytes, error: type[Exception]
) -> None:
    imports = Imports(services.application, services.patients, tmp_path / "i", bytes_max=100)
    with pytest.raises(error):
        imports.accept(clinic.asks(), io.BytesIO(content), NDJSON)
    assert list((tmp_path / "i").iterdir()) == []


def test_a_job_of_another_account_is_not_shown(services: Services, clinic: Tenant) -> None:
    job = accept(clinic, ndjson({}))
    with pytest.raises(Forbidden):
        services.imports.find(tenant(services).context, job.id)
    with pytest.raises(NotFound):
        services.imports.find(clinic.context, 10**9)
