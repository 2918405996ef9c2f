"""What happens to variables, metrics and reports, in words."""

from collections.abc import Callable
from typing import Any

from domain.report import Report
from service.history.telling import Change, Scene, Told, fields_changed, in_words, sentence

_HIDDEN = {"references"}
"""What is derived from what is told."""


def defined(what: str) -> Callable[[Any, Scene], Told]:
    """How it is told that a definition of this kind was made."""

    def tell(event: Any, scene: Scene) -> Told:
        after = {name: value for name, value in _shown(event).items() if value not in (None, [])}
        return Told(f'{what} "{after["name"]}" was defined', fields_changed({}, after))

    return tell


def changed(what: str) -> Callable[[Any, Scene], Told]:
    """How it is told that a definition of this kind is another now."""

    def tell(event: Any, scene: Scene) -> Told:
        before = _shown(scene.before) if scene.before else {}
        changes = fields_changed(before, _shown(event))
        name = before.get("name", event.definition["name"])
        return Told(f'{what} "{name}": {"; ".join(map(in_words, changes))}', changes)

    return tell


def frozen(event: Report.Created, scene: Scene) -> Told:
    """A report says the same from now on."""
    metrics = len(event.metric_versions)
    told = (
        f"a report of {metrics} metric{'' if metrics == 1 else 's'} for {event.period_start} to"
        f" {event.period_end} was frozen at position {event.position}"
    )
    if event.restates is not None:
        told += f", in place of report {event.restates}"
    return Told(sentence(told), (Change("status", None, "frozen"),))


def attested(event: Report.Attested, scene: Scene) -> Told:
    """Somebody answers for it."""
    told = f'{event.attested_by} attested the report: "{event.statement}"'
    return Told(told, (_status(scene, "attested"),))


def submitted(event: Report.Submitted, scene: Scene) -> Told:
    """It left the house."""
    reference = f" as {event.reference}" if event.reference else ""
    return Told(f"The report was submitted{reference}", (_status(scene, "submitted"),))


def restated(event: Report.Restated, scene: Scene) -> Told:
    """Another took its place."""
    told = f"Report {event.restated_by} took the place of this one"
    return Told(told, (_status(scene, "restated"),))


def _status(scene: Scene, after: str) -> Change:
    before = type(scene.before).TOPIC.partition(".")[2] if scene.before else None
    return Change("status", before, after)


def _shown(event: Any) -> dict[str, Any]:
    return {name: value for name, value in event.definition.items() if name not in _HIDDEN}
