"""Everything about one patient on one sheet: values with their places, and every measure."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.measures.period import Period
from projections.database import Reader
from projections.measures.live import live_metrics
from projections.measures.standing import Standing, standing_of
from projections.moments import Moment
from projections.patients import PatientRecord, find_patient


@dataclass(frozen=True)
class PatientReport:
    """A patient at a position of the log, and where they stand in each measure for a period."""

    patient: PatientRecord
    period: Period
    position: int
    standings: Sequence[Standing]

    @property
    def body(self) -> dict[str, object]:
        """`data` of the answer of GET /patients/{id}/report."""
        return {
            "patient": self.patient.body,
            "period": {"start": self.period.start.isoformat(), "end": self.period.end.isoformat()},
            "position": str(self.position),
            "measures": [_shown(standing) for standing in self.standings],
        }


def find_patient_report(
    reader: Reader, patient_id: int, period: Period, position: int, moment: Moment | None
) -> PatientReport | None:
    """The report of a patient of whatever account, now (`moment` None) or as of a moment, whose
    place in the log `position` is; None when there is no such patient then."""
    patient = find_patient(reader, patient_id, moment)
    if patient is None:
        return None
    metrics = live_metrics(reader, patient.account_id, position)
    found = [standing_of(reader, each, period, position, patient_id) for each in metrics]
    return PatientReport(patient, period, position, [each for each in found if each is not None])


def _shown(standing: Standing) -> dict[str, object]:
    metric, member = standing.metric, standing.member
    return {
        "metric_id": metric.id,
        "metric_name": metric.definition.name,
        "metric_version": metric.version,
        "verdict": standing.verdict,
        "counts": member.counts,
        "evidence": member.evidence,
        "missing": member.missing,
    }
