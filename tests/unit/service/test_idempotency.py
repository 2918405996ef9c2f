"""A repeat gets the first answer, a twin does not happen twice, another body is refused."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import psycopg
import pytest

from domain.demographics import Demographics
from domain.errors import KeyReused
from domain.patient import Patient
from service.bootstrap import Services
from service.context import Context
from service.idempotency import AnsweredBefore, sweep
from service.patients import ValueIn
from tests.factories import Tenant, idempotency, tenant


def register(clinic: Tenant, context: Context, **demographics: Any) -> dict[str, Any]:
    """The answer of a registration, as a client would see it."""
    try:
        shown = clinic.services.patients.register(context, Demographics(**demographics))
    except AnsweredBefore as before:
        return dict(json.loads(before.answer))
    return {"id": shown.id, "version": shown.version}


def events_of(clinic: Tenant) -> int:
    row = clinic.services.database.row(
        "SELECT count(*) FROM events WHERE account_id = %s", (clinic.account_id,)
    )
    assert row is not None
    return int(row[0])


def test_a_repeat_gets_the_first_answer_and_appends_nothing(clinic: Tenant) -> None:
    first = register(clinic, clinic.asks(idempotency=idempotency()))
    before = events_of(clinic)
    assert register(clinic, clinic.asks(idempotency=idempotency())) == first
    assert events_of(clinic) == before


def test_the_same_key_with_another_body_is_refused(clinic: Tenant) -> None:
    register(clinic, clinic.asks(idempotency=idempotency(body="one")))
    before = events_of(clinic)
    with pytest.raises(KeyReused):
        register(clinic, clinic.asks(idempotency=idempotency(body="two")))
    assert events_of(clinic) == before


def test_another_key_or_another_account_is_another_request(
    services: Services, clinic: Tenant
) -> None:
    other = tenant(services)
    answers = [
        register(clinic, clinic.asks(idempotency=idempotency("k-1")))["id"],
        register(clinic, clinic.asks(idempotency=idempotency("k-2")))["id"],
        register(other, other.asks(idempotency=idempotency("k-1")))["id"],
    ]
    assert len(set(answers)) == 3


def age_answers(database_url: str, clinic: Tenant, age: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as admin:
        admin.execute(
            "UPDATE attestor.idempotency SET created_at = now() - %s::interval"
            " WHERE account_id = %s",
            (age, clinic.account_id),
        )


def test_an_answer_is_kept_for_24_hours_and_the_key_is_free_after_that(
    database_url: str, clinic: Tenant
) -> None:
    first = register(clinic, clinic.asks(idempotency=idempotency(body="one")))
    age_answers(database_url, clinic, "23 hours 59 minutes")
    assert register(clinic, clinic.asks(idempotency=idempotency(body="one"))) == first
    age_answers(database_url, clinic, "24 hours 1 minute")
    second = register(clinic, clinic.asks(idempotency=idempotency(body="two")))
    assert second["id"] != first["id"]
    assert register(clinic, clinic.asks(idempotency=idempotency(body="two"))) == second


def test_sweeping_removes_old_answers_and_no_others(
    database_url: str, services: Services, clinic: Tenant
) -> None:
    with services.database.transaction() as transaction:
        sweep(transaction)
    register(clinic, clinic.asks(idempotency=idempotency("old")))
    age_answers(database_url, clinic, "24 hours 1 minute")
    kept = register(clinic, clinic.asks(idempotency=idempotency("new")))
    with services.database.transaction() as transaction:
        assert sweep(transaction) == 1
    assert register(clinic, clinic.asks(idempotency=idempotency("new"))) == kept


def at_once(command: Callable[[], Any], count: int = 4) -> list[Any]:
    """What the same command says in several threads that start together."""
    barrier = Barrier(count)

    def run() -> Any:
        barrier.wait()
        return command()

    with ThreadPoolExecutor(count) as pool:
        return [each.result() for each in [pool.submit(run) for _ in range(count)]]


@pytest.mark.parametrize("demographics", [{}, {"external_id": "MRN-1"}])
def test_concurrent_twins_of_a_registration_make_one_patient(
    clinic: Tenant, demographics: dict[str, Any]
) -> None:
    before = events_of(clinic)
    answers = at_once(
        lambda: register(clinic, clinic.asks(idempotency=idempotency()), **demographics)
    )
    assert len({answer["id"] for answer in answers}) == 1
    assert events_of(clinic) == before + 1


def test_concurrent_twins_of_a_value_record_it_once(clinic: Tenant) -> None:
    patient, variable = clinic.register(), clinic.variable()
    replaced = clinic.put(patient, variable, "7.0").body["observation_id"]
    before = events_of(clinic)

    def replace() -> dict[str, Any]:
        context = clinic.asks(idempotency=idempotency(), if_match=2)
        try:
            shown = clinic.services.patients.put_value(
                context, patient, "number", variable, ValueIn("7.2", supersedes=replaced)
            )
        except AnsweredBefore as repeat:
            return dict(json.loads(repeat.answer))
        return {"id": shown.id, "version": shown.version}

    # Without their key all but the first would find the value replaced and the version moved on.
    assert at_once(replace) == [{"id": variable, "version": 3}] * 4
    assert events_of(clinic) == before + 1


def test_a_twin_that_is_done_between_the_check_and_the_load_is_found_out(
    services: Services, clinic: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its change is what then stands in the way: here the version that was named."""
    patient = clinic.register()
    context = clinic.asks(idempotency=idempotency(), if_match=1)
    load = services.application.load
    twins: list[Any] = []

    def change() -> Any:
        return services.patients.change_demographics(context, patient, {"name": "Ann"})

    def twin_first(*arguments: Any) -> Any:
        if not twins:
            twins.append(None)
            twins[0] = change()
        return load(*arguments)

    monkeypatch.setattr(services.application, "load", twin_first)
    with pytest.raises(AnsweredBefore) as before:
        change()
    assert json.loads(before.value.answer) == {"id": patient, "version": 2}
    assert twins[0].version == 2


def test_an_answer_is_kept_encrypted(clinic: Tenant, database_url: str) -> None:
    request = idempotency(body="secret")
    marked = Context(
        clinic.context.principal,
        "r",
        idempotency=type(request)(
            request.key, request.scope, request.fingerprint, lambda resource: b"MARKER-4711"
        ),
    )
    clinic.services.patients.register(marked, Demographics())
    with psycopg.connect(database_url) as admin:
        rows = admin.execute("SELECT answer FROM attestor.idempotency").fetchall()
    assert rows
    assert not any(b"MARKER-4711" in row[0] for row in rows)
    with pytest.raises(AnsweredBefore) as before:
        clinic.services.patients.register(marked, Demographics())
    assert before.value.answer == b"MARKER-4711"


def test_a_command_that_fails_keeps_no_answer(clinic: Tenant, services: Services) -> None:
    context = clinic.asks(idempotency=idempotency())
    number = services.application.next_id()
    patient = Patient.register(number, clinic.account_id, Demographics(), context.metadata())
    before = events_of(clinic)
    with pytest.raises(ZeroDivisionError):
        services.application.create(context, [patient], lambda reader, saved: 1 // 0)
    assert events_of(clinic) == before
    assert register(clinic, context)["version"] == 1
