"""Folding is pure, and it does not matter how a log is cut into batches."""

from datetime import UTC, datetime, timedelta
from importlib import resources
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.account import Account
from domain.demographics import Demographics
from domain.patient import Patient
from domain.variable import Variable, VariableDefinition
from projections.inline import INLINE, fold_inline
from projections.projection import Recorded
from projections.queries import load
from tests.factories import chart, metadata, observation

START = datetime(2025, 3, 1, 12, tzinfo=UTC)


def history() -> list[Recorded]:
    """Three aggregates, one after the other."""
    patient = chart(7, name="Ann", external_id="MRN-7")
    patient.record_observation(observation(1, "128/76"), metadata())
    patient.record_observation(
        patient.put_in_place(observation(2, "high")), metadata(actor="key:9")
    )
    patient.withdraw_observation(2, metadata())
    patient.change_demographics(Demographics(name="Anna"), metadata())
    patient.add_document("pdf_1", "0" * 64, "a.pdf", 10, metadata())
    patient.document_was_read("pdf_1", 2, {"pages": 2}, metadata())
    account = Account.open(1, "Clinic", "UTC", metadata())
    variable = Variable.define(11, 1, VariableDefinition("HbA1c"), metadata())
    events: list[Any] = [
        event for each in (account, variable, patient) for event in each.collect_events()
    ]
    return [
        Recorded(position, event, START + timedelta(seconds=position))
        for position, event in enumerate(events, start=1)
    ]


# One row per patient, whose parts a batch has brought together.
MERGED = "patient_heads"


def rows_of(batches: list[list[Recorded]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for batch in batches:
        for name, rows in fold_inline(batch).items():
            found.setdefault(name, []).extend(rows)
    return found


@given(st.sets(st.integers(1, 8)))
def test_cutting_the_log_anywhere_gives_the_same_rows(cuts: set[int]) -> None:
    log = history()
    edges = [0, *sorted(cuts), len(log)]
    pieces = [log[a:b] for a, b in pairwise(edges)]
    whole, cut = rows_of([log]), rows_of(pieces)
    heads, (head,) = cut.pop(MERGED), whole.pop(MERGED)
    assert cut == whole
    # A later head replaces an earlier one, but for what it does not bring.
    joined: dict[str, Any] = {}
    for each in heads:
        joined |= {name: value for name, value in each.items() if value is not None}
    assert joined == head


def test_folding_the_same_batch_twice_gives_the_same_rows() -> None:
    log = history()
    assert fold_inline(log) == fold_inline(log)


def test_a_value_is_closed_where_its_successor_opens() -> None:
    rows = fold_inline(history())
    opened = {row["id"]: row["position"] for row in rows["observations"]}
    assert rows["observation_ends"] == [
        {"id": 1, "position": opened[2]},
        {"id": 2, "position": opened[2] + 1},
    ]


def test_numbers_pairs_and_texts_land_in_their_columns() -> None:
    columns = [
        (r["number"], r["second"], r["text"]) for r in fold_inline(history())["observations"]
    ]
    assert columns == [("128", "76", "128/76"), (None, None, "high")]


def test_who_recorded_a_value_is_shown_with_it() -> None:
    bodies = [row["body"] for row in fold_inline(history())["observations"]]
    assert [body["recorded_by"] for body in bodies] == ["key:7", "key:9"]


def test_every_row_says_where_it_comes_from() -> None:
    log = history()
    positions = {recorded.position for recorded in log}
    rows = [row for each in fold_inline(log).values() for row in each]
    assert {row["position"] for row in rows} <= positions


def test_no_two_read_models_write_one_table() -> None:
    tables = [table for each in INLINE for table in each.tables]
    assert len(set(tables)) == len(tables)


def test_a_batch_without_events_folds_to_nothing() -> None:
    assert fold_inline([]) == {}


def test_an_event_while_it_is_appended_brings_no_time_of_its_own() -> None:
    (event,) = chart().collect_events()
    recorded: Any = Recorded(1, event)  # type: ignore[arg-type]
    assert isinstance(event, Patient.Created)
    assert "recorded_at" not in recorded.row(id=1)


SQL = sorted(resources.files("projections").joinpath("sql").iterdir(), key=lambda file: file.name)


@pytest.mark.parametrize("file", SQL, ids=lambda file: file.name)
def test_every_named_query_is_loaded_under_a_name_of_its_own(file: Any) -> None:
    headings = [
        line.split()[2] for line in file.read_text("utf-8").splitlines() if line[:8] == "-- name:"
    ]
    queries = load(file.name.removesuffix(".sql"))
    assert list(queries) == headings
    assert all(text and not text.endswith(";") for text in queries.values())
