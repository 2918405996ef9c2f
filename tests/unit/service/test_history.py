"""Every event is told in words and data, with what was before it, and by whom."""

import io
from typing import Any

import pytest

from domain.catalogue import CATALOGUE
from domain.document import Evidence, LookedIn
from domain.events import Forgotten
from domain.ids import Kind
from domain.observation import Observation
from domain.patient import Patient
from domain.scrape_answer import ScrapeAnswer
from projections.history import Place
from service.commands.history import lines_of
from service.context import Principal
from service.history.history import Wanted
from service.history.telling import Scene
from service.history.words import FOLLOWING, STATES, WORDS, tell
from tests.factories import Tenant
from tests.unit.service.chronicle import Chronicle
from tests.unit.service.test_golden_events import GOLDEN, decoded

BOX = {"x1": 10.0, "y1": 20.0, "x2": 30.0, "y2": 40.0}


def history(clinic: Tenant, kind: Kind, number: int, **wanted: Any) -> list[dict[str, Any]]:
    """All that happened to something, oldest first."""
    found = clinic.services.history.every(clinic.context, Wanted((kind, number), **wanted))
    return list(found)


def sentences(clinic: Tenant, kind: Kind, number: int) -> list[str]:
    return [entry["sentence"] for entry in history(clinic, kind, number)]


def last(clinic: Tenant, kind: Kind, number: int) -> dict[str, Any]:
    return history(clinic, kind, number)[-1]


def test_every_event_that_was_ever_released_has_words() -> None:
    assert set(WORDS) == {*CATALOGUE, Forgotten}


@pytest.mark.parametrize("sample", GOLDEN, ids=lambda sample: sample["topic"])
def test_every_golden_event_is_told_even_when_nothing_else_is_known(sample: Any) -> None:
    told = tell(decoded(sample), Scene(5))
    assert len(told.sentence) > 5
    assert told.sentence == told.sentence.strip()
    assert "None" not in told.sentence


def test_what_is_told_with_what_was_before_can_always_have_something_before_it() -> None:
    kinds = {event.TOPIC.partition(".")[0] for event in STATES}
    assert {event.TOPIC.partition(".")[0] for event in FOLLOWING} <= kinds


def upload(clinic: Tenant, patient: int, filename: str = "visit.pdf") -> str:
    shown = clinic.services.documents.upload(
        clinic.asks(), patient, filename, io.BytesIO(b"%PDF-1.4 x")
    )
    return str(shown.id)


def test_a_corrected_value_is_told_with_the_one_it_replaced_and_its_page(clinic: Tenant) -> None:
    patient, hba1c = clinic.register(), clinic.variable("HbA1c", units="%")
    document = upload(clinic, patient)
    clinic.put(patient, hba1c, "7.9", observed_on="2025-03-01")
    clinic.put(
        patient, hba1c, "7.2", observed_on="2025-03-01", document_id=document, pdf_page=2,
        highlight=BOX, reason="typo",
    )  # fmt: skip
    entry = last(clinic, Kind.PATIENT, patient)
    assert entry["sentence"] == (
        "HbA1c changed from 7.9 to 7.2 % (observed 2025-03-01), read from page 2 of visit.pdf"
    )
    (change,) = entry["changes"]
    assert (change["before"], change["after"], change["units"]) == ("7.9", "7.2", "%")
    assert change["variable_id"] == hba1c
    assert change["evidence"] == {
        "document_id": document, "filename": "visit.pdf", "pdf_page": 2, "highlight": BOX,
        "note": None,
    }  # fmt: skip
    assert entry["reason"] == "typo"


def test_a_value_beside_others_replaces_nothing(clinic: Tenant) -> None:
    patient, hba1c = clinic.register(), clinic.variable("HbA1c", units="%")
    clinic.put(patient, hba1c, "7.9", observed_on="2025-03-01")
    clinic.put(patient, hba1c, "7.2", observed_on="2025-04-01")
    entry = last(clinic, Kind.PATIENT, patient)
    assert entry["sentence"] == "HbA1c 7.2 % was recorded (observed 2025-04-01)"
    assert entry["changes"][0]["before"] is None


def test_a_date_is_told_without_a_second_date(clinic: Tenant) -> None:
    patient, visit = clinic.register(), clinic.date_variable("Visit")
    clinic.put(patient, visit, "2025-03-01", kind="date")
    clinic.put(patient, visit, "2025-04-01", kind="date", end="2025-04-03")
    assert sentences(clinic, Kind.PATIENT, patient)[1:] == [
        "Visit 2025-03-01 was recorded",
        "Visit changed from 2025-03-01 to 2025-04-01 to 2025-04-03",
    ]


def test_a_withdrawn_value_is_told_as_it_was(clinic: Tenant) -> None:
    patient, hba1c = clinic.register(), clinic.variable("HbA1c", units="%")
    clinic.put(patient, hba1c, "7.9", observed_on="2025-03-01")
    clinic.put(patient, hba1c, None, is_withdrawn=True, reason="wrong patient")
    entry = last(clinic, Kind.PATIENT, patient)
    assert entry["sentence"] == "HbA1c 7.9 % (observed 2025-03-01) was withdrawn"
    assert (entry["changes"][0]["before"], entry["changes"][0]["after"]) == ("7.9", None)


def test_demographics_are_told_field_by_field(clinic: Tenant) -> None:
    patient = clinic.register(name="Ann", sex="F")
    change = clinic.services.patients.change_demographics
    change(clinic.asks(), patient, {"name": "Anne", "sex": None, "payer": "medicare"})
    entry = last(clinic, Kind.PATIENT, patient)
    assert entry["sentence"] == (
        'Name changed from "Ann" to "Anne"; sex "F" was removed; payer was set to "medicare"'
    )
    assert {c["field"]: (c["before"], c["after"]) for c in entry["changes"]} == {
        "name": ("Ann", "Anne"), "sex": ("F", None), "payer": (None, "medicare"),
    }  # fmt: skip


def test_a_scrape_tells_what_it_found_and_what_it_did_not(clinic: Tenant) -> None:
    patient, hba1c = clinic.register(), clinic.variable("HbA1c", units="%")
    ldl, document = clinic.variable("LDL"), upload(clinic, patient)
    found = Observation(
        clinic.services.application.next_id(), hba1c, "number", "7.2", "2025-03-01", "scrape",
        evidence=Evidence(None, 3, BOX, document), confidence=0.9,
    )  # fmt: skip
    answers = [
        ScrapeAnswer(hba1c, "number", found, None, ()),
        ScrapeAnswer(ldl, "number", None, "Nothing in the text is called LDL.", ()),
    ]

    def scrape(chart: Patient) -> None:
        chart.record_scrape(
            answers, documents=[LookedIn(chart.document(document))], model=None, extractor="x",
            extractor_version="1", metadata=clinic.context.metadata(),
        )  # fmt: skip

    clinic.services.application.change(
        clinic.asks(), Patient, patient, scrape, lambda r, s, p, t: None
    )
    assert last(clinic, Kind.PATIENT, patient)["sentence"] == (
        "HbA1c 7.2 % was recorded (observed 2025-03-01), read from page 3 of visit.pdf; a scrape of"
        " visit.pdf found no LDL: Nothing in the text is called LDL."
    )
    for variable in (hba1c, ldl):
        (entry,) = history(clinic, Kind.PATIENT, patient, variable_id=variable)
        assert entry["type"] == "patient.scraped"


def test_a_variable_is_called_what_it_was_called_then(clinic: Tenant) -> None:
    patient, number = clinic.register(), clinic.variable("Glucose", units="mg/dL")
    clinic.put(patient, number, "90", observed_on="2025-03-01")
    rename = clinic.services.variables.change
    rename(clinic.asks(), "number", number, {"name": "Fasting glucose", "units": "mmol/L"})
    clinic.put(patient, number, "5", observed_on="2025-03-02")
    assert sentences(clinic, Kind.PATIENT, patient)[1:] == [
        "Glucose 90 mg/dL was recorded (observed 2025-03-01)",
        "Fasting glucose 5 mmol/L was recorded (observed 2025-03-02)",
    ]
    assert sentences(clinic, Kind.VARIABLE, number) == [
        'Variable "Glucose" was defined',
        'Variable "Glucose": name changed from "Glucose" to "Fasting glucose";'
        ' units changed from "mg/dL" to "mmol/L"',
    ]


def test_a_metric_tells_both_formulas(clinic: Tenant) -> None:
    clinic.variable("HbA1c")
    metric = clinic.metric("initial population: age >= 18", "numerator: hba1c > 9", name="Control")
    after = ("initial population: age >= 18", "numerator: hba1c > 8")
    clinic.services.metrics.change(clinic.asks(), metric, {"calculation_formula": after})
    entry = last(clinic, Kind.METRIC, metric)
    assert [c["field"] for c in entry["changes"]] == ["calculation_formula"]
    assert entry["changes"][0]["before"] == [
        "initial population: age >= 18", "numerator: hba1c > 9"
    ]  # fmt: skip
    assert entry["changes"][0]["after"] == list(after)
    assert 'numerator: hba1c > 9" to ' in entry["sentence"]


def test_a_report_tells_each_step_from_the_one_before(clinic: Tenant) -> None:
    reports = clinic.services.reports
    number = int(reports.freeze(clinic.asks(), None, None).id)
    reports.attest(clinic.asks(), number, "Dr. Who", "true and complete")
    reports.mark_submitted(clinic.asks(), number, "CMS-1")
    new = reports.restate(clinic.asks(), number, "a value was missing").id
    told = history(clinic, Kind.REPORT, number)
    assert [(c["before"], c["after"]) for entry in told for c in entry["changes"]] == [
        (None, "frozen"), ("frozen", "attested"), ("attested", "submitted"),
        ("submitted", "restated"),
    ]  # fmt: skip
    assert [entry["sentence"] for entry in told][1:] == [
        'Dr. Who attested the report: "true and complete"',
        "The report was submitted as CMS-1",
        f"Report {new} took the place of this one",
    ]
    assert told[-1]["reason"] == "a value was missing"


def test_a_key_tells_its_scopes_but_nothing_that_could_be_used_as_it(clinic: Tenant) -> None:
    issued = clinic.services.keys.issue(clinic.asks(), "Desk", ("patients:read",))
    clinic.services.keys.revoke(clinic.asks(), issued.id)
    assert sentences(clinic, Kind.API_KEY, issued.id) == [
        f'API key "Desk" …{issued.secret[-4:]} was issued for patients:read',
        "The key was revoked",
    ]
    assert issued.secret not in str(history(clinic, Kind.API_KEY, issued.id))


def test_who_acted_is_the_key_with_its_name_and_last_characters(clinic: Tenant) -> None:
    issued = clinic.services.keys.issue(clinic.asks(), "Front desk", ("patients:write",))
    account = clinic.context.principal
    as_key = Principal(account.account_id, "UTC", frozenset(), issued.id)
    context = clinic.asks(principal=as_key)
    patient = Tenant(clinic.services, context, issued.secret).register()
    entry = last(clinic, Kind.PATIENT, patient)
    assert entry["actor"] == f"key:{issued.id}"
    assert entry["who"] == {
        "kind": "key", "id": issued.id, "name": "Front desk", "last4": issued.secret[-4:]
    }  # fmt: skip


def test_nobody_but_the_system_opened_the_account(clinic: Tenant) -> None:
    (entry,) = history(clinic, Kind.ACCOUNT, clinic.account_id)
    assert entry["sentence"] == 'Account "North Clinic" was opened; its days are those of UTC'
    assert entry["who"] == {"kind": "system", "id": None, "name": "attestor", "last4": None}


def test_an_account_reads_back_all_of_its_events_and_no_other(
    clinic: Tenant, services: Any
) -> None:
    chronicle = Chronicle(clinic, 21)
    chronicle.goes_on(40)
    told = list(services.history.every(clinic.context, Wanted()))
    rows = services.database.rows(
        "SELECT position, originator_version, topic FROM events WHERE account_id = %s"
        " ORDER BY position",
        (clinic.account_id,),
    )
    assert [(int(e["position"]), e["version"], e["type"]) for e in told] == rows
    assert len(rows) > 30
    newest = services.history.every(clinic.context, Wanted(), is_newest_first=True)
    assert list(newest) == told[::-1]


def test_pages_of_every_size_and_direction_are_parts_of_the_whole(
    clinic: Tenant, services: Any
) -> None:
    patient = clinic.register()
    for n in range(6):
        clinic.services.patients.change_demographics(clinic.asks(), patient, {"name": str(n)})
    whole = [entry["position"] for entry in history(clinic, Kind.PATIENT, patient)]
    for is_newest_first in (False, True):
        order = whole[::-1] if is_newest_first else whole
        for limit in (1, 2, 3, 7, 9):
            for at, edge in enumerate(order):
                wanted = Wanted((Kind.PATIENT, patient))
                after = Place(limit, after=int(edge), is_newest_first=is_newest_first)
                before = Place(limit, before=int(edge), is_newest_first=is_newest_first)
                page = services.history.page(clinic.context, wanted, after)
                assert [e["position"] for e in page.items] == order[at + 1 : at + 1 + limit]
                page = services.history.page(clinic.context, wanted, before)
                assert [e["position"] for e in page.items] == order[max(0, at - limit) : at]
                assert page.total == len(whole)


def test_a_long_sentence_runs_on_below_itself_on_the_terminal() -> None:
    entry = {
        "version": 12, "recorded_at": "2026-01-31T12:00:00.000001Z", "reason": "audit",
        "sentence": " ".join(["word"] * 20),
        "who": {"kind": "key", "name": "Desk", "last4": "abcd"},
    }  # fmt: skip
    first, *others = lines_of(entry, 100)
    assert first.startswith("   12  2026-01-31 12:00:00  Desk …abcd")
    assert all(len(line) <= 100 for line in (first, *others))
    column = first.index("word")
    assert [line[:column] for line in others] == [" " * column] * len(others)
    assert " ".join(line[column:] for line in (first, *others)) == "word " * 20 + "[audit]"
