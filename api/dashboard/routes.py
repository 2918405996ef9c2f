"""Every page of the dashboard in one table: path, responder, and who may see it."""

from dataclasses import dataclass

from api.operation import OF_PATIENTS
from domain.account import Scope


@dataclass(frozen=True)
class Route:
    """`responder` is resource.suffix, as in the API's table; without a scope every user may.

    An upload checks its form's token itself, because the token is in the form.
    """

    method: str
    path: str
    responder: str
    scope: Scope | None = None
    is_public: bool = False
    is_upload: bool = False
    shows_patients: bool = False

    @property
    def is_recorded(self) -> bool:
        """Whether the access log tells: it shows or changes what is known of patients, or gives
        a file away."""
        return self.shows_patients or self.scope in OF_PATIENTS


USER = "/dashboard/people/{user_id:id}"
KEY = "/dashboard/keys/{key_id:id}"
PATIENT = "/dashboard/patients/{patient_id:id}"
DOCUMENT = "/dashboard/documents/{document_id:document}"
METRIC = "/dashboard/metrics/{metric_id:id}"
REPORT = "/dashboard/reports/{report_id:id}"
READ_P, WRITE_P = Scope.PATIENTS_READ, Scope.PATIENTS_WRITE
READ_D, WRITE_D = Scope.DEFINITIONS_READ, Scope.DEFINITIONS_WRITE
READ_R, WRITE_R = Scope.REPORTS_READ, Scope.REPORTS_WRITE

ROUTES: tuple[Route, ...] = (
    Route("GET", "/", "front.root", is_public=True),
    Route("GET", "/dashboard", "front.home"),
    Route("GET", "/dashboard/static/{version}/{file}", "front.static", is_public=True),
    Route("GET", "/dashboard/sign-in", "door.sign_in", is_public=True),
    Route("POST", "/dashboard/sign-in", "door.sign_in", is_public=True),
    Route("POST", "/dashboard/sign-out", "door.sign_out"),
    Route("GET", "/dashboard/welcome/{link}", "door.welcome", is_public=True),
    Route("POST", "/dashboard/welcome/{link}", "door.welcome", is_public=True),
    Route("GET", "/dashboard/patients", "patients.list", READ_P),
    Route("POST", "/dashboard/patients", "patients.list", WRITE_P),
    Route("GET", "/dashboard/patients/file", "patients.csv", READ_P),
    Route("GET", PATIENT, "patients.one", READ_P),
    Route("POST", f"{PATIENT}/documents", "patients.upload", WRITE_P, is_upload=True),
    Route("GET", f"{PATIENT}/report", "patient_report", READ_P),
    Route("GET", f"{PATIENT}/history", "audit.patient", READ_P),
    Route("GET", f"{PATIENT}/chart", "abstraction", READ_P),
    Route("POST", f"{PATIENT}/chart/value", "abstraction.value", WRITE_P),
    Route("POST", f"{PATIENT}/chart/review", "abstraction.review", WRITE_P),
    Route("POST", f"{PATIENT}/chart/choice", "abstraction.choice", WRITE_P),
    Route("POST", f"{PATIENT}/chart/scrape", "abstraction.scrape", WRITE_P),
    Route("GET", "/dashboard/queue", "abstraction.queue", READ_P),
    Route("GET", f"{DOCUMENT}/pages/{{page:id}}.png", "abstraction.picture", READ_P),
    Route("GET", "/dashboard/audit", "audit.list", Scope.AUDIT_READ),
    Route("GET", "/dashboard/audit/access", "audit.access", Scope.AUDIT_READ),
    Route("GET", "/dashboard/audit/{position:id}", "audit.one", Scope.AUDIT_READ),
    Route("GET", "/dashboard/metrics", "metrics.list", READ_R),
    Route("GET", "/dashboard/metrics/new", "metrics.new", WRITE_D),
    Route("POST", "/dashboard/metrics/new", "metrics.new", WRITE_D),
    Route("POST", "/dashboard/metrics/check", "metrics.check", WRITE_D),
    Route("GET", METRIC, "metrics.one", READ_R),
    Route("GET", f"{METRIC}/edit", "metrics.edit", WRITE_D),
    Route("POST", f"{METRIC}/edit", "metrics.edit", WRITE_D),
    Route("GET", f"{METRIC}/versions", "metrics.versions", READ_D),
    Route("GET", f"{METRIC}/patients", "metrics.members", Scope.PATIENTS_READ),
    Route("GET", "/dashboard/reports", "reports.list", READ_R),
    Route("POST", "/dashboard/reports", "reports.list", WRITE_R),
    Route("GET", "/dashboard/reports/file", "reports.download", READ_R, shows_patients=True),
    Route("GET", REPORT, "reports.one", READ_R),
    Route("GET", f"{REPORT}/file", "reports.file", READ_R, shows_patients=True),
    Route("GET", f"{REPORT}/diff", "reports.diff", READ_R, shows_patients=True),
    Route("POST", f"{REPORT}/attest", "reports.attest", WRITE_R),
    Route("POST", f"{REPORT}/submit", "reports.submit", WRITE_R),
    Route("POST", f"{REPORT}/restate", "reports.restate", WRITE_R),
    Route("GET", "/dashboard/health", "health"),
    Route("GET", "/dashboard/people", "people.list", Scope.KEYS_ADMIN),
    Route("POST", "/dashboard/people", "people.list", Scope.KEYS_ADMIN),
    Route("POST", f"{USER}/role", "people.role", Scope.KEYS_ADMIN),
    Route("POST", f"{USER}/disable", "people.disable", Scope.KEYS_ADMIN),
    Route("POST", f"{USER}/enable", "people.enable", Scope.KEYS_ADMIN),
    Route("POST", f"{USER}/link", "people.link", Scope.KEYS_ADMIN),
    Route("GET", "/dashboard/keys", "keys.list", Scope.KEYS_ADMIN),
    Route("POST", "/dashboard/keys", "keys.list", Scope.KEYS_ADMIN),
    Route("GET", KEY, "keys.one", Scope.KEYS_ADMIN),
    Route("POST", f"{KEY}/rotate", "keys.rotate", Scope.KEYS_ADMIN),
    Route("POST", f"{KEY}/revoke", "keys.revoke", Scope.KEYS_ADMIN),
)

BY_ROUTE = {(route.path, route.method): route for route in ROUTES}
