"""Synthetic patients with ten values each, copied straight into the read models.

No event tells of them: what is measured is what measures cost, not how patients get in. They are
the same for the same number of patients.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

import psycopg

from projections.projection import OPEN

VALUES_EACH = 10
_FIRST_ID = 1_000_000_000
_YEAR = date(2025, 1, 1)
_DAYS = [(_YEAR + timedelta(days)).isoformat() for days in range(-120, 365)]
_BIRTHS = [(date(1940, 1, 1) + timedelta(30 * n)).isoformat() for n in range(830)]
_FIXED = (
    "Blood pressure", "Diabetes", "Office visit", "Office visit", "HbA1c laboratory test",
    "HbA1c laboratory test", "HbA1c laboratory test", "Glucose management indicator",
)  # fmt: skip
_TESTS = range(4, 8)
_CORRECTED, _CORRECTION = 5, 6
_EXTRAS = (
    "Telephone visit", "Annual wellness visit", "Nutrition visit", "Office visit",
    "Housing status", "Hospice encounter", "Palliative care encounter", "Frailty diagnosis",
    "Frailty symptom", "Dementia medication", "Advanced illness diagnosis",
)  # fmt: skip
_PATIENTS = "COPY patients (id, account_id, from_position, name, dob, sex, attributes, body)"
_HEADS = "COPY patient_heads (id, account_id, version, position, created_at, updated_at)"
_OBSERVATIONS = (
    "COPY observations (id, account_id, patient_id, variable_id, from_position, to_position, day,"
    " number, second, text, is_proven, body)"
)
_INDEXES = (
    "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'attestor'"
    " AND tablename = 'observations' AND indexname <> 'observations_pkey'"
)


@dataclass(frozen=True)
class Population:
    """So many patients of an account, whose second HbA1c was corrected at `corrected_at`."""

    account_id: int
    patients: int
    known_at: int
    corrected_at: int

    @property
    def numbers(self) -> range:
        """The ids of the patients."""
        return range(_FIRST_ID, _FIRST_ID + self.patients)


def copy_patients(url: str, population: Population, variables: Mapping[str, int]) -> None:
    """Write them, and bring the server's statistics and visibility maps up to date.

    The secondary indexes of the values are made after the values.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET search_path = attestor")
        connection.execute("SET maintenance_work_mem = '1GB'")
        indexes = connection.execute(_INDEXES).fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}".encode())
        with connection.transaction():
            _copy(connection, population, variables)
        for _, definition in indexes:
            connection.execute(definition.encode())
        connection.execute("VACUUM (ANALYZE) patients, patient_heads, observations")


def _copy(
    connection: psycopg.Connection[Any], population: Population, variables: Mapping[str, int]
) -> None:
    account, known_at = population.account_id, population.known_at
    numbers = population.numbers
    with connection.cursor() as cursor:
        with cursor.copy(f"{_PATIENTS} FROM STDIN") as copy:
            for n in numbers:
                copy.write(
                    f"{n}\t{account}\t{known_at}\tPatient {n}\t{_BIRTHS[n * 37 % len(_BIRTHS)]}"
                    f'\t{"FM"[n % 2]}\t{{}}\t{{"id":{n}}}\n'
                )
        with cursor.copy(f"{_HEADS} FROM STDIN") as copy:
            for n in numbers:
                copy.write(f"{n}\t{account}\t11\t{known_at}\t2025-01-01\t2025-01-01\n")
        with cursor.copy(f"{_OBSERVATIONS} FROM STDIN") as copy:
            for lines in _charts(population, variables):
                copy.write(lines)
        cursor.execute(
            "UPDATE accounts SET patient_count = patient_count + %s WHERE id = %s",
            (population.patients, account),
        )


def _charts(population: Population, variables: Mapping[str, int]) -> Iterator[str]:
    """The ten values of each patient as lines of COPY."""
    random = Random(122).random  # noqa: S311  a benchmark's data
    fixed = [variables[name] for name in _FIXED]
    extras = [variables[name] for name in _EXTRAS]
    for patient in population.numbers:
        chosen = [*fixed, *(extras[int(random() ** 2 * len(extras))] for _ in range(2))]
        if random() < 0.2:
            chosen[1] = chosen[0]  # no diabetes, but a second blood pressure
        days = [_DAYS[int(random() * len(_DAYS))] for _ in chosen]
        days[_CORRECTION] = days[_CORRECTED]
        values = [
            _value(variable == fixed[0], place, days[place], random)
            for place, variable in enumerate(chosen)
        ]
        yield "".join(
            _line(population, patient, place, variable, days[place], values[place])
            for place, variable in enumerate(chosen)
        )


def _value(is_pressure: bool, place: int, day: str, random: Callable[[], float]) -> str:
    """The columns number, second and text."""
    if is_pressure:
        first, second = 100 + int(random() * 80), 60 + int(random() * 40)
        return f"{first}\t{second}\t{first}/{second}"
    if place in _TESTS:
        number = f"{5 + random() * 6:.1f}"
        return f"{number}\t\\N\t{number}"
    return f"\\N\t\\N\t{day}"


def _line(
    population: Population, patient: int, place: int, variable: int, day: str, value: str
) -> str:
    since = population.corrected_at if place == _CORRECTION else population.known_at
    until = population.corrected_at if place == _CORRECTED else OPEN
    return (
        f"{patient * VALUES_EACH + place}\t{population.account_id}\t{patient}\t{variable}"
        f"\t{since}\t{until}\t{day}\t{value}\tf\t{{}}\n"
    )
