"""The read models that are written in the transaction of their events."""

from collections.abc import Sequence

from projections.access import Access
from projections.definitions import Definitions
from projections.jobs import Jobs
from projections.observations import Observations
from projections.patients import Patients
from projections.projection import Projection, Recorded, Rows, known, merge
from projections.reports import Reports
from projections.users import Users

INLINE: tuple[Projection, ...] = (
    Access(),
    Users(),
    Patients(),
    Observations(),
    Definitions(),
    Reports(),
    Jobs(),
)


def fold_inline(batch: Sequence[Recorded]) -> Rows:
    """The rows of all inline read models for a batch of events in log order."""
    readable = known(batch)
    return merge(projection.fold(readable) for projection in INLINE)
