import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from domain.errors import Invalid
from domain.measures.benchmark import parse
from projections.benchmarks import benchmark_body, find_benchmark, load_benchmarks
from projections.database import Database

EHR_001 = {
    "1": 2.385, "10": 13.46, "20": 18.485, "30": 23.02, "40": 27.54, "50": 32.915,
    "60": 40.275, "70": 51.68, "80": 73.2, "90": 94.35, "99": 99.44,
}  # fmt: skip


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url, size=1)
    yield opened
    opened.execute("DELETE FROM benchmarks")
    opened.close()


def write(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text(json.dumps(rows))
    return path


def row(measure_id: str = "001", year: int = 2025, **changes: Any) -> dict[str, Any]:
    return {
        "measureId": measure_id,
        "performanceYear": year,
        "benchmarkYear": year - 2,
        "submissionMethod": "electronicHealthRecord",
        "isToppedOut": False,
        "isToppedOutByProgram": True,
        "isInverse": True,
        "metricType": "singlePerformanceRate",
        "averagePerformanceRate": 42.7,
        "percentiles": EHR_001,
        **changes,
    }


def test_what_is_found_is_what_the_file_says(database: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "2025.json", row(), row("236", isInverse=False))
    assert load_benchmarks(database, path) == 2
    parsed = {each.measure_id: each for each in parse(path.read_bytes())}
    for measure in ("001", "236"):
        found = find_benchmark(database, measure, "electronicHealthRecord", 2025)
        assert found == parsed[measure]
    assert find_benchmark(database, "001", "registry", 2025) is None
    assert find_benchmark(database, "001", "electronicHealthRecord", 2024) is None


def test_a_newer_edition_replaces_its_year_and_no_other(database: Database, tmp_path: Path) -> None:
    load_benchmarks(database, write(tmp_path / "a.json", row("001"), row("236")))
    load_benchmarks(database, write(tmp_path / "b.json", row("001", 2024)))
    load_benchmarks(database, write(tmp_path / "c.json", row("001", isInverse=False)))
    method = "electronicHealthRecord"
    assert find_benchmark(database, "236", method, 2025) is None
    assert find_benchmark(database, "001", method, 2024) is not None
    newest = find_benchmark(database, "001", method, 2025)
    assert newest is not None
    assert not newest.is_inverse


def test_a_broken_file_changes_nothing(database: Database, tmp_path: Path) -> None:
    load_benchmarks(database, write(tmp_path / "a.json", row()))
    with pytest.raises(Invalid):
        load_benchmarks(database, write(tmp_path / "b.json", row("236"), row("236")))
    assert find_benchmark(database, "001", "electronicHealthRecord", 2025) is not None
    assert find_benchmark(database, "236", "electronicHealthRecord", 2025) is None


def test_the_entry_of_a_report_has_decile_and_points(tmp_path: Path) -> None:
    [benchmark] = parse(write(tmp_path / "a.json", row()).read_bytes())
    body = benchmark_body(benchmark, Decimal("23.08"))
    assert (body["decile"], body["points"], body["is_capped"]) == (7, Decimal("7.0000"), True)
    assert body["average_rate"] == Decimal("42.7")
    assert benchmark_body(benchmark, None)["points"] is None
