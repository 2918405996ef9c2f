from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks import measures
from benchmarks.bench import Bench
from benchmarks.chart import Line, chart
from benchmarks.measures import Cost, World, table
from benchmarks.synthetic import VALUES_EACH

PATIENTS = 400


@pytest.fixture(scope="module")
def world(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    directory: Path = tmp_path_factory.mktemp("measures")
    with measures.world(Bench(postgres_url, directory), PATIENTS) as made:
        yield made


def test_every_patient_has_a_head_and_ten_values_and_is_counted(world: World) -> None:
    numbers = [
        world.database.rows("SELECT count(*) FROM patients"),
        world.database.rows("SELECT count(*) FROM patient_heads"),
        world.database.rows("SELECT count(*) FROM observations"),
    ]
    assert numbers == [[(PATIENTS,)], [(PATIENTS,)], [(PATIENTS * VALUES_EACH,)]]
    assert world.database.rows("SELECT patient_count FROM accounts") == [(PATIENTS,)]


def test_the_index_that_measures_read_is_made_again(world: World) -> None:
    rows = world.database.rows("SELECT indexname FROM pg_indexes WHERE tablename = 'observations'")
    assert {row[0] for row in rows} == {
        "observations_pkey", "observations_now", "observations_of_variable",
        "observations_history", "observations_ended",
    }  # fmt: skip


def test_the_statement_written_by_hand_counts_what_the_compiled_one_counts(world: World) -> None:
    counts = measures.counts(world, world.cms122, world.population.corrected_at)
    initial, denominator, excluded, numerator = counts
    assert initial == denominator
    assert measures.by_hand(world) == [initial, excluded, numerator]
    assert 0 < numerator < denominator
    assert 0 < excluded < denominator


def test_before_the_corrections_other_results_counted(world: World) -> None:
    before = measures.counts(world, world.cms122, world.population.known_at)
    after = measures.counts(world, world.cms122, world.population.corrected_at)
    assert before[:3] == after[:3]
    assert before[3] != after[3]


def test_every_cost_is_measured_and_the_report_has_twenty_metrics(world: World) -> None:
    found = list(measures.costs(world, rounds=1, puts=2))
    assert all(cost.typical > 0 for cost in found)
    assert sum(cost.bar is not None for cost in found) == 6
    assert measures.report(world) == 20


def test_the_typical_cost_is_the_median_or_the_95th_percentile() -> None:
    assert Cost("x", [9, 1, 2]).typical == 2
    assert Cost("x", list(range(1, 101)), is_p95=True).typical == 95


def test_a_missed_bar_is_said() -> None:
    lines = table(1000, [Cost("x", [5000], 4000), Cost("y", [12.5])]).splitlines()
    assert lines[2:] == ["| x | 5 000 | ≤ 4 000 | no |", "| y | 12.5 |  |  |"]


def test_in_the_chart_ten_times_as_much_is_one_step_on_either_axis() -> None:
    drawn = ET.fromstring(chart([Line("a < b", [(10, 1), (100, 10), (1000, 100)])]))  # noqa: S314
    polyline = drawn.find("{http://www.w3.org/2000/svg}polyline")
    assert polyline is not None
    places = [tuple(map(float, each.split(","))) for each in polyline.get("points", "").split()]
    (x0, y0), (x1, y1), (x2, y2) = places
    assert x1 - x0 == pytest.approx(x2 - x1)
    assert y0 - y1 == pytest.approx(y1 - y2)
    assert x0 < x1
    assert y0 > y1
