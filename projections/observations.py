"""Observations: every value a patient ever had, and until when it stood."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from domain.ids import number_of
from domain.observation import Observation
from domain.patient import Patient
from domain.variable import parse_value
from projections.database import Reader
from projections.moments import Moment, TimedQueries
from projections.projection import Recorded, Rows
from projections.queries import load

_QUERIES = load("observations")
_TIMED = TimedQueries(
    _QUERIES, {"FROM observations o\n": f"FROM ({_QUERIES['observations_then']}) o\n"}
)


class Observations:
    """Read model of observations; what is superseded or withdrawn is closed, never removed."""

    name = "observations"
    version = 1
    tables = ("observations",)

    def fold(self, batch: Sequence[Recorded]) -> Rows:
        rows: Rows = {"observations": [], "observation_ends": []}
        for recorded in batch:
            event = recorded.event
            for observation in observations_in(event):
                rows["observations"].append(_row(recorded, observation))
                rows["observation_ends"] += [
                    {"id": superseded, "position": recorded.position}
                    for superseded in observation.supersedes
                ]
            if isinstance(event, Patient.ObservationWithdrawn | Patient.ValueReviewed):
                rows["observation_ends"].append(
                    {"id": event.observation_id, "position": recorded.position}
                )
        return rows


def observations_in(event: Any) -> list[Observation]:
    """The observations that an event recorded."""
    match event:
        case Patient.ObservationRecorded():
            states = [event.observation]
        case Patient.ValueReviewed():
            states = [event.observation] if event.observation else []
        case Patient.ObservationsImported():
            states = event.observations
        case Patient.Scraped():
            states = [answer["observation"] for answer in event.answers if answer["observation"]]
        case _:
            states = []
    return [Observation.from_state(state) for state in states]


def _row(recorded: Recorded, observation: Observation) -> dict[str, Any]:
    event: Any = recorded.event
    parsed = parse_value(observation.value) if observation.kind == "number" else None
    return recorded.row(
        id=observation.id,
        account_id=event.account_id,
        patient_id=number_of(event.originator_id),
        variable_id=observation.variable_id,
        day=observation.day,
        end_day=observation.end,
        number=str(parsed.number) if parsed and parsed.number is not None else None,
        second=str(parsed.second) if parsed and parsed.second is not None else None,
        text=observation.value,
        is_proven=observation.is_proven,
        body=observation_body(observation, event.metadata.actor, event.originator_version),
    )


def observation_body(observation: Observation, actor: str, version: int) -> dict[str, Any]:
    """What the API shows of a value, without its variable's name and its time of recording."""
    shown = observation.shown
    body = {
        "value": observation.value,
        "note": shown.note,
        "pdf_page": shown.pdf_page,
        "highlight": shown.highlight,
        "document_id": shown.document_id,
        "observation_id": observation.id,
        "observed_on": observation.observed_on or observation.day,
        "source": observation.source,
        "confidence": observation.confidence,
        "recorded_by": actor,
        "version": version,
    }
    if observation.source == "scrape" or observation.review is not None:
        body["review"] = observation.review or "unreviewed"
    if observation.kind == "date":
        body["end"] = observation.end
    return body


def charts_of(
    database: Reader, names: Mapping[int, str | None], moment: Moment | None = None
) -> dict[int, tuple[str, str]]:
    """The current values of these patients (id → name) as two JSON arrays each:
    of the numerical variables and of the date variables, in the order of their ids."""
    queries, place = _TIMED.at(moment)
    charts: dict[int, tuple[list[str], list[str]]] = {number: ([], []) for number in names}
    # Written out, because the driver takes as long for a list as for a whole query.
    ids = f"{{{','.join(map(str, names))}}}"
    for patient_id, variable_id, kind, name, units, body in database.rows(
        queries["current_values"], {**place, "patient_ids": ids}
    ):
        numbers, dates = charts[patient_id]
        if kind == "number":
            numbers.append(
                f'{{"id":{variable_id},"name":{name},"units":{units or "null"},{body[1:]}'
            )
        else:
            patient_name = orjson.dumps(names[patient_id]).decode()
            dates.append(
                f'{{"id":{variable_id},"name":{name},"patient_id":{patient_id},"date_variable_id":'
                f'{variable_id},"date_variable_name":{name},"patient_name":{patient_name},{body[1:]}'
            )
    return {
        number: (f"[{','.join(numbers)}]", f"[{','.join(dates)}]")
        for number, (numbers, dates) in charts.items()
    }


def list_observations(
    database: Reader,
    patient_id: int,
    variable_id: int | None,
    limit: int,
    offset: int,
    moment: Moment | None = None,
) -> tuple[int, list[dict[str, Any]]]:
    """The total and one page of a patient's standing values, latest clinical day first."""
    queries, place = _TIMED.at(moment)
    scope = {
        **place, "patient_id": patient_id, "patient_ids": [patient_id],
        "variable_id": variable_id, "limit": limit, "offset": offset,
    }  # fmt: skip
    total = database.row(queries["count_observations"], scope)
    rows = database.rows(queries["list_observations"], scope)
    return (total[0] if total else 0), [
        {
            "id": row[0],
            "variable_id": row[1],
            "variable_name": row[2],
            "kind": row[3],
            **orjson.loads(row[4]),
        }
        for row in rows
    ]
