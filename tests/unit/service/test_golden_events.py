"""Every event that was ever stored can still be read.

`tests/golden/events.json` has one object `{topic, class_version, state}` for each event class in
each version that was released: `state` is the JSON as it was stored, before encryption. The
objects of one aggregate follow each other in the order of its versions.

The file only grows. To release a new event, append an object for it by hand. To change an event,
raise its `class_version`, write `upcast_v<old>_v<new>(state)`, and append an object of the new
version; the old object stays, and has to come out of the upcast like a new one.
"""

import json
from copy import deepcopy
from dataclasses import fields
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from eventsourcing.utils import get_topic, register_topic, resolve_topic

from domain import events
from domain.account import Account, ApiKey
from domain.catalogue import CATALOGUE
from domain.demographics import Demographics
from domain.document import DocumentStatus
from domain.ids import Kind, aggregate_id
from domain.job import Job
from domain.metric import Metric
from domain.patient import Patient
from domain.report import Report
from domain.variable import DateVariable, Variable
from service.mapper import EventMapper, decode

GOLDEN: list[dict[str, Any]] = json.loads(
    Path(__file__).parents[2].joinpath("golden", "events.json").read_text("utf-8")
)
KINDS = {
    "account": Kind.ACCOUNT,
    "api_key": Kind.API_KEY,
    "patient": Kind.PATIENT,
    "variable": Kind.VARIABLE,
    "date_variable": Kind.DATE_VARIABLE,
    "metric": Kind.METRIC,
    "job": Kind.JOB,
    "report": Kind.REPORT,
    "user": Kind.USER,
}
RELEASED = {
    (get_topic(event), version)
    for event in CATALOGUE
    for version in range(1, getattr(event, "class_version", 1) + 1)
}


class Plain:
    """A patient's cipher that shows what it was given."""

    def encrypt(self, patient_id: int, plaintext: bytes, associated: bytes) -> bytes:
        return plaintext

    def decrypt(self, patient_id: int, ciphertext: bytes, associated: bytes) -> bytes:
        return ciphertext


MAPPER = EventMapper(Plain())


def place_of(sample: dict[str, Any]) -> tuple[str, int]:
    return sample["topic"], sample["class_version"]


def decoded(sample: dict[str, Any], number: int = 7, version: int = 1) -> Any:
    aggregate = aggregate_id(KINDS[sample["topic"].split(".")[0]], number)
    state = deepcopy(sample["state"])
    if sample["class_version"] > 1:
        state["class_version"] = sample["class_version"]
    return decode(sample["topic"], aggregate, version, state)


def complaints(samples: list[dict[str, Any]]) -> list[str]:
    """What is wrong with a golden file, each named by its topic and version."""
    seen = [place_of(sample) for sample in samples]
    found = [f"{place} is missing" for place in sorted(RELEASED - set(seen))]
    found += [f"{place} was never released" for place in sorted(set(seen) - RELEASED)]
    for sample in samples:
        place = place_of(sample)
        if place not in RELEASED:
            continue
        event_class: Any = resolve_topic(sample["topic"])
        try:
            event = decoded(sample)
        except (KeyError, TypeError) as error:
            found.append(f"{place} cannot be decoded: {error!r}")
            continue
        if vars(event).keys() != {field.name for field in fields(event_class)}:
            found.append(f"{place} has other fields than its class")
        elif sample["class_version"] == getattr(event_class, "class_version", 1):
            stored = json.loads(MAPPER.to_stored_event(event).state)
            stored.pop("class_version", None)
            if stored != sample["state"]:
                found.append(f"{place} is stored in another form now")
    return found


def test_every_version_of_every_event_is_in_the_file_and_reads_back_the_same() -> None:
    assert complaints(GOLDEN) == []


@pytest.mark.parametrize("sample", GOLDEN, ids=lambda sample: sample["topic"])
def test_a_sample_that_was_removed_is_missed(sample: dict[str, Any]) -> None:
    rest = [each for each in GOLDEN if each is not sample]
    assert complaints(rest) == [f"{place_of(sample)} is missing"]


@pytest.mark.parametrize("sample", GOLDEN, ids=lambda sample: sample["topic"])
def test_a_field_that_an_event_lost_or_gained_is_noticed(sample: dict[str, Any]) -> None:
    for name in sample["state"]:
        lost = deepcopy(sample)
        del lost["state"][name]
        assert any(str(place_of(sample)) in each for each in complaints([lost])), name
    gained = deepcopy(sample)
    gained["state"]["shoe_size"] = 43
    assert any("has other fields" in each for each in complaints([gained]))


def test_an_event_of_a_later_release_is_noticed() -> None:
    later = {**GOLDEN[0], "class_version": 99}
    assert f"{place_of(later)} was never released" in complaints([*GOLDEN, later])


def replayed(prefix: str, before: str = "") -> Any:
    """The aggregate whose whole history the samples with this prefix are, or up to a topic."""
    aggregate: Any = None
    history = [sample for sample in GOLDEN if sample["topic"].split(".")[0] == prefix]
    topics = [sample["topic"] for sample in history]
    history = history[: topics.index(before)] if before else history
    for version, sample in enumerate(history, start=1):
        aggregate = decoded(sample, version=version).mutate(aggregate)
    return aggregate


def test_a_stored_patient_replays_to_the_chart_that_it_was() -> None:
    patient: Patient = replayed("patient", before="patient.erased")
    assert patient.demographics == Demographics(
        "Ann Oak", "1960-02-29", "F", "MRN-7", "white", "not hispanic", None,
        {"income": 20.5, "tags": ["a"]},
    )  # fmt: skip
    # 102 was withdrawn, 101 gave way to the scrape of its day, and that to its acceptance.
    assert {n: o.value for n, o in patient.observations.items()} == {103: "2025-01-01", 106: "7.4"}
    assert patient.observations[106].supersedes == (104,)
    assert patient.observations[106].carried.note == "after lunch"
    assert patient.observations[103].end == "2025-02-01"
    (document,) = patient.documents.values()
    assert (document.status, document.filename) == (DocumentStatus.READY, "visit-note.pdf")
    assert patient.account_id == 1
    assert not patient.is_held


def test_a_stored_erasure_leaves_no_chart() -> None:
    assert replayed("patient", before="patient.released").is_held
    assert replayed("patient") is None


def test_every_other_stored_aggregate_replays_to_what_it_was() -> None:
    account: Account = replayed("account")
    key: ApiKey = replayed("api_key")
    variable: Variable = replayed("variable")
    date_variable: DateVariable = replayed("date_variable")
    metric: Metric = replayed("metric")
    job: Job = replayed("job")
    report: Report = replayed("report")
    assert (account.name, account.zone) == ("North Clinic", "America/New_York")
    assert (key.is_revoked, key.expires_at) == (True, "2025-06-01T12:00:00+00:00")
    assert (variable.definition.name, variable.definition.valid_max) == ("Haemoglobin A1c", None)
    assert not date_variable.definition.is_interval
    assert (metric.definition.references, metric.definition.filter_variable_id) == (
        {"hba1c": 11},
        11,
    )
    assert job.status == "succeeded"
    assert (report.status, report.content.metric_versions) == ("restated", {12: 1, 13: 4})


class Weighed(events.Created):
    """An event whose class changed twice: grams became kilograms, then got a device."""

    TOPIC = "test.weighed"
    class_version = 3
    kilograms: float
    device: str | None

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        state["kilograms"] = state.pop("grams") / 1000

    @staticmethod
    def upcast_v2_v3(state: dict[str, Any]) -> None:
        state["device"] = None


register_topic(Weighed.TOPIC, Weighed)
STAMP = {
    "timestamp": "2025-03-01T14:30:00.000250+00:00",
    "originator_topic": "test",
    "metadata": {
        "actor": "key:2",
        "channel": "rest",
        "account_id": 1,
        "request_id": "r",
        "release": "0.1.0",
    },
}


@pytest.mark.parametrize(
    ("state", "kilograms", "device"),
    [
        ({"grams": 70500}, 70.5, None),
        ({"class_version": 2, "kilograms": 70.5}, 70.5, None),
        ({"class_version": 3, "kilograms": 70.5, "device": "scale"}, 70.5, "scale"),
    ],
)
def test_an_older_event_is_brought_to_its_present_class_step_by_step(
    state: dict[str, Any], kilograms: float, device: str | None
) -> None:
    event: Any = decode("test.weighed", UUID(int=1), 1, {**deepcopy(STAMP), **state})
    assert isinstance(event, Weighed)
    assert (event.kilograms, event.device) == (kilograms, device)
    assert not hasattr(event, "grams")


def test_an_event_is_stored_with_the_version_of_its_class() -> None:
    state = {**deepcopy(STAMP), "kilograms": 70.5, "device": "scale", "class_version": 3}
    event = decode("test.weighed", aggregate_id(Kind.JOB, 1), 1, deepcopy(state))
    assert json.loads(MAPPER.to_stored_event(event).state) == state
