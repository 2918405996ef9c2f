"""A sealed and signed log of some hundred events, and what an attacker may do to it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg

from domain.demographics import Demographics
from domain.observation import Observation
from domain.patient import Patient
from domain.transparency.note import VerifierKey
from projections.runner import Runner
from projections.transparency import log_keys
from service.bootstrap import Services
from service.projecting import ASYNC
from service.sealer import sealer_of
from service.verification.checkpoints import Kept
from service.verification.log import Verified, verify_log
from service.verification.snapshot import Snapshot, snapshot
from tests.factories import Tenant, tenant

ORIGIN = "attestor.local/log"
Connection = psycopg.Connection[Any]


@dataclass
class SealedLog:
    """Services whose log grows in parts, each of them sealed and under a checkpoint of its own."""

    services: Services
    clinic: Tenant
    variable: int
    saved: list[Kept] = field(default_factory=list)

    @classmethod
    def of(cls, services: Services, parts: Sequence[int]) -> "SealedLog":
        """A log of so many patients, part by part, five events each."""
        clinic = tenant(services)
        log = cls(services, clinic, clinic.variable("Systolic"))
        for patients in parts:
            log.fill(patients)
            log.seal()
        return log

    @property
    def url(self) -> str:
        """The database, as superuser."""
        return self.services.database.url

    @property
    def key(self) -> VerifierKey:
        """The key that signs now."""
        return log_keys(self.services.database)[0].key

    def fill(self, patients: int) -> None:
        """Patients with four values each, in one append."""
        application, context = self.services.application, self.clinic.asks()
        charts = []
        for number in range(patients):
            chart = Patient.register(
                application.next_id(),
                self.clinic.account_id,
                Demographics(name=f"Patient {number}", dob="1960-01-01"),
                context.metadata(),
            )
            for month in range(1, 5):
                chart.record_observation(
                    Observation(
                        application.next_id(), self.variable, "number", f"{120 + month}",
                        f"2025-0{month}-01", "manual",
                    ),
                    context.metadata(),
                )  # fmt: skip
            charts.append(chart)
        application.save(context, charts, lambda reader, saved: None)

    def seal(self) -> None:
        """Seal all, sign, and save the checkpoint as an auditor does."""
        made = sealer_of(self.services).seal_and_sign()
        assert made is not None
        self.saved.append(Kept(f"saved {made.size}", made.note))

    def project(self) -> None:
        """Bring the async read models to the end of the log."""
        for projection in ASYNC:
            runner = Runner(self.services.database, projection, self.services.application.mapper)
            runner.prepare()
            while runner.step():
                pass

    def verify(self, **given: Any) -> Verified:
        """Verify the log as it is stored."""
        with snapshot(self.url) as log:
            return verify_log(log, ORIGIN, **given)

    def after(self, *statements: str, **given: Any) -> Verified:
        """Verify what an attacker with all rights in the database leaves; then undo it."""
        with attacker(self.url) as connection, connection.transaction(force_rollback=True):
            for statement in statements:
                assert connection.execute(statement.encode()).rowcount != 0, statement
            return verify_log(Snapshot(connection), ORIGIN, **given)


@contextmanager
def attacker(url: str) -> Iterator[Connection]:
    """A superuser's connection on which no trigger fires."""
    options = "-c search_path=attestor -c session_replication_role=replica -c timezone=UTC"
    with psycopg.connect(url, autocommit=True, options=options) as connection:
        yield connection


def places(verified: Verified) -> list[tuple[str, int | None, int | None]]:
    """Class, first and last position of each damage."""
    return [(str(each.kind), each.first, each.last) for each in verified.damages]
