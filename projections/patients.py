"""Patients: demographics with history, the head of each chart, and its documents."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from domain.clinical_time import instant
from domain.ids import Kind, kind_of, number_of
from domain.patient import Patient
from projections.database import Reader, Row
from projections.moments import Moment, TimedQueries
from projections.observations import charts_of
from projections.projection import OPEN, Recorded, Rows
from projections.queries import load

_QUERIES = load("patients")
_TIMED = TimedQueries(_QUERIES, {"JOIN patient_heads h ON": f"JOIN {_QUERIES['heads_then']} h ON"})
_COLUMNS = ("external_id", "name", "dob", "sex")


class Patients:
    """Read model of patients, their heads and their documents."""

    name = "patients"
    version = 1
    tables = ("patients", "patient_heads", "documents")

    def fold(self, batch: Sequence[Recorded]) -> Rows:
        rows: Rows = {
            "patients": [],
            "documents": [],
            "document_readings": [],
            "patient_erasures": [],
        }
        heads: dict[int, dict[str, Any]] = {}
        for recorded in batch:
            event = recorded.event
            if kind_of(event.originator_id) is not Kind.PATIENT:
                continue
            number = number_of(event.originator_id)
            if isinstance(event, Patient.Erased):
                erased = {"id": number, "account_id": event.account_id}
                rows["patient_erasures"].append(recorded.row(**erased))
                continue
            _move_head(heads, recorded, number)
            match event:
                case Patient.Created() | Patient.DemographicsChanged():
                    rows["patients"].append(_patient_row(recorded, number, event.demographics))
                case Patient.DocumentAdded():
                    heads[number]["document_id"] = event.document_id
                    rows["documents"].append(
                        recorded.row(
                            id=event.document_id,
                            account_id=event.account_id,
                            patient_id=number,
                            sha256=event.sha256,
                            filename=event.filename,
                            bytes=event.bytes,
                        )
                    )
                case Patient.DocumentRead():
                    if event.summary is not None:
                        heads[number]["summary"] = {
                            "document_id": event.document_id,
                            "status": event.status,
                            **event.summary,
                        }
                    rows["document_readings"].append(
                        recorded.row(
                            id=event.document_id,
                            status=event.status,
                            reason=event.reason,
                            pages=event.pages,
                            summary=event.summary,
                        )
                    )
        return {**rows, "patient_heads": list(heads.values())}


def _move_head(heads: dict[int, dict[str, Any]], recorded: Recorded, number: int) -> None:
    event: Any = recorded.event
    head = heads.setdefault(number, recorded.row(id=number, account_id=event.account_id))
    if isinstance(event, Patient.Created) and recorded.recorded_at is not None:
        head["created_at"] = recorded.recorded_at.isoformat()
    head.update(recorded.row(version=event.originator_version))


def _patient_row(recorded: Recorded, number: int, demographics: dict[str, Any]) -> dict[str, Any]:
    event: Any = recorded.event
    return recorded.row(
        id=number,
        account_id=event.account_id,
        is_new=isinstance(event, Patient.Created),
        attributes=demographics["additional_variables"],
        body={"id": number, **demographics},
        **{name: demographics[name] for name in _COLUMNS},
    )


@dataclass(frozen=True)
class PatientRecord:
    """A patient as the API shows it: `body` is JSON whose parts were rendered when written."""

    id: int
    account_id: int
    version: int
    position: int
    body: orjson.Fragment


def find_patient(
    database: Reader, patient_id: int, moment: Moment | None = None
) -> PatientRecord | None:
    """A patient of whatever account, with its current values, or those of a moment."""
    queries, place = _TIMED.at(moment)
    row = database.row(queries["find_patient"], {**place, "id": patient_id})
    return _with_charts(database, [row], moment)[0] if row else None


@dataclass(frozen=True)
class PatientFilter:
    """Which patients of an account a list shows, and in what order (`sort` is allow-listed)."""

    q: str | None = None
    name: str | None = None
    sex: str | None = None
    dob: str | None = None
    external_id: str | None = None
    sort: str = "id"

    @property
    def is_everything(self) -> bool:
        """Whether no patient is left out."""
        return (self.q, self.name, self.sex, self.dob, self.external_id) == (None,) * 5


SORTS = {
    "id": "p.id",
    "-id": "p.id DESC",
    "name": "p.name, p.id",
    "-name": "p.name DESC, p.id",
    "dob": "p.dob, p.id",
    "-dob": "p.dob DESC, p.id",
    "created_at": "h.created_at, p.id",
    "-created_at": "h.created_at DESC, p.id",
    "updated_at": "h.updated_at, p.id",
    "-updated_at": "h.updated_at DESC, p.id",
}


def list_patients(
    database: Reader,
    account_id: int,
    wanted: PatientFilter,
    limit: int,
    offset: int,
    after_id: int | None = None,
    moment: Moment | None = None,
) -> tuple[int, list[PatientRecord]]:
    """The total and one page of the account's patients; `after_id` pages by key instead."""
    queries, place = _TIMED.at(moment)
    scope = {
        **place, "account_id": account_id, "q": wanted.q, "name": wanted.name, "sex": wanted.sex,
        "dob": wanted.dob, "external_id": wanted.external_id, "after_id": after_id,
        "limit": limit, "offset": offset,
    }  # fmt: skip
    everything = wanted.is_everything
    is_counted = everything and moment is None
    total = database.row(queries["count_all" if is_counted else "count_matching"], scope)
    query = queries["list_all" if everything else "list_matching"]
    rows = database.rows(query.replace("p.id /* sort */", SORTS[wanted.sort]), scope)
    return (total[0] if total else 0), _with_charts(database, rows, moment)


def _with_charts(
    database: Reader, rows: Sequence[Row], moment: Moment | None
) -> list[PatientRecord]:
    charts = charts_of(database, {row[0]: row[6] for row in rows}, moment)
    return [_record(row, *charts[row[0]]) for row in rows]


def _record(row: Row, variables: str, date_variables: str) -> PatientRecord:
    number, account_id, version, position, created, updated, _, body, document_id, summary = row
    rest = orjson.dumps(
        {
            "pdf_file": document_id and f"/documents/{document_id}/file",
            "pdf_json_cache": orjson.Fragment(summary) if summary else None,
            "version": version,
            "created_at": instant(created),
            "updated_at": instant(updated),
            "variables": orjson.Fragment(variables),
            "date_variables": orjson.Fragment(date_variables),
        }
    )
    return PatientRecord(
        number, account_id, version, position, orjson.Fragment(body.encode()[:-1] + b"," + rest[1:])
    )


@dataclass(frozen=True)
class Incomplete:
    """A patient with values of `held` variables, fewer than the account has."""

    id: int
    name: str | None
    external_id: str | None
    held: int
    documents: int


def list_incomplete(
    database: Reader, account_id: int, variables: int, limit: int, after_id: int
) -> list[Incomplete]:
    """Patients by id that lack a value of some of the account's `variables`."""
    scope = {
        "account_id": account_id, "variables": variables, "limit": limit, "after_id": after_id
    }  # fmt: skip
    return [Incomplete(*row) for row in database.rows(_QUERIES["list_incomplete"], scope)]


def find_document(database: Reader, document_id: str) -> tuple[int, dict[str, Any]] | None:
    """The account of a document, and the document as the API shows it."""
    row = database.row(_QUERIES["find_document"], {"id": document_id})
    return (row[0], _document(row[1:])) if row else None


def list_documents(
    database: Reader, patient_id: int, moment: Moment | None = None
) -> list[dict[str, Any]]:
    """The documents of a patient, oldest first."""
    scope = {"id": patient_id, "position": moment.position if moment else OPEN - 1}
    return [_document(row[1:]) for row in database.rows(_QUERIES["list_documents"], scope)]


def _document(row: Iterable[Any]) -> dict[str, Any]:
    names = (
        "id", "patient_id", "sha256", "filename", "bytes", "created_at", "status", "reason",
        "pages",
    )  # fmt: skip
    document = dict(zip(names, row, strict=True))
    created: datetime = document["created_at"]
    return {
        **document,
        "url": f"/documents/{document['id']}/file",
        "created_at": instant(created),
    }


def patients_by_external_id(
    database: Reader, account_id: int, external_ids: Sequence[str]
) -> dict[str, int]:
    """The account's patients with these external ids, where there are any."""
    rows = database.rows(
        _QUERIES["patients_by_external_id"],
        {"account_id": account_id, "external_ids": list(external_ids)},
    )
    return {row[0]: row[1] for row in rows}


def patients_with_documents(database: Reader, account_id: int, limit: int) -> list[int]:
    """The first of an account's patients with a document that was not refused, by id."""
    scope = {"account_id": account_id, "limit": limit}
    return [row[0] for row in database.rows(_QUERIES["patients_with_documents"], scope)]


def next_document_to_read(database: Reader) -> tuple[str, int, int, str] | None:
    """Id, account, patient and SHA-256 of the oldest document that is still to be read."""
    row = database.row(_QUERIES["next_document_to_read"])
    return (row[0], row[1], row[2], row[3]) if row else None


def is_soon_read(database: Reader, lock: int, waiting: int) -> bool:
    """Whether somebody holds the advisory `lock` of who reads documents, and at most so many are
    `waiting`."""
    row = database.row(_QUERIES["is_soon_read"], {"lock": lock, "waiting": waiting})
    return bool(row and row[0])


def version_of_patient(database: Reader, patient_id: int) -> int | None:
    """At which version a patient is."""
    row = database.row(_QUERIES["version_of_patient"], {"id": patient_id})
    return row[0] if row else None


def account_of_patient(database: Reader, patient_id: int) -> int | None:
    """Which account a patient belongs to."""
    row = database.row(_QUERIES["account_of_patient"], {"id": patient_id})
    return row[0] if row else None
