"""Concurrent commands: every acknowledged one is in the log, and each saw what was there."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from domain.demographics import Demographics
from domain.errors import Conflict, Contended, Forbidden, NotFound, VersionMismatch
from domain.ids import Kind, aggregate_id
from domain.patient import Patient
from service.bootstrap import Services
from service.patients import ValueIn
from tests.factories import Tenant, observation, tenant

WRITERS, WRITES = 4, 8


def versions(clinic: Tenant, patient: int) -> list[int]:
    rows = clinic.services.database.rows(
        "SELECT originator_version FROM events WHERE originator_id = %s ORDER BY position",
        (aggregate_id(Kind.PATIENT, patient),),
    )
    return [row[0] for row in rows]


def test_every_acknowledged_write_of_concurrent_writers_is_there_once(clinic: Tenant) -> None:
    patient, variable = clinic.register(), clinic.variable()

    def write(writer: int) -> list[tuple[int, str]]:
        acknowledged = []
        for n in range(WRITES):
            value = f"{writer}.{n}"
            try:
                acknowledged.append((clinic.add(patient, variable, value).version, value))
            except Contended:
                continue
        return acknowledged

    with ThreadPoolExecutor(WRITERS) as pool:
        acknowledged = [each for part in pool.map(write, range(WRITERS)) for each in part]
    assert acknowledged
    assert versions(clinic, patient) == list(range(1, len(acknowledged) + 2))
    assert sorted(version for version, _ in acknowledged) == versions(clinic, patient)[1:]
    loaded = clinic.services.application.load(clinic.context, Patient, patient)
    assert Counter(o.value for o in loaded.observations.values()) == Counter(
        value for _, value in acknowledged
    )


def test_a_loser_decides_again_on_what_the_winner_left(clinic: Tenant) -> None:
    """Two PUTs of one day: whichever is second supersedes the first, so one value stands."""
    patient, variable = clinic.register(), clinic.variable()
    barrier = Barrier(2)

    def put(value: str) -> None:
        barrier.wait()
        clinic.put(patient, variable, value, observed_on="2025-03-01")

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(put, ["7.1", "7.2"]))
    loaded = clinic.services.application.load(clinic.context, Patient, patient)
    (standing,) = loaded.observations.values()
    assert len(standing.supersedes) == 1
    assert versions(clinic, patient) == [1, 2, 3]


def interrupted(clinic: Tenant, patient: int, times: int) -> tuple[list[int], Patient]:
    """A change that others overtake so often; what it saw each time, and the result."""
    seen: list[int] = []

    def tell(mine: Patient) -> None:
        seen.append(mine.version)
        if len(seen) <= times:
            clinic.services.patients.change_demographics(
                clinic.asks(), patient, {"name": f"Ann {len(seen)}"}
            )
        mine.record_observation(observation(1), clinic.context.metadata())

    changed = clinic.services.application.change(
        clinic.asks(), Patient, patient, tell, lambda r, s, p, t: p
    )
    return seen, changed


def test_a_change_is_decided_up_to_five_times(clinic: Tenant) -> None:
    seen, changed = interrupted(clinic, clinic.register(), times=4)
    assert seen == [1, 2, 3, 4, 5]
    assert (changed.version, changed.demographics.name) == (6, "Ann 4")


def test_a_change_that_is_overtaken_five_times_is_refused_whole(clinic: Tenant) -> None:
    patient = clinic.register()
    with pytest.raises(Contended):
        interrupted(clinic, patient, times=5)
    loaded = clinic.services.application.load(clinic.context, Patient, patient)
    assert loaded.observations == {}
    assert loaded.version == 6


@pytest.mark.parametrize("named", [1, 3, 99])
def test_a_caller_who_names_another_version_is_told_the_present_one(
    clinic: Tenant, named: int
) -> None:
    patient = clinic.register()
    clinic.services.patients.change_demographics(clinic.asks(), patient, {"name": "Ann"})
    with pytest.raises(VersionMismatch) as refused:
        clinic.services.patients.change_demographics(
            clinic.asks(if_match=named), patient, {"name": "Anna"}
        )
    assert refused.value.current == 2
    assert versions(clinic, patient) == [1, 2]


def test_a_caller_who_names_the_present_version_is_served_once(clinic: Tenant) -> None:
    patient = clinic.register()
    context = clinic.asks(if_match=1)
    changed = clinic.services.patients.change_demographics(context, patient, {"name": "Ann"})
    assert changed.version == 2
    with pytest.raises(VersionMismatch):
        clinic.services.patients.change_demographics(context, patient, {"name": "Anna"})


def test_a_named_version_is_never_decided_again_after_a_conflict(clinic: Tenant) -> None:
    patient, variable = clinic.register(), clinic.variable()
    barrier = Barrier(3)

    def put(value: str) -> bool:
        barrier.wait()
        sent = ValueIn(value, observed_on="2025-03-01")
        try:
            clinic.services.patients.put_value(
                clinic.asks(if_match=1), patient, "number", variable, sent
            )
        except VersionMismatch:
            return False
        return True

    with ThreadPoolExecutor(3) as pool:
        served = list(pool.map(put, ["1", "2", "3"]))
    assert sorted(served) == [False, False, True]
    assert versions(clinic, patient) == [1, 2]


def test_what_changes_nothing_is_answered_and_appends_nothing(clinic: Tenant) -> None:
    patient = clinic.register(name="Ann")
    shown = clinic.services.patients.change_demographics(clinic.asks(), patient, {"name": "Ann"})
    assert shown.version == 1
    assert versions(clinic, patient) == [1]


def test_an_aggregate_of_another_account_is_refused_and_an_absent_one_is_not_found(
    services: Services, clinic: Tenant
) -> None:
    stranger = tenant(services)
    with pytest.raises(Forbidden):
        services.application.load(stranger.context, Patient, clinic.register())
    with pytest.raises(NotFound):
        services.application.load(stranger.context, Patient, 10**9)


def test_two_patients_of_an_account_cannot_share_an_external_id(
    services: Services, clinic: Tenant
) -> None:
    clinic.register(external_id="MRN-1")
    with pytest.raises(Conflict, match="external_id"):
        clinic.register(external_id="MRN-1")
    second = clinic.register(external_id="MRN-2")
    with pytest.raises(Conflict, match="external_id"):
        services.patients.change_demographics(clinic.asks(), second, {"external_id": "MRN-1"})
    tenant(services).register(external_id="MRN-1")


def test_public_numbers_are_never_given_twice(services: Services, clinic: Tenant) -> None:
    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(lambda _: services.application.next_id(), range(200)))
    assert len(set(numbers)) == 200


def test_every_event_of_a_command_says_who_asked_and_why(clinic: Tenant) -> None:
    context = clinic.asks(reason="moved house")
    shown = clinic.services.patients.register(
        replace(context, correlation_id="job:1", causation_id="line:2"), Demographics()
    )
    (event,) = clinic.services.application.repository.event_store.get(
        aggregate_id(Kind.PATIENT, int(shown.id))
    )
    metadata = event.metadata  # type: ignore[attr-defined]
    assert metadata.actor == f"key:{clinic.context.principal.key_id}"
    assert metadata.account_id == clinic.account_id
    assert (metadata.channel, metadata.reason) == ("rest", "moved house")
    assert (metadata.correlation_id, metadata.causation_id) == ("job:1", "line:2")
    row = clinic.services.database.row(
        "SELECT account_id, actor, request_id FROM events WHERE position = %s", (shown.position,)
    )
    assert row == (clinic.account_id, metadata.actor, context.request_id)
