"""An event says who caused it, or it does not exist; its shape on disk is kept for ever."""

import inspect
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest
from eventsourcing.utils import get_topic

from domain import events
from domain.account import Account, ApiKey
from domain.catalogue import CATALOGUE
from domain.demographics import Demographics
from domain.document import Document, LookedIn
from domain.ids import Kind, aggregate_id
from domain.job import Job
from domain.metric import Metric, MetricDefinition
from domain.patient import Patient
from domain.report import Report
from domain.user import User
from domain.variable import DateVariable, DateVariableDefinition, Variable, VariableDefinition
from tests.factories import chart, metadata, observation

AGGREGATES = (Account, ApiKey, Patient, Variable, DateVariable, Metric, Report, Job, User)


@pytest.mark.parametrize("absent", [None, {}, "key:7"])
def test_an_event_without_metadata_cannot_be_made(absent: Any) -> None:
    with pytest.raises(TypeError, match=r"metadata|Metadata"):
        chart().trigger_event(
            Patient.ObservationWithdrawn,
            account_id=1,
            observation_id=1,
            variable_id=11,
            metadata=absent,
        )


def test_metadata_cannot_be_left_out_by_forgetting_it() -> None:
    with pytest.raises(TypeError, match="metadata"):
        chart().trigger_event(
            Patient.ObservationWithdrawn, account_id=1, observation_id=1, variable_id=11
        )


def test_a_refused_event_leaves_the_aggregate_as_it_was() -> None:
    patient = chart()
    with pytest.raises(TypeError):
        patient.change_demographics(Demographics(name="Ann"), None)  # type: ignore[arg-type]
    assert patient.version == 1
    assert patient.demographics.name is None
    assert len(patient.collect_events()) == 1


def test_an_event_cannot_be_changed_after_it_happened() -> None:
    (event,) = chart().collect_events()
    with pytest.raises(FrozenInstanceError):
        event.metadata = metadata(actor="key:8")  # type: ignore[misc]


def released_by(aggregate: type) -> set[type]:
    """The event classes of an aggregate, without the bases that never happen."""
    inner = {each for _, each in inspect.getmembers(aggregate, inspect.isclass)}
    return {each for each in inner if issubclass(each, events.Event) and hasattr(each, "TOPIC")}


def test_the_catalogue_has_every_event_of_every_aggregate() -> None:
    assert set().union(*map(released_by, AGGREGATES)) == set(CATALOGUE)


def test_no_two_events_share_a_topic() -> None:
    topics = [get_topic(each) for each in CATALOGUE]
    assert len(set(topics)) == len(topics)


@pytest.mark.parametrize("event", CATALOGUE, ids=get_topic)
def test_topics_name_no_python_module_so_that_files_can_move(event: type) -> None:
    assert ":" not in get_topic(event)
    assert get_topic(event) == event.TOPIC  # type: ignore[attr-defined]


def patient_that_lived() -> Patient:
    patient = chart(name="Ann")
    patient.record_observation(observation(1), metadata())
    patient.import_observations([observation(2), observation(3)], metadata())
    patient.withdraw_observation(2, metadata())
    patient.add_document("pdf_1", "0" * 64, "note.pdf", 10, metadata())
    patient.document_was_read("pdf_1", 1, {"pages": 1}, metadata())
    patient.record_scrape(
        [],
        documents=[LookedIn(Document("pdf_1", "0" * 64, "note.pdf"))],
        model=None,
        extractor="x",
        extractor_version="1",
        metadata=metadata(),
    )
    patient.change_demographics(Demographics(name="Anna"), metadata())
    return patient


def test_replaying_a_patient_gives_the_patient_that_decided() -> None:
    lived = patient_that_lived()
    replayed: Any = None
    for event in lived.collect_events():
        replayed = event.mutate(replayed)
    assert vars(replayed) == vars(lived) | {"_pending_events": replayed._pending_events}
    assert replayed.version == 8


def test_changing_to_the_present_definition_is_no_event() -> None:
    variable = Variable.define(1, 1, VariableDefinition("HbA1c", aliases=("a1c",)), metadata())
    date_variable = DateVariable.define(2, 1, DateVariableDefinition("Visit"), metadata())
    metric = Metric.define(
        3, 1, MetricDefinition("M", ("count(patients)",), {}, "free"), metadata()
    )
    variable.change(VariableDefinition("HbA1c", aliases=("a1c",)), metadata())
    date_variable.change(DateVariableDefinition("Visit"), metadata())
    metric.change(replace(metric.definition), metadata())
    assert [each.version for each in (variable, date_variable, metric)] == [1, 1, 1]


def test_an_aggregate_knows_its_public_number() -> None:
    assert chart(42).number == 42
    assert chart(42).id == aggregate_id(Kind.PATIENT, 42)
