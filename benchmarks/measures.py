"""`python -m benchmarks.measures`: what CMS122 and a free score cost as patients grow in number."""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import handwritten
from benchmarks.bench import Bench, server
from benchmarks.chart import Line, chart
from benchmarks.product import Tenant, tenant
from benchmarks.synthetic import Population, copy_patients
from domain.demographics import Demographics
from domain.measures.period import calendar_year
from domain.variable import VariableDefinition
from projections.cms_reports import find
from projections.database import Database
from projections.definitions import variable_names
from projections.measure_results import MeasureResults, refresh
from projections.measures.live import LiveMetric, compute_totals, live_metrics, parameters
from projections.runner import Runner
from service.measure_library import load_measure
from service.patients import ValueIn
from service.projecting import catch_up

SIZES = (10_000, 100_000, 1_000_000)
PERIOD = calendar_year(2025)
_CMS122 = Path(__file__).parent.parent / "examples/measures/CMS122v13.toml"
_METRICS = 20
_PUTS = 40
_MANY = 500_000
_FREE = 'count(patients where first("Blood pressure") < {}) / count(patients) * 100'
Run = Callable[[], object]


@dataclass(frozen=True)
class Cost:
    """What was measured at one size, in milliseconds; the bar is for a million patients."""

    what: str
    milliseconds: Sequence[float]
    bar: float | None = None
    is_p95: bool = False

    @property
    def typical(self) -> float:
        """The median, or the 95th percentile."""
        ordered = sorted(self.milliseconds)
        return ordered[int(0.95 * (len(ordered) - 1))] if self.is_p95 else median(ordered)


@dataclass(frozen=True)
class World:
    """An account of synthetic patients with 20 metrics; the statements run on `database`, which
    has no statement timeout to speak of."""

    tenant: Tenant
    database: Database
    variables: Mapping[str, int]
    population: Population
    cms122: LiveMetric
    free: LiveMetric
    runner: Runner


@contextmanager
def world(bench: Bench, patients: int) -> Iterator[World]:
    """The metrics are projected before the patients come, as no event tells of those."""
    with tenant(bench) as found:
        services, context = found.services, found.context
        account_id = context.principal.account_id
        services.variables.define(context, VariableDefinition("Blood pressure", "mmHg"))
        load_measure(context, services, _CMS122)
        known_at = services.application.recorder.max_notification_id() or 0
        for n in range(_METRICS - 1):
            definition = {"name": f"Share {n}", "calculation_formula": (_FREE.format(120 + n),)}
            services.metrics.define(context, definition)
        corrected_at = services.application.recorder.max_notification_id() or 0
        runner = Runner(services.database, MeasureResults(), services.application.mapper)
        catch_up([runner])
        variables = {each.name: each.id for each in variable_names(services.database, account_id)}
        population = Population(account_id, patients, known_at, corrected_at)
        copy_patients(services.database.url, population, variables)
        database = Database(services.database.url, size=1, statement_timeout_seconds=600)
        metrics = live_metrics(database, account_id, corrected_at)
        cms122 = next(each for each in metrics if each.measure.groups)
        free = next(each for each in metrics if not each.measure.groups)
        yield World(found, database, variables, population, cms122, free, runner)
        database.close()


def costs(world: World, rounds: int, puts: int = _PUTS) -> Iterator[Cost]:
    """Every measurement at this size."""
    yield from _of_statements(world, rounds)
    everyone = [_milliseconds(lambda: recompute(world, None)) for _ in range(min(rounds, 3))]
    yield Cost("CMS122, every result computed and stored", everyone, 15_000)
    three = [row[0] for row in world.database.rows("SELECT id FROM patients ORDER BY id LIMIT 3")]
    ticks = [_milliseconds(lambda: recompute(world, three)) for _ in range(20)]
    yield Cost("CMS122, a tick of three patients", ticks)
    reads = [_milliseconds(lambda: report(world)) for _ in range(200)]
    yield Cost(f"report of {_METRICS} metrics", reads, 10)
    patient = _registered(world)
    for variable, readers, bar in (
        ("HbA1c laboratory test", "one metric reads", 100),
        ("Blood pressure", f"{_METRICS - 1} metrics read", None),
    ):
        visible = list(_visible(world, patient, world.variables[variable], puts))
        yield Cost(f"PUT of what {readers}, until reported, p95", visible, bar, True)


def _of_statements(world: World, rounds: int) -> Iterator[Cost]:
    """The statements that read everyone, in turns."""
    now, before = world.population.corrected_at, world.population.known_at
    sides: dict[str, Run] = {
        "CMS122, counts": lambda: counts(world, world.cms122, now),
        "CMS122, counts as of before a correction": lambda: counts(world, world.cms122, before),
        "CMS122, written by hand": lambda: by_hand(world),
        "free score, counts": lambda: counts(world, world.free, now),
        "CMS122, counts as the service reads them": lambda: compute_totals(
            world.database, world.cms122, PERIOD, now
        ),
    }
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, run in sides.items():
            taken[name].append(_milliseconds(run))
    bars = {
        "CMS122, counts": 4000,
        "CMS122, counts as of before a correction": 1.5 * median(taken["CMS122, counts"]),
        "free score, counts": 2000,
    }
    for name, times in taken.items():
        yield Cost(name, times, bars.get(name))


def counts(world: World, metric: LiveMetric, position: int) -> list[Any]:
    """The sums of the compiled statement's cells, added up by the server."""
    width = len(metric.compiled.cells)
    sums = ", ".join(f"sum(cells[{n}])::bigint" for n in range(1, width + 1))
    query = f"SELECT {sums} FROM ({metric.compiled.sql}) AS f (patient_id, cells)"  # noqa: S608
    bound = parameters(metric, PERIOD, position, None)
    return list(world.database.rows(query, bound, prepare=False)[0])


def by_hand(world: World) -> list[Any]:
    """Initial population, exclusions and numerator by the statement written by hand."""
    account_id = world.population.account_id
    bound = handwritten.bound(account_id, world.variables, PERIOD.start, PERIOD.end)
    return list(world.database.rows(handwritten.SQL, bound, prepare=False)[0])


def recompute(world: World, patient_ids: list[int] | None) -> None:
    """As the runner does it for one period, to the commit."""
    with world.database.transaction() as transaction:
        position = world.population.corrected_at
        refresh(transaction, world.cms122, [PERIOD], position, patient_ids)


def report(world: World) -> int:
    """What GET /cms-reports reads; how many entries."""
    entries = find(world.database, world.population.account_id, "UTC", PERIOD).entries
    return len(entries)


def _registered(world: World) -> int:
    """A patient whom events tell of."""
    services, context = world.tenant.services, world.tenant.context
    number = services.patients.register(context, Demographics(dob="1970-01-01")).id
    catch_up([world.runner])
    return int(number)


def _visible(world: World, patient: int, variable: int, puts: int) -> Iterator[float]:
    """A PUT acknowledged, projected, and read, one after the other in one process."""
    patients, context = world.tenant.services.patients, world.tenant.context
    for n in range(puts):
        value = ValueIn(value=str(5 + n), observed_on="2025-03-01")
        started = time.perf_counter()
        put = patients.put_value(context, patient, "number", variable, value)
        while world.runner.step():
            pass
        found = find(world.database, context.principal.account_id, "UTC", PERIOD)
        yield 1000 * (time.perf_counter() - started)
        if found.position < put.position:
            raise AssertionError("the report does not have the value")


def _milliseconds(run: Run) -> float:
    started = time.perf_counter()
    run()
    return 1000 * (time.perf_counter() - started)


def table(patients: int, found: Sequence[Cost]) -> str:
    """The costs at one size, as a table in Markdown."""
    rows = [f"| {_number(patients)} patients | ms | bar | reached |", "|---|--:|--:|---|"]
    for cost in found:
        bar, reached = "", ""
        if cost.bar is not None:
            bar, reached = f"≤ {_number(cost.bar)}", "yes" if cost.typical <= cost.bar else "no"
        rows.append(f"| {cost.what} | {_number(cost.typical)} | {bar} | {reached} |")
    return "\n".join(rows)


def _number(value: float) -> str:
    return f"{value:,.0f}".replace(",", " ") if value >= 100 else f"{value:.3g}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure at every size, print a table each, and draw the chart."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.measures", description=__doc__)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--rounds", type=int, default=5, help="3 from half a million patients on")
    parser.add_argument("--chart", type=Path, help="write the growth as SVG, say docs/growth.svg")
    chosen = parser.parse_args(arguments)
    growth: dict[int, list[Cost]] = {}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        with server(Path(folder)) as url:
            bench = Bench(url, Path(folder), chosen.rounds)
            for patients in map(int, chosen.sizes.split(",")):
                bench.say(f"{patients} patients …")
                with world(bench, patients) as made:
                    bench.say("… are there")
                    rounds = min(chosen.rounds, 3) if patients >= _MANY else chosen.rounds
                    growth[patients] = list(costs(made, rounds))
                print(table(patients, growth[patients]), end="\n\n", flush=True)
    if chosen.chart:
        chosen.chart.write_text(chart(_lines(growth)), encoding="utf-8")
    return 0


def _lines(growth: Mapping[int, Sequence[Cost]]) -> list[Line]:
    names = [cost.what for cost in next(iter(growth.values()))]
    return [
        Line(name, [(size, found[n].typical) for size, found in growth.items()])
        for n, name in enumerate(names)
    ]


if __name__ == "__main__":
    sys.exit(main())
