"""What the last run over a chart saw of each variable besides the value that stands."""

from dataclasses import dataclass, field
from typing import Any

from domain.ids import Kind
from service.bootstrap import Services
from service.context import Context
from service.history.history import Wanted

_SAME = (("value", "value"), ("pdf_page", "page"), ("document_id", "document_id"))


@dataclass(frozen=True)
class LastRun:
    """`position` is the run's in the log; None before the first run."""

    position: int | None = None
    candidates: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    """By variable, in the order of the run."""

    def others(self, number: int, held: dict[str, Any] | None) -> list[tuple[int, dict[str, Any]]]:
        """The candidates of a variable that are not what is held, each with its number."""
        found = enumerate(self.candidates.get(number, []))
        return [(n, each) for n, each in found if not (held and _is_same(held, each))]


def last_run(services: Services, context: Context, patient_id: int) -> LastRun:
    """The newest run over the chart of a patient."""
    wanted = Wanted((Kind.PATIENT, patient_id), topic="patient.scraped")
    for run in services.history.newest(context, wanted, 1):
        if run["data"] is not None:
            answers = run["data"]["answers"]
            return LastRun(
                run["position"], {each["variable_id"]: each["candidates"] for each in answers}
            )
    return LastRun()


def _is_same(held: dict[str, Any], candidate: dict[str, Any]) -> bool:
    return all(held[mine] == candidate[theirs] for mine, theirs in _SAME)
