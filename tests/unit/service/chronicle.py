"""Random histories of an account, made through the commands a client has."""

import io
import json
from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Any

from domain.account import Scope
from domain.document import Evidence
from domain.errors import Conflict, Invalid
from domain.observation import Observation, VariableKind
from domain.patient import Patient
from domain.scrape_answer import ScrapeAnswer
from service.imports import ImportJob
from tests.factories import Tenant

FORMULAS = (
    ("count(patients)",),
    ("average(last_value)",),
    ("initial population: age >= 40", "denominator: visit during period", "numerator: hba1c > 7"),
    ("initial population: count(visit) >= 1", "numerator: hba1c is missing"),
)


class Chronicle:
    """What a clinic does, one random step after another."""

    def __init__(self, clinic: Tenant, seed: int) -> None:
        self.clinic = clinic
        self._random = Random(seed)  # noqa: S311  (test data)
        self.patients: list[int] = []
        self.variables: list[tuple[VariableKind, int]] = [
            ("number", clinic.variable("hba1c")),
            ("number", clinic.variable("last_value")),
            ("date", clinic.date_variable("visit")),
        ]
        self.metrics: list[int] = []
        self.keys: list[int] = []
        self.refusals = 0
        self._chosen = 0

    def goes_on(self, steps: int) -> None:
        """So many steps; one that a rule refuses is a step too."""
        for _ in range(steps):
            step = self._step()
            self._chosen = self._random.choice(self.patients or [0])
            try:
                step()
            except (Conflict, Invalid):
                self.refusals += 1

    def _step(self) -> Callable[[], object]:
        if not self.patients:
            return self.register
        often, sometimes, seldom = (
            [self.put, self.put, self.add],
            [self.register, self.change, self.supersede, self.withdraw, self.scrape],
            [self.bring_in, self.document, self.redefine, self.measure, self.key, self.end_key],
        )
        group = self._random.choices([often, sometimes, seldom], weights=[5, 3, 2])[0]
        return self._random.choice(group)

    def register(self) -> None:
        """A patient, at times with an external id that another one has."""
        demographics = {
            "name": self._random.choice(["Ann", "Bob", None]),
            "dob": self._random.choice(["1960-02-29", "1990-01-01", None]),
            "external_id": self._random.choice([None, f"MRN-{self._random.randrange(12)}"]),
        }
        self.patients.append(self.clinic.register(**demographics))

    def change(self) -> None:
        changes = self._random.choice(
            [{"name": "Cleo"}, {"sex": "F"}, {"dob": "1975-05-05"}, {"external_id": None},
             {"external_id": f"MRN-{self._random.randrange(12)}"},
             {"additional_variables": {"income": self._random.randrange(9)}}]
        )  # fmt: skip
        self.clinic.services.patients.change_demographics(self.clinic.asks(), self._chosen, changes)

    def put(self) -> None:
        self._tell(self.clinic.put)

    def add(self) -> None:
        self._tell(self.clinic.add)

    def supersede(self) -> None:
        for standing in self._a_standing_value():
            self._tell(self.clinic.put, standing, supersedes=standing.id)

    def withdraw(self) -> None:
        for standing in self._a_standing_value():
            self._tell(self.clinic.put, standing, supersedes=standing.id, is_withdrawn=True)

    def scrape(self) -> None:
        """What a scrape records, without a document to read it from."""
        services, context = self.clinic.services, self.clinic.asks()
        kind, variable = self._random.choice(self.variables)
        day = self._some_day()
        found = Observation(
            services.application.next_id(), variable, kind, day if kind == "date" else "7.7", day,
            "scrape", evidence=Evidence("seen", 1), confidence=0.5,
        )  # fmt: skip

        def tell(patient: Patient) -> None:
            answers = [
                ScrapeAnswer(variable, kind, patient.put_in_place(found), None, ()),
                ScrapeAnswer(variable, kind, None, "nothing there", ()),
            ]
            patient.record_scrape(
                answers, documents=[], model=None, extractor="x", extractor_version="1",
                metadata=context.metadata(),
            )  # fmt: skip

        services.application.change(context, Patient, self._chosen, tell, lambda r, s, p, t: None)

    def document(self) -> None:
        """A PDF, which turns out readable or not."""
        services, patient_id = self.clinic.services, self._chosen
        content = b"%PDF-1.4 " + str(self._random.random()).encode()
        shown = services.documents.upload(
            self.clinic.asks(), patient_id, "note.pdf", io.BytesIO(content)
        )
        metadata = self.clinic.context.metadata()
        is_readable = self._random.random() < 0.5

        def tell(patient: Patient) -> None:
            if is_readable:
                patient.document_was_read(str(shown.id), 2, {"pages": 2}, metadata)
            else:
                patient.document_was_refused(str(shown.id), "encrypted", metadata)

        services.application.change(
            self.clinic.asks(), Patient, patient_id, tell, lambda r, s, p, t: None
        )

    def bring_in(self) -> None:
        """An import of known and unknown patients, with a bad line."""
        lines: list[dict[str, Any]] = [
            {
                "external_id": f"MRN-{self._random.randrange(12)}",
                "observations": [
                    {"variable": "hba1c", "value": str(n), "observed_on": self._some_day()},
                    {"variable": "hba1c", "value": str(n + 1), "observed_on": self._some_day()},
                    {"variable": "visit", "value": self._some_day()},
                ],
            }
            for n in range(3)
        ]
        content = b"\n".join(json.dumps(line).encode() for line in [*lines, {"bad": 1}])
        imports = self.clinic.services.imports
        shown = imports.accept(self.clinic.asks(), io.BytesIO(content), "application/x-ndjson")
        imports.run(
            ImportJob(int(shown.id), self.clinic.context.principal, "application/x-ndjson", 0),
            lambda: False,
        )

    def redefine(self) -> None:
        kind, variable = self._random.choice(self.variables)
        self.clinic.services.variables.change(
            self.clinic.asks(), kind, variable, {"description": str(self._random.randrange(3))}
        )

    def measure(self) -> None:
        if len(self.metrics) < 3:
            self.metrics.append(self.clinic.metric(*self._random.choice(FORMULAS)))
        else:
            self.clinic.services.metrics.change(
                self.clinic.asks(),
                self._random.choice(self.metrics),
                {"calculation_formula": self._random.choice(FORMULAS)},
            )

    def key(self) -> None:
        issued = self.clinic.services.keys.issue(self.clinic.asks(), "Desk", (Scope.PATIENTS_READ,))
        self.keys.append(issued.id)

    def end_key(self) -> None:
        keys = self.clinic.services.keys
        if self.keys and self._random.random() < 0.5:
            keys.revoke(self.clinic.asks(), self._random.choice(self.keys))
        elif self.keys:
            old = self._random.choice(self.keys)
            self.keys.append(keys.rotate(self.clinic.asks(), old, timedelta(hours=1)).id)

    def _tell(
        self, command: Callable[..., object], of: Observation | None = None, **sent: Any
    ) -> None:
        """A value of some variable, or of the one that `of` is of."""
        kind, variable = (of.kind, of.variable_id) if of else self._random.choice(self.variables)
        day = self._some_day()
        value = day if kind == "date" else self._random.choice(["6.9", "7.1", "128/76", "high"])
        if kind == "number":
            sent["observed_on"] = day
        if self._random.random() < 0.3:
            sent |= {"note": "a note", "pdf_page": 2}
        command(self._chosen, variable, value, kind=kind, **sent)

    def _a_standing_value(self) -> list[Observation]:
        """One value of the chosen patient, if it has any."""
        chart = self.clinic.services.application.load(self.clinic.context, Patient, self._chosen)
        standing = list(chart.observations.values())
        return [self._random.choice(standing)] if standing else []

    def _some_day(self) -> str:
        """Few days, so that values of one day meet."""
        return (date(2025, 3, 1) + timedelta(days=self._random.randrange(4))).isoformat()
