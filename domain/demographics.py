"""Who a patient is."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Demographics:
    """Who the patient is; `dob` is an ISO date, the rest as sent."""

    name: str | None = None
    dob: str | None = None
    sex: str | None = None
    external_id: str | None = None
    race: str | None = None
    ethnicity: str | None = None
    payer: str | None = None
    additional_variables: dict[str, Any] = field(default_factory=dict)
