"""What a client is shown after it wrote a value, and which values it cannot write."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from domain.errors import Forbidden, Invalid, NotFound
from projections.observations import list_observations
from projections.patients import PatientFilter, find_patient, list_patients
from service.bootstrap import Services
from service.patients import Patients, ValueIn
from tests.factories import Tenant, tenant

BOX = {"x0": 1.0, "y0": 2.0, "x1": 3.0, "y1": 4.0}


def body_of(clinic: Tenant, patient: int) -> dict[str, Any]:
    """The patient as a GET shows it."""
    record = find_patient(clinic.services.database, patient)
    assert record is not None
    return dict(orjson.loads(orjson.dumps(record.body)))


def shown(clinic: Tenant, patient: int, variable: int) -> dict[str, Any] | None:
    """The value of a variable as a GET of the patient shows it."""
    body = body_of(clinic, patient)
    both = [*body["variables"], *body["date_variables"]]
    return next((each for each in both if each["id"] == variable), None)


def standing(clinic: Tenant, patient: int) -> list[str]:
    """All values that stand, latest clinical day first."""
    _, items = list_observations(clinic.services.database, patient, None, 100, 0)
    return [item["value"] for item in items]


@pytest.mark.parametrize("kind", ["number", "date"])
def test_the_answer_of_a_write_is_what_a_get_shows(clinic: Tenant, kind: Any) -> None:
    patient = clinic.register(name="Ann")
    variable = clinic.date_variable("Visit") if kind == "date" else clinic.variable("A", units="%")
    value = "2025-03-01" if kind == "date" else "7.20"
    put = clinic.put(
        patient, variable, value, kind=kind, note="n", pdf_page=2, highlight=BOX, reason="typo"
    )
    assert shown(clinic, patient, variable) == put.body
    assert put.body["value"] == value
    assert (put.body["note"], put.body["pdf_page"], put.body["highlight"]) == ("n", 2, BOX)
    assert put.version == body_of(clinic, patient)["version"] == 2


# measures.md 6.1, as a client sees it.
@pytest.mark.parametrize(
    ("writes", "stands", "is_shown"),
    [
        ([("put", "1", "2025-03-01"), ("put", "2", "2025-03-01")], ["2"], "2"),
        ([("put", "1", "2025-03-01"), ("put", "2", "2025-03-02")], ["2", "1"], "2"),
        ([("put", "1", "2025-03-02"), ("put", "2", "2025-03-01")], ["1", "2"], "1"),
        ([("add", "1", "2025-03-01"), ("put", "2", "2025-03-01")], ["2", "1"], "2"),
        ([("put", "1", "2025-03-01"), ("add", "2", "2025-03-01")], ["2", "1"], "2"),
        ([("add", "1", "2025-03-01"), ("add", "2", "2025-03-01")], ["2", "1"], "2"),
        ([("add", "1", "2025-03-02"), ("add", "2", "2025-03-01")], ["1", "2"], "1"),
    ],
)
def test_values_of_a_day_give_way_or_stand_beside_each_other(
    clinic: Tenant, writes: list[tuple[str, str, str]], stands: list[str], is_shown: str
) -> None:
    patient, variable = clinic.register(), clinic.variable()
    for how, value, day in writes:
        write = clinic.put if how == "put" else clinic.add
        write(patient, variable, value, observed_on=day)
    assert standing(clinic, patient) == stands
    seen = shown(clinic, patient, variable)
    assert seen is not None
    assert seen["value"] == is_shown


def test_a_put_date_replaces_the_shown_date_of_another_day(clinic: Tenant) -> None:
    patient, visit = clinic.register(), clinic.date_variable()
    clinic.put(patient, visit, "2025-03-02", kind="date")
    clinic.put(patient, visit, "2025-01-01", kind="date", end="2025-02-01")
    assert standing(clinic, patient) == ["2025-01-01"]
    clinic.add(patient, visit, "2024-01-01", kind="date")
    assert standing(clinic, patient) == ["2025-01-01", "2024-01-01"]


def test_a_withdrawal_shows_the_value_before_or_nothing(clinic: Tenant) -> None:
    patient, variable = clinic.register(), clinic.variable(units="%")
    clinic.put(patient, variable, "1", observed_on="2025-03-01")
    clinic.put(patient, variable, "2", observed_on="2025-03-02")
    assert clinic.put(patient, variable, None, is_withdrawn=True).body["value"] == "1"
    last = clinic.put(patient, variable, None, is_withdrawn=True)
    assert last.body == {
        "id": variable, "name": "HbA1c", "units": "%", "value": None, "note": None,
        "pdf_page": None, "highlight": None,
    }  # fmt: skip
    assert shown(clinic, patient, variable) is None
    with pytest.raises(Invalid) as refused:
        clinic.put(patient, variable, None, is_withdrawn=True)
    assert refused.value.faults[0].pointer == "#/withdraw"


def test_a_chosen_value_is_withdrawn_and_the_shown_one_stays(clinic: Tenant) -> None:
    patient, variable = clinic.register(), clinic.variable()
    first = clinic.put(patient, variable, "1", observed_on="2025-03-01").body["observation_id"]
    clinic.put(patient, variable, "2", observed_on="2025-03-02")
    clinic.put(patient, variable, None, is_withdrawn=True, supersedes=first)
    assert standing(clinic, patient) == ["2"]
    with pytest.raises(NotFound):
        clinic.put(patient, variable, None, is_withdrawn=True, supersedes=first)


def test_a_value_is_not_withdrawn_through_another_variable(clinic: Tenant) -> None:
    patient, one, other = clinic.register(), clinic.variable("One"), clinic.variable("Other")
    value = clinic.put(patient, one, "1").body["observation_id"]
    with pytest.raises(Invalid) as refused:
        clinic.put(patient, other, None, is_withdrawn=True, supersedes=value)
    assert refused.value.faults[0].pointer == "#/supersedes"


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("number", {"value": "21"}, "#/value"),
    ("number", {"value": None}, "#/value"),
    ("number", {"value": "7", "end": "2025-01-01"}, "#/end"),
    ("number", {"value": "7", "observed_on": "2025-02-30"}, "#/observed_on"),
    ("number", {"value": "7", "document_id": "pdf_nowhere"}, "#/document_id"),
    ("date", {"value": "2025-02-30"}, "#/value"),
    ("date", {"value": "soon"}, "#/value"),
    ("date", {"value": "2025-02-02", "end": "2025-02-01"}, "#/end"),
]


@pytest.mark.parametrize(("kind", "sent", "pointer"), REFUSED)
def test_a_value_that_breaks_a_rule_is_refused_by_its_field(
    clinic: Tenant, kind: Any, sent: dict[str, Any], pointer: str
) -> None:
    patient = clinic.register()
    variable = clinic.date_variable() if kind == "date" else clinic.variable(valid_max="20")
    with pytest.raises(Invalid) as refused:
        clinic.put(patient, variable, sent.pop("value"), kind=kind, **sent)
    assert refused.value.faults[0].pointer == pointer
    assert body_of(clinic, patient)["version"] == 1


def test_a_number_is_not_put_under_a_date_variable(clinic: Tenant) -> None:
    with pytest.raises(NotFound):
        clinic.put(clinic.register(), clinic.date_variable(), "7")


def test_patients_and_variables_of_another_account_cannot_be_written(
    services: Services, clinic: Tenant
) -> None:
    stranger = tenant(services)
    with pytest.raises(Forbidden):
        stranger.put(clinic.register(), stranger.variable(), "7")
    with pytest.raises(Forbidden):
        stranger.put(stranger.register(), clinic.variable(), "7")
    with pytest.raises(Forbidden):
        services.patients.change_demographics(stranger.asks(), clinic.register(), {"name": "Eve"})


@pytest.mark.parametrize(
    ("zone", "day"), [("UTC", "2025-03-01"), ("America/New_York", "2025-02-28")]
)
def test_a_value_without_a_day_is_of_the_accounts_today(
    services: Services, zone: str, day: str
) -> None:
    clinic = tenant(services, zone=zone)
    patients = Patients(services.application, lambda: datetime(2025, 3, 1, 2, 30, tzinfo=UTC))
    put = patients.put_value(
        clinic.asks(), clinic.register(), "number", clinic.variable(), ValueIn("7")
    )
    assert put.body["observed_on"] == day


@pytest.mark.parametrize("dob", ["1960-02-30", "60-01-01", "9999-01-01"])
def test_a_date_of_birth_is_a_day_that_has_come(clinic: Tenant, dob: str) -> None:
    with pytest.raises(Invalid) as refused:
        clinic.register(dob=dob)
    assert refused.value.faults[0].pointer == "#/dob"


def test_fields_that_are_not_sent_keep_their_values(clinic: Tenant) -> None:
    patient = clinic.register(name="Ann", sex="F", additional_variables={"income": 20.5})
    clinic.services.patients.change_demographics(clinic.asks(), patient, {"sex": None})
    body = body_of(clinic, patient)
    assert (body["name"], body["sex"]) == ("Ann", None)
    assert body["additional_variables"] == {"income": 20.5}


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({}, ["Ann", "Bob", "annabel"]),
        ({"q": "ANN"}, ["Ann", "annabel"]),
        ({"q": "MRN-2"}, ["Bob"]),
        ({"q": "%"}, []),
        ({"name": "Ann"}, ["Ann"]),
        ({"sex": "F"}, ["Ann", "annabel"]),
        ({"dob": "1960-02-29", "sex": "F"}, ["Ann"]),
        ({"external_id": "MRN-2"}, ["Bob"]),
        ({"sort": "-id"}, ["annabel", "Bob", "Ann"]),
        ({"sort": "-dob", "sex": "F"}, ["annabel", "Ann"]),
    ],
)
def test_a_list_shows_the_patients_that_match_in_the_order_asked_for(
    services: Services, wanted: dict[str, str], names: list[str]
) -> None:
    clinic = tenant(services)
    clinic.register(name="Ann", sex="F", dob="1960-02-29")
    clinic.register(name="Bob", external_id="MRN-2", dob="1960-02-29")
    clinic.register(name="annabel", sex="F", dob="1990-01-01")
    tenant(services).register(name="Ann", sex="F", dob="1960-02-29")
    total, page = list_patients(
        services.database, clinic.account_id, PatientFilter(**wanted), 100, 0
    )
    shown_names = [orjson.loads(orjson.dumps(each.body))["name"] for each in page]
    assert (total, shown_names) == (len(names), names)


def test_pages_cover_the_list_once_by_number_and_by_key(services: Services, clinic: Tenant) -> None:
    numbers = [clinic.register() for _ in range(7)]
    everything = PatientFilter()
    by_offset = [
        record.id
        for offset in (0, 3, 6, 9)
        for record in list_patients(services.database, clinic.account_id, everything, 3, offset)[1]
    ]
    by_key: list[int] = []
    while True:
        after = by_key[-1] if by_key else None
        _, page = list_patients(services.database, clinic.account_id, everything, 3, 0, after)
        if not page:
            break
        by_key += [record.id for record in page]
    assert by_offset == by_key == numbers
