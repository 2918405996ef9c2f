"""An account that has something of everything."""

from api.dashboard.routes import ROUTES
from domain.patient import Patient
from tests.unit.api.dashboard.clinic import Clinic

FORMULA = (
    "initial population: age >= 18",
    "denominator: initial population",
    "numerator: HbA1c <= 8",
)
GETS = sorted({route.path for route in ROUTES if route.method == "GET"})


class Ward:
    """A clinic with a patient, a value of 7.2 from March 2025, a metric and a frozen report."""

    def __init__(self, clinic: Clinic, name: str = "Ann Example") -> None:
        tenant = clinic.tenant
        self.clinic = clinic
        self.variable = tenant.variable("HbA1c", units="%")
        self.patient = tenant.register(name=name, dob="1960-05-04", external_id=f"MRN {name}")
        tenant.put(self.patient, self.variable, "7.2", observed_on="2025-03-01", note=name)
        self.metric = tenant.metric(*FORMULA, name=name[:200], low_quality_threshold="50")
        self.report = tenant.services.reports.freeze(tenant.asks(), None, None).id
        self.key = tenant.services.keys.issue(tenant.asks(), name, ("patients:read",)).id
        position = tenant.services.application.recorder.max_notification_id()
        self.user, _ = tenant.services.users.invite(
            tenant.asks(), f"{position}@clinic.example", name, "auditor"
        )
        self.document = f"pdf_{position:024x}"
        self._add_document()
        self.places = {
            "{patient_id:id}": self.patient,
            "{metric_id:id}": self.metric,
            "{report_id:id}": self.report,
            "{key_id:id}": self.key,
            "{position:id}": position,
            "{page:id}": 1,
            "{user_id:id}": self.user,
            "{document_id:document}": self.document,
        }

    def pages(self) -> list[str]:
        """The address of every page that is about this ward."""
        addresses = []
        for path in GETS:
            if any(part in path for part in ("static", "welcome", "sign-in", "pages/")):
                continue
            path = self.address(path)
            if path.endswith("/diff"):
                path += f"?against={self.report}"
            addresses.append(path)
        return [path for path in addresses if path not in ("/", "/dashboard")]

    def address(self, path: str) -> str:
        """A path of the table with this ward's numbers in it."""
        for place, number in self.places.items():
            path = path.replace(place, str(number))
        return path

    def _add_document(self) -> None:
        tenant = self.clinic.tenant

        def tell(patient: Patient) -> None:
            patient.add_document(self.document, "d" * 64, "note.pdf", 9, tenant.asks().metadata())

        tenant.services.application.change(
            tenant.asks(), Patient, self.patient, tell, lambda r, s, p, t: None
        )
