"""How fast a log is verified: all of it against leaves, tiles and a checkpoint; read models apart;
and how long the audit bundle of a large report takes."""

import io
import time
from collections.abc import Callable
from contextlib import redirect_stdout

from benchmarks.bench import Bench
from benchmarks.product import Tenant, tenant
from benchmarks.report import Finding
from domain.demographics import Demographics
from domain.measures.period import Period, calendar_year
from domain.observation import Observation
from domain.patient import Patient
from examples import verify_bundle
from service.sealer import sealer_of
from service.verification.whole import verify_read_models, verify_whole_log

_BAR = 200_000
_PATIENTS = 20_000
_REPORTED = 10_000
_VALUES = 9
_AT_A_TIME = 200
_YEAR: Period = calendar_year(2025)


def run(bench: Bench) -> list[Finding]:
    """Events verified a second, and bundles; nothing else does it, so there is no other side."""
    with tenant(bench) as found:
        events = _fill(found, bench.sized(_PATIENTS))
        logs = [_rate(events, lambda: _verify_log(found)) for _ in range(bench.rounds)]
        models = [_rate(events, lambda: _verify_models(found))]
    with tenant(bench) as found:
        patients = bench.sized(_REPORTED)
        written, verified = _bundle(found, patients)
    return [
        Finding("verify the log", "events/s", logs, bar=_BAR),
        Finding("verify read models (rebuild)", "events/s", models),
        Finding("write an audit bundle", "patients/s", [patients / written]),
        Finding("verify it offline", "patients/s", [patients / verified]),
    ]


def _rate(events: int, measured: Callable[[], None]) -> float:
    return events / _seconds(measured)


def _seconds(measured: Callable[[], object]) -> float:
    started = time.perf_counter()
    measured()
    return time.perf_counter() - started


def _fill(found: Tenant, patients: int) -> int:
    """So many charts with nine values each, sealed and signed; how many events there are."""
    application, context = found.services.application, found.context
    for start in range(0, patients, _AT_A_TIME):
        charts = [_chart(found, n) for n in range(start, min(start + _AT_A_TIME, patients))]
        application.save(context, charts, lambda reader, saved: None)
    sealer_of(found.services).seal_and_sign()
    return application.recorder.max_notification_id() or 0


def _chart(found: Tenant, number: int) -> Patient:
    application, context = found.services.application, found.context
    chart = Patient.register(
        application.next_id(), context.principal.account_id,
        Demographics(name=f"Patient {number}", dob="1960-01-01"), context.metadata(),
    )  # fmt: skip
    for month in range(1, _VALUES + 1):
        value = Observation(
            application.next_id(), found.variables[month % 3], "number", f"{100 + number % 80}",
            f"2025-0{month}-01", "manual",
        )  # fmt: skip
        chart.record_observation(value, context.metadata())
    return chart


def _verify_log(found: Tenant) -> None:
    verified = verify_whole_log(found.services, [], [], lambda done, total: None)
    if verified.damages or not verified.sealed:
        raise AssertionError("an untouched log was accused")


def _verify_models(found: Tenant) -> None:
    if verify_read_models(found.services, lambda done, total: None):
        raise AssertionError("untouched read models were accused")


def _bundle(found: Tenant, patients: int) -> tuple[float, float]:
    """Seconds to write the bundle of a report of so many patients, and to verify it."""
    services, context = found.services, found.context
    _fill(found, patients)
    services.metrics.define(
        context,
        {
            "name": "Metric",
            "calculation_formula": ("initial population: age >= 18", "numerator: variable_0 < 140"),
        },
    )
    report = services.reports.freeze(context, _YEAR, None)
    sealer_of(found.services).seal_and_sign()
    file = io.BytesIO()
    written = _seconds(lambda: services.bundles.write(context, int(report.id), file))
    path = services.settings.data_dir / "bundle.zip"
    path.write_bytes(file.getvalue())
    told = io.StringIO()
    with redirect_stdout(told):
        verified = _seconds(lambda: verify_bundle.main([str(path)]))
    if not told.getvalue().endswith("verified\n"):
        raise AssertionError(told.getvalue())
    return written, verified
