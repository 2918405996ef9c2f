"""The events of a bundle: as they are stored, what they say in clear, and their proofs."""

from base64 import b64encode
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from domain.clinical_time import instant
from domain.ids import Kind, kind_of, number_of
from projections.database import Row
from projections.queries import load
from service.application import Application
from service.mapper import EventMapper
from service.transparency import Transparency
from service.vault import Unreadable

_QUERIES = load("bundles")
_EVENTS_AT_A_TIME = 500


@dataclass
class EventProofs:
    """Proofs for one size of the log; hashes that several proofs share are kept once."""

    size: int
    consistency: Mapping[int, Sequence[bytes]]
    hashes: dict[bytes, int] = field(default_factory=dict)
    paths: dict[str, list[int]] = field(default_factory=dict)

    def add(self, position: int, path: Sequence[bytes]) -> None:
        """The path of the event at a position."""
        numbers = self.hashes
        self.paths[str(position)] = [numbers.setdefault(each, len(numbers)) for each in path]

    def as_json(self) -> bytes:
        """The file of all of them."""
        return orjson.dumps(
            {
                "size": self.size,
                "hashes": [_base64(each) for each in self.hashes],
                "paths": self.paths,
                "consistency": {
                    str(size): [_base64(each) for each in path]
                    for size, path in self.consistency.items()
                },
            }
        )


def bundled_events(
    application: Application,
    transparency: Transparency,
    account_id: int,
    positions: Collection[int],
    proofs: EventProofs,
) -> Iterator[bytes]:
    """A line for each of the account's events at these positions, in their order."""
    ordered = sorted(positions)
    for start in range(0, len(ordered), _EVENTS_AT_A_TIME):
        scope = {"positions": ordered[start : start + _EVENTS_AT_A_TIME], "account_id": account_id}
        rows = application.database.rows(_QUERIES["events_at"], scope)
        found = [row[0] for row in rows]
        entries = transparency.entries(found)
        for position, path in transparency.proofs(found, proofs.size).items():
            proofs.add(position, path)
        application.vault.load_patient_keys(_patients(rows))
        for row in rows:
            yield _line(application.mapper, entries[row[0]], *row)


def _patients(rows: Sequence[Row]) -> list[int]:
    return sorted({number_of(row[1]) for row in rows if kind_of(row[1]) is Kind.PATIENT})


def _line(
    mapper: EventMapper, entry: bytes, position: int, originator_id: UUID, version: int,
    topic: str, recorded_at: datetime, account_id: int, actor: str, request_id: str, state: bytes,
) -> bytes:  # fmt: skip
    line = {
        "position": position,
        "originator_id": originator_id,
        "originator_version": version,
        "topic": topic,
        "recorded_at": instant(recorded_at),
        "account_id": account_id,
        "actor": actor,
        "request_id": request_id,
        "entry": _base64(entry),
        "state": _base64(state),
        "payload": _payload(mapper, topic, originator_id, version, state),
    }
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def _payload(
    mapper: EventMapper, topic: str, originator_id: UUID, version: int, state: bytes
) -> Any:
    """What the event says; None where nobody can tell any more: the patient was erased, or the
    stored bytes were changed, which the proof shows."""
    try:
        return orjson.loads(mapper.open(topic, originator_id, version, state))
    except (Unreadable, orjson.JSONDecodeError):
        return None


def _base64(data: bytes) -> str:
    return b64encode(data).decode()
