"""What must hold after any fault: one function an invariant, each raising Violation.

They read the clients' histories and the log, and trust neither the service nor its projections.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from service import doctor
from service.bootstrap import Services
from tests.reliability.history import Operation

HONEST_5XX = 503


class Violation(AssertionError):
    """A promise was broken; the text says which, and where."""


@dataclass(frozen=True)
class Logged:
    """One event in the log."""

    position: int
    originator_id: str
    version: int
    request_id: str | None


Log = Sequence[Logged]


def read_log(connection: "psycopg.Connection[tuple[Any, ...]]") -> list[Logged]:
    """The whole log in the order of its positions."""
    rows = connection.execute(
        "SELECT position, originator_id::text, originator_version, request_id"
        " FROM attestor.events ORDER BY position"
    )
    return [Logged(*row) for row in rows]


def every_acknowledged_write_is_there(history: Iterable[Operation], log: Log) -> None:
    """Each 2xx answer named a version and a position, and there the write's event is."""
    written = {(event.request_id, event.version, event.position) for event in log}
    lost = [
        o for o in history if o.outcome == "ok" and (o.op, o.version, o.position) not in written
    ]
    _refuse("acknowledged writes are lost", [o.op for o in lost])


def nothing_is_there_twice(history: Iterable[Operation], log: Log) -> None:
    """However often a request was sent, at most one event carries its name."""
    times = Counter(event.request_id for event in log)
    sent = {operation.op for operation in history}
    _refuse("writes are there twice", [op for op in sent if times[op] > 1])


def nothing_refused_is_there(history: Iterable[Operation], log: Log) -> None:
    """No event belongs to a request that was told no."""
    named = {event.request_id for event in log}
    refused = {operation.op for operation in history if operation.outcome == "fail"}
    _refuse("refused writes are there", sorted(refused & named))


def nothing_unasked_is_there(history: Iterable[Operation], log: Log, others: int) -> None:
    """The first `others` events are older than the history; all later ones are of its requests."""
    sent = {operation.op for operation in history}
    strange = [e.position for e in log if e.position > others and e.request_id not in sent]
    _refuse("events nobody asked for are there", strange)


def versions_and_positions_have_no_gap(log: Log) -> None:
    """Positions are 1 … n, and so are the versions of each aggregate, in the same order."""
    wrong = [e.position for number, e in enumerate(log, start=1) if e.position != number]
    _refuse("positions have a gap", wrong)
    versions: dict[str, list[int]] = defaultdict(list)
    for event in log:
        versions[event.originator_id].append(event.version)
    torn = [name for name, found in versions.items() if found != [*range(1, len(found) + 1)]]
    _refuse("versions have a gap", torn)


def repeats_got_the_first_answer(history: Iterable[Operation]) -> None:
    """All 2xx answers to one Idempotency-Key have the same status, version, position and body."""
    answers: dict[str, set[tuple[Any, ...]]] = defaultdict(set)
    for o in history:
        if o.key is not None and o.outcome == "ok":
            answers[o.key].add((o.status, o.version, o.position, o.body))
    _refuse("repeats got another answer", [key for key, given in answers.items() if len(given) > 1])


def no_conflict_is_told(history: Iterable[Operation]) -> None:
    """Of clients that never meet on a resource none is told of a conflict."""
    _refuse("false conflicts are told", [o.op for o in history if o.status in (409, 412)])


def errors_are_honest(history: Iterable[Operation]) -> None:
    """A fault of ours is told as 503, never as another 5xx."""
    bad = [f"{o.status} {o.body}" for o in history if o.status and o.status >= 500]
    _refuse("dishonest errors", [told for told in bad if not told.startswith(f"{HONEST_5XX} ")])


def last_write_stands(history: Iterable[Operation], standing: Mapping[str, Any]) -> None:
    """What stands at each subject is its last acknowledged value, or a later unknown one."""
    possible: dict[str, set[Any]] = defaultdict(lambda: {None})
    for o in sorted(history, key=lambda operation: operation.ended):
        if o.outcome == "ok":
            possible[o.subject] = {o.value}
        elif o.outcome == "info":
            possible[o.subject].add(o.value)
    wrong = [s for s, value in standing.items() if value not in possible[s]]
    _refuse("a write is undone", wrong)


def equals_the_oracle(what: str, found: Any, expected: Any) -> None:
    """A read model says what the clients' own arithmetic says."""
    if found != expected:
        raise Violation(f"{what}: {found} instead of {expected}")


def read_models_equal_a_rebuild(services: Services) -> None:
    """Everything `attestor doctor` looks at is well, above all the read models."""
    bad = [f"{f.what}: {f.detail}" for f in doctor.examine(services) if not f.is_well]
    _refuse("the doctor found", bad)


def hold(history: Sequence[Operation], log: Log) -> None:
    """All that can be said of writes by clients that never meet on a resource."""
    every_acknowledged_write_is_there(history, log)
    nothing_is_there_twice(history, log)
    nothing_refused_is_there(history, log)
    versions_and_positions_have_no_gap(log)
    repeats_got_the_first_answer(history)
    no_conflict_is_told(history)
    errors_are_honest(history)


def _refuse(what: str, found: Sequence[Any]) -> None:
    if found:
        raise Violation(f"{what}: {len(found)}, the first is {found[0]}")
