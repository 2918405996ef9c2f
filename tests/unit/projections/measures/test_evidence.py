"""The observations behind each population are those its expression asks for."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from domain.measures.names import VariableName
from domain.measures.parser import Names, parse
from projections.measures.evidence import compile_evidence
from tests.unit.projections.measures.running import ACCOUNT, YEAR, Connection, connected
from tests.unit.projections.measures.world import NOW, Person, Seen, store

NAMES = Names([VariableName(1, "number", "hba1c"), VariableName(2, "date", "visit")])
ADA = Person(
    1,
    seen=(
        Seen(11, 1, date(2025, 2, 1), number=Decimal(8), text="8"),
        Seen(12, 1, date(2025, 9, 1), number=Decimal(9), text="9"),
        Seen(13, 2, date(2025, 9, 1)),
        Seen(14, 2, date(2025, 10, 1)),
        Seen(15, 2, date(2024, 10, 1)),
        Seen(16, 2, date(2025, 11, 1), until=5),
    ),
)
BEN = Person(2, seen=(Seen(21, 2, date(2025, 3, 1)),))
STRANGER = Person(3, seen=(Seen(31, 2, date(2025, 3, 1)),))


@pytest.fixture(scope="module")
def database(database_url: str) -> Iterator[Connection]:
    with connected(database_url) as connection:
        store(connection, ACCOUNT, [ADA, BEN])
        store(connection, ACCOUNT + 1, [STRANGER])
        yield connection


def evidence(
    database: Connection,
    lines: list[str],
    position: int = NOW,
    patient_ids: list[int] | None = None,
) -> dict[tuple[int, str], list[int]]:
    compiled = compile_evidence(parse(lines, NAMES))
    scope = {
        "account_id": ACCOUNT,
        "patient_ids": patient_ids,
        "start": YEAR[0],
        "end": YEAR[1],
        "position": position,
    }
    found = database.execute(compiled.sql, {**compiled.parameters, **scope}).fetchall()
    return {(patient, compiled.parts[part]): ids for patient, part, ids in found}


MEASURE = [
    "initial population: exists(visit during period) and age > 18",
    "denominator exclusion: not exists(hba1c)",
    "numerator: hba1c >= 9 and max(hba1c) < 10 and not exists(visit on or after @2030-01-01)",
]


def test_each_population_has_the_observations_it_asks_for(database: Connection) -> None:
    assert evidence(database, MEASURE) == {
        (1, "initial-population"): [13, 14],
        (1, "denominator-exclusion"): [11, 12],
        (1, "numerator"): [11, 12],
        (2, "initial-population"): [21],
    }


def test_a_current_value_is_its_own_evidence(database: Connection) -> None:
    lines = ["initial population: hba1c > 8"]
    assert evidence(database, lines) == {(1, "initial-population"): [12]}


def test_evidence_is_what_was_known_at_a_position(database: Connection) -> None:
    found = evidence(database, MEASURE, position=4, patient_ids=[1])
    assert found[1, "initial-population"] == [13, 14, 16]
    assert {patient for patient, _ in found} == {1}


def test_aggregates_of_a_free_score_have_evidence(database: Connection) -> None:
    lines = ["count(patients where visit) + avg(hba1c) + count(patients)"]
    assert evidence(database, lines) == {
        (1, "count 1"): [13, 14, 15],
        (1, "avg 2"): [12],
        (2, "count 1"): [21],
    }


def test_what_asks_nothing_of_series_has_no_evidence(database: Connection) -> None:
    assert evidence(database, ["initial population: age > 18"]) == {}
