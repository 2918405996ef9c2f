"""Our side: an account with variables in a database, and patients imported into it."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.bench import Bench
from domain.account import ALL_SCOPES
from domain.variable import DateVariableDefinition, VariableDefinition
from service.bootstrap import Services, build
from service.context import Context, Principal
from service.imports import ImportJob
from service.settings import Settings

VARIABLES = tuple(f"Variable {n}" for n in range(12))
DATE_VARIABLES = tuple(f"Date {n}" for n in range(4))


@dataclass(frozen=True)
class Tenant:
    """One account: its key, and the numbers of its variables in the order of their names."""

    services: Services
    context: Context
    secret: str
    variables: Sequence[int]
    date_variables: Sequence[int]

    def take_in(self, lines: Iterable[bytes]) -> ImportJob:
        """Accept an import of NDJSON lines; the job, still to be run."""
        file = BytesIO(b"\n".join(lines))
        job = self.services.imports.accept(self.context, file, "application/x-ndjson")
        return ImportJob(int(job.id), self.context.principal, "application/x-ndjson", 0)


@contextmanager
def tenant(bench: Bench, threads: int = 4) -> Iterator[Tenant]:
    """A tenant in a database and a data directory of its own."""
    with bench.database() as url, TemporaryDirectory(dir=bench.directory) as folder:
        settings = Settings(database_url=url, data_dir=Path(folder), threads=threads)
        with opened(settings) as found:
            yield found


@contextmanager
def opened(settings: Settings) -> Iterator[Tenant]:
    """A new account with 12 variables and 4 date variables in a migrated, empty database."""
    services = build(settings)
    try:
        account_id, key = services.keys.open_account("Benchmark", "UTC", "benchmark")
        principal = Principal(account_id, "UTC", frozenset(ALL_SCOPES), key.id)
        context = Context(principal, "benchmark")
        yield Tenant(
            services,
            context,
            key.secret,
            [_define(services, context, VariableDefinition(name, "u")) for name in VARIABLES],
            [_define(services, context, DateVariableDefinition(name)) for name in DATE_VARIABLES],
        )
    finally:
        services.close()


def _define(
    services: Services, context: Context, definition: VariableDefinition | DateVariableDefinition
) -> int:
    if isinstance(definition, VariableDefinition):
        return int(services.variables.define(context, definition).id)
    return int(services.variables.define(context, definition).id)
