"""Plain patients for tests: random ones with many edge cases, and how they are stored."""

import json
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import psycopg

from domain.measures.names import VariableName

FOREVER = 9223372036854775807
NOW = FOREVER - 1

VARIABLES = (
    VariableName(11, "number", "BP"),
    VariableName(12, "number", "HbA1c"),
    VariableName(13, "number", "Smoking Status"),
    VariableName(21, "date", "Visit"),
    VariableName(22, "date", "Screen"),
    VariableName(23, "date", "Diabetes", is_interval=True),
    VariableName(24, "date", "Housing", is_interval=True),
)
BY_ID = {each.id: each for each in VARIABLES}


@dataclass(frozen=True)
class Seen:
    """One recorded value, valid for positions since <= p < until."""

    id: int
    variable_id: int
    day: date
    end: date | None = None
    number: Decimal | None = None
    second: Decimal | None = None
    text: str = ""
    since: int = 1
    until: int = FOREVER


@dataclass(frozen=True)
class Person:
    """A patient as known from one position until another."""

    id: int
    dob: date | None = None
    sex: str | None = None
    attributes: tuple[tuple[str, Any], ...] = ()
    seen: tuple[Seen, ...] = ()
    since: int = 1
    until: int = FOREVER


def known_at(people: list[Person], position: int) -> list[Person]:
    """The patients and values that were valid at a position."""
    return [
        replace(p, seen=tuple(s for s in p.seen if s.since <= position < s.until))
        for p in people
        if p.since <= position < p.until
    ]


def store(connection: psycopg.Connection[Any], account_id: int, people: list[Person]) -> None:
    """Writes patients and their values as the inline read models do."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO patients (id, account_id, from_position, to_position, dob, sex,"
            " attributes, body) VALUES (%s, %s, %s, %s, %s, %s, %s, '{}')",
            [
                (p.id, account_id, p.since, p.until, p.dob, p.sex, json.dumps(dict(p.attributes)))
                for p in people
            ],
        )
        cursor.executemany(
            "INSERT INTO observations (id, account_id, patient_id, variable_id, from_position,"
            " to_position, day, end_day, number, second, text, is_proven, body)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, false, '{}')",
            {
                (
                    s.id, account_id, p.id, s.variable_id, s.since, s.until,
                    s.day, s.end, s.number, s.second, s.text,
                )
                for p in people
                for s in p.seen
            },
        )  # fmt: skip


class Inventor:
    """Invents patients around the measurement period 2025, rich in ties and edges."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311  (test data)
        self._last_id = 1000

    def people(self, count: int, first_id: int) -> list[Person]:
        found: list[Person] = []
        for number in range(first_id, first_id + count):
            found += self._lives(number)
        return found

    def _lives(self, number: int) -> list[Person]:
        person = Person(
            number, self._birth(), self._sex(), tuple(self._attributes().items()), self._seen()
        )
        fate = self.random.random()
        if fate < 0.2:  # changed at position 50
            changed = replace(person, dob=self._birth(), sex=self._sex(), since=50)
            return [replace(person, until=50), changed]
        return [replace(person, since=50 if fate < 0.3 else 1)]

    def _birth(self) -> date | None:
        edges = [date(2007, 1, 1), date(2006, 12, 31), date(1960, 2, 29), date(2025, 6, 1)]
        edges += [date(1950, 1, 1), date(2026, 3, 1)]
        some_day = date(1940, 1, 1) + timedelta(days=self.random.randrange(30000))
        return self.random.choice([*edges, some_day, some_day, None])

    def _sex(self) -> str | None:
        return self.random.choice(["F", "female", "Male", "m", " F", "unknown", "", None])

    def _attributes(self) -> dict[str, Any]:
        choices: dict[str, list[Any]] = {
            "income": [10, 20.5, "30", "about 40", None, True],
            "race": ["Asian", ["white", "asian"], [], "WHITE", None, 7],
            "insured": [True, False, "true", None],
            "deceased": ["2025-06-01", "2025-02-30", "2025-12-31T10:00:00Z", "0000-01-01", 5],
        }
        return {
            key: self.random.choice(values)
            for key, values in choices.items()
            if self.random.random() < 0.7
        }

    def _seen(self) -> tuple[Seen, ...]:
        return tuple(self._value() for _ in range(self.random.choice([0, 1, 3, 5, 8, 12])))

    def _value(self) -> Seen:
        variable = self.random.choice(VARIABLES)
        self._last_id += 1
        since, until = self.random.choice(
            [(1, FOREVER), (1, FOREVER), (1, FOREVER), (1, 50), (50, FOREVER)]
        )
        blank = Seen(self._last_id, variable.id, self._day(), since=since, until=until)
        if variable.kind == "date":
            length = self.random.choice([None, None, 0, 3, 40, 400, -2])
            end = None if length is None else blank.day + timedelta(days=length)
            return replace(blank, end=end, text=blank.day.isoformat())
        text = self.random.choice(
            ["120", "7.2", "9", "9.5", "0", "-1", "128/76", "140/90", "139/89", "150/80", "yes",
             "No", "negative", "Yes", "refused"]
        )  # fmt: skip
        parts = text.split("/") if text[-1].isdigit() else []
        return replace(
            blank,
            number=Decimal(parts[0]) if parts else None,
            second=Decimal(parts[1]) if len(parts) > 1 else None,
            text=text,
        )

    def _day(self) -> date:
        edges = [date(2025, 1, 1), date(2025, 12, 31), date(2024, 12, 31), date(2026, 1, 1)]
        edges += [date(2024, 2, 29), date(2025, 6, 1), date(2025, 6, 2), date(2025, 6, 4)]
        some_day = date(2022, 1, 1) + timedelta(days=self.random.randrange(1700))
        return self.random.choice([*edges, some_day, some_day, some_day])
