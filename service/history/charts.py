"""What happens to a patient's chart, in words."""

from collections.abc import Iterable
from typing import Any

from domain import patient_events
from domain.observation import Observation
from service.history.telling import Change, Place, Scene, Told, fields_changed, in_words, sentence

MOST_VALUES = 5
"""So many values of one event are told; the data holds all of them."""


def registered(event: patient_events.Created, scene: Scene) -> Told:
    """A patient came."""
    demographics = {name: value for name, value in event.demographics.items() if value}
    name = demographics.get("name")
    told = f'patient "{name}" was registered' if name else "a patient was registered"
    return Told(sentence(told), fields_changed({}, demographics))


def demographics_changed(event: patient_events.DemographicsChanged, scene: Scene) -> Told:
    """Who the patient is was corrected."""
    before = scene.before.demographics if scene.before else {}
    changes = fields_changed(before, event.demographics)
    return Told(sentence(*map(in_words, changes)), changes)


def recorded(event: patient_events.ObservationRecorded, scene: Scene) -> Told:
    """A value was put or added."""
    return _values(scene, [event.observation])


def imported(event: patient_events.ObservationsImported, scene: Scene) -> Told:
    """A line of an import brought values."""
    return _values(scene, event.observations)


def withdrawn(event: patient_events.ObservationWithdrawn, scene: Scene) -> Told:
    """A value was taken back."""
    name, units = scene.variable(event.variable_id)
    taken = scene.past.observations.get(event.observation_id)
    about = (event.variable_id, units, event.observation_id)
    if taken is None:
        return Told(f"A value of {name} was withdrawn", (Change(name, None, None, *about),))
    told = f"{name} {_with_units(taken, units)}{_observed(taken)} was withdrawn"
    return Told(told, (Change(name, _written(taken), None, *about, _day(taken)),))


def document_added(event: patient_events.DocumentAdded, scene: Scene) -> Told:
    """A PDF came."""
    change = Change("document", None, event.filename, evidence=_document(scene, event.document_id))
    return Told(f"{event.filename} was uploaded ({event.bytes} bytes)", (change,))


def document_read(event: patient_events.DocumentRead, scene: Scene) -> Told:
    """A PDF was read, or refused."""
    filename = scene.filename(event.document_id)
    place = _document(scene, event.document_id)
    change = Change("status", "processing", event.status, evidence=place)
    if event.status == "refused":
        return Told(f"{filename} was refused: {event.reason}", (change,))
    pages = "1 page" if event.pages == 1 else f"{event.pages} pages"
    return Told(f"{filename} was read, {pages}", (change,))


def scraped(event: patient_events.Scraped, scene: Scene) -> Told:
    """The extractor looked for values, and found them or not."""
    told, changes = [], []
    for answer in event.answers:
        if "kept" in answer:
            told.append(f"{scene.variable(answer['variable_id'])[0]} stays as a person left it")
        elif answer["observation"]:
            observation = Observation.from_state(answer["observation"])
            told.append(_told_value(scene, observation))
            changes.append(_change(scene, observation))
        else:
            told.append(_not_found(event, answer, scene))
    return Told("; ".join(told) or "A scrape looked for nothing", changes)


def reviewed(event: patient_events.ValueReviewed, scene: Scene) -> Told:
    """A person looked at what was scraped."""
    name, units = scene.variable(event.variable_id)
    old = scene.past.observations.get(event.observation_id)
    before = f" {_with_units(old, units)}" if old else ""
    if event.observation is None:
        about = (event.variable_id, units, event.observation_id)
        change = Change(name, _written(old) if old else None, None, *about)
        return Told(f"{name}{before} was rejected: it counts no longer", (change,))
    new = Observation.from_state(event.observation)
    change = _change(scene, new)
    if event.decision == "accept":
        return Told(
            f"{name}{before} was accepted{_observed(new)}{_read_from(scene, new)}", (change,)
        )
    value = _with_units(new, units)
    return Told(f"{name}{before} was corrected to {value}{_observed(new)}", (change,))


def held(event: patient_events.Held, scene: Scene) -> Told:
    """The chart must not be erased."""
    return Told("The patient was put on hold: nothing of it may be erased", ())


def released(event: patient_events.Released, scene: Scene) -> Told:
    """The hold is over."""
    return Told("The hold on the patient was released", ())


def erased(event: patient_events.Erased, scene: Scene) -> Told:
    """The key is gone, and with it what the events before said."""
    return Told("The patient was erased: its key was destroyed", ())


def _not_found(event: patient_events.Scraped, answer: dict[str, Any], scene: Scene) -> str:
    name, _ = scene.variable(answer["variable_id"])
    looked_in = [each["id"] for each in event.documents if "reason" not in each]
    documents = ", ".join(scene.filename(number) for number in looked_in) or "no document"
    return f"a scrape of {documents} found no {name}: {answer['reason'] or 'no reason given'}"


def _values(scene: Scene, states: Iterable[dict[str, Any]]) -> Told:
    observations = [Observation.from_state(state) for state in states]
    told = [_told_value(scene, each) for each in observations[:MOST_VALUES]]
    more = len(observations) - len(told)
    if more:
        told.append(f"and {more} more values")
    return Told("; ".join(told), [_change(scene, each) for each in observations])


def _told_value(scene: Scene, new: Observation) -> str:
    name, units = scene.variable(new.variable_id)
    old = _superseded(scene, new)
    value, day, place = _with_units(new, units), _observed(new), _read_from(scene, new)
    if not old:
        return f"{name} {value} was recorded{day}{place}"
    before = " and ".join(_written(each) for each in old)
    if before == _written(new):
        return f"{name} {value} was recorded again{day}{place}"
    return f"{name} changed from {before} to {value}{day}{place}"


def _change(scene: Scene, new: Observation) -> Change:
    name, units = scene.variable(new.variable_id)
    old = _superseded(scene, new)
    before = [_written(each) for each in old]
    return Change(
        name,
        before[0] if len(before) == 1 else before or None,
        _written(new),
        new.variable_id,
        units,
        new.id,
        _day(new),
        new.source,
        _place(scene, new),
    )


def _superseded(scene: Scene, new: Observation) -> list[Observation]:
    known = scene.past.observations
    return [known[number] for number in new.supersedes if number in known]


def _place(scene: Scene, new: Observation) -> Place | None:
    own = new.evidence
    if (own.document_id, own.pdf_page, own.highlight, own.note) == (None,) * 4:
        return None
    filename = scene.filename(own.document_id) if own.document_id else None
    return Place(own.document_id, filename, own.pdf_page, own.highlight, own.note)


def _document(scene: Scene, document_id: str) -> Place:
    return Place(document_id, scene.filename(document_id), None, None, None)


def _read_from(scene: Scene, new: Observation) -> str:
    place = _place(scene, new)
    if place is None or (place.pdf_page is None and place.document_id is None):
        return ""
    page = f"page {place.pdf_page} of " if place.pdf_page else ""
    return f", read from {page}{place.filename or 'a document'}"


def _day(of: Observation) -> str:
    return of.observed_on or of.day


def _observed(of: Observation) -> str:
    return "" if of.kind == "date" else f" (observed {_day(of)})"


def _written(of: Observation) -> str:
    return f"{of.value} to {of.end}" if of.end else of.value


def _with_units(of: Observation, units: str | None) -> str:
    return f"{_written(of)} {units}" if units else _written(of)
