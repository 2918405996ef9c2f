import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import append, imports, load, projection, sealing, verify
from benchmarks import http as comparison
from benchmarks.__main__ import BENCHMARKS
from benchmarks.bench import Bench, find_peer
from benchmarks.load import Request, Target
from benchmarks.report import Finding, alternate, table


@pytest.fixture
def bench(postgres_url: str, data_dir: Path) -> Bench:
    return Bench(postgres_url, data_dir, rounds=1, scale=0.005)


@pytest.mark.parametrize("benchmark", [append, projection, imports, sealing, verify])
def test_a_benchmark_measures_something_on_every_side_it_compares(
    benchmark: object, bench: Bench
) -> None:
    findings: list[Finding] = benchmark.run(bench)  # type: ignore[attr-defined]
    assert findings
    for finding in findings:
        assert all(rate > 0 for rate in (*finding.ours, *finding.theirs))
    assert any(finding.bar for finding in findings)


def test_without_a_peer_the_http_comparison_says_so_and_finds_nothing(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    assert comparison.run(bench) == []
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_directory_without_manage_py_is_no_peer(tmp_path: Path) -> None:
    assert find_peer(str(tmp_path)) is None
    (tmp_path / "manage.py").touch()
    assert find_peer(str(tmp_path)) == tmp_path


def test_the_ratio_is_the_median_of_the_rounds_ratios_and_not_the_ratio_of_medians() -> None:
    finding = Finding("x", "a/s", ours=[2, 30, 12], theirs=[1, 10, 12], bar=2)
    assert finding.ratio == 2  # of 2, 3 and 1; the medians 12 and 10 would give 1.2
    assert finding.is_reached


def test_without_another_side_the_bar_is_a_number_of_its_own_unit() -> None:
    assert Finding("x", "a/s", [7, 9, 8], bar=8).is_reached
    assert Finding("x", "a/s", [7, 9, 8], bar=8.1).is_reached is False
    assert Finding("x", "a/s", [7, 9, 8]).is_reached is None


def test_sides_take_turns() -> None:
    turns: list[str] = []

    def side(name: str) -> float:
        turns.append(name)
        return len(turns)

    found = alternate(2, {"a": lambda: side("a"), "b": lambda: side("b")})
    assert turns == ["a", "b", "a", "b"]
    assert found == {"a": [1, 3], "b": [2, 4]}


def test_the_table_has_one_line_for_each_finding_below_its_headings() -> None:
    lines = table([Finding("long name", "a/s", [1234.5], [617.25], 1.5)]).splitlines()
    assert lines[0].split() == ["what", "ours", "theirs", "unit", "ratio", "bar", "reached"]
    assert lines[1] == "long name  1 234     617  a/s   2.00x  ≥ 1.5x  yes"


def test_every_benchmark_has_a_name_on_the_command_line() -> None:
    assert set(BENCHMARKS) == {
        "append", "projection", "import", "http", "access_trail", "sealing", "verify",
        "time_travel", "dashboard", "queue",
    }  # fmt: skip


class Answering(http.server.BaseHTTPRequestHandler):
    """Answers PUT with what it was sent, and any GET but of / with 503."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(200 if self.path == "/" else 503, b"{}")

    def do_PUT(self) -> None:
        self._answer(200, self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def target() -> Iterator[Target]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Target(f"http://127.0.0.1:{server.server_port}", "key", 0, [1], [1])
        server.shutdown()
        thread.join()


def test_our_own_client_refuses_to_count_an_answer_that_is_no_success(target: Target) -> None:
    assert load.rate_of_own_client(target, [Request("/"), Request("/", '{"v": 1}')], 0.05) > 0
    with pytest.raises(AssertionError):
        load.rate_of_own_client(target, [Request("/nowhere")], 0.05)


def test_a_put_arrives_with_its_body(target: Target) -> None:
    assert target.ask(Request("/", '{"value": "5"}')) == {"value": "5"}
