"""Where a user can go, by their role."""

from typing import NamedTuple

from domain.account import Scope
from service.context import Principal


class Place(NamedTuple):
    """An entry of the menu."""

    path: str
    name: str
    scope: Scope | None = None


PLACES = (
    Place("/dashboard/patients", "Patients", Scope.PATIENTS_READ),
    Place("/dashboard/queue", "Queue", Scope.PATIENTS_WRITE),
    Place("/dashboard/metrics", "Metrics", Scope.REPORTS_READ),
    Place("/dashboard/reports", "Reports", Scope.REPORTS_READ),
    Place("/dashboard/audit", "Audit", Scope.AUDIT_READ),
    Place("/dashboard/health", "Health"),
    Place("/dashboard/people", "People", Scope.KEYS_ADMIN),
    Place("/dashboard/keys", "API keys", Scope.KEYS_ADMIN),
)


def navigation(principal: Principal) -> list[Place]:
    """The places that this user may see."""
    return [p for p in PLACES if p.scope is None or p.scope in principal.scopes]
