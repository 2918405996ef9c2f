"""Every checkpoint reaches the place outside, whatever fails on the way."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from service.checkpoint_sink import Deliveries, DirectorySink, HttpSink, sink_of
from tests.unit.service.transparency.sealing import Installation


def sign(installation: Installation, number: int) -> list[int]:
    """Sign so many checkpoints; the sizes of all."""
    for _ in range(number):
        installation.append_many(2)
        installation.clock.pass_by(minutes=1)
        installation.seal_all()
    found = installation.services.transparency.checkpoints(1000)[1]
    return sorted(each.size for each in found)


def notes(installation: Installation) -> dict[str, str]:
    found = installation.services.transparency.checkpoints(1000)[1]
    return {f"{each.size}.txt": each.note for each in found}


def written(directory: Path) -> dict[str, str]:
    return {file.name: file.read_text("utf-8") for file in directory.iterdir()}


def to(installation: Installation, directory: Path) -> Deliveries:
    return Deliveries(installation.services.database, DirectorySink(directory))


def test_each_checkpoint_is_a_file_named_by_its_size(
    installation: Installation, tmp_path: Path
) -> None:
    assert sign(installation, 3) == [2, 4, 6]
    assert not to(installation, tmp_path).step()
    assert written(tmp_path) == notes(installation)


def test_checkpoints_from_before_there_was_a_sink_are_delivered_too(
    installation: Installation, tmp_path: Path
) -> None:
    sign(installation, 2)
    assert not Deliveries(installation.services.database, None).step()
    sign(installation, 1)
    to(installation, tmp_path).step()
    assert sorted(written(tmp_path)) == ["2.txt", "4.txt", "6.txt"]


def test_a_directory_that_is_away_loses_nothing_and_is_told_until_it_is_back(
    installation: Installation, tmp_path: Path
) -> None:
    mount = tmp_path / "mount"
    deliveries = to(installation, mount)
    sign(installation, 2)
    deliveries.step()
    trouble = {"delivery": f"{mount} takes no checkpoint: No such file or directory"}
    assert installation.troubles() == trouble
    sign(installation, 1)
    deliveries.step()
    assert installation.troubles() == trouble
    mount.mkdir()
    deliveries.step()
    assert installation.troubles() == {}
    assert written(mount) == notes(installation)


def test_a_trouble_that_a_killed_process_left_ends_with_the_next_delivery(
    installation: Installation, tmp_path: Path
) -> None:
    sign(installation, 1)
    to(installation, tmp_path / "away").step()
    to(installation, tmp_path).step()
    assert installation.troubles() == {}


def test_many_checkpoints_come_in_several_steps(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.checkpoint_sink._BATCH", 2)
    sign(installation, 5)
    deliveries = to(installation, tmp_path)
    assert [deliveries.step() for _ in range(3)] == [True, True, False]
    assert len(written(tmp_path)) == 5


class Witness(ThreadingHTTPServer):
    """A real server that keeps what is PUT, and can be told to refuse."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = 201
        self.asked: list[tuple[str, str, str]] = []
        self.kept: dict[str, str] = {}

    @property
    def url(self) -> str:
        """Where it takes checkpoints."""
        return f"http://127.0.0.1:{self.server_port}/checkpoints"


class _Handler(BaseHTTPRequestHandler):
    server: Witness

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.asked.append((self.command, self.path, self.headers["Content-Type"]))
        if self.server.status == 201:
            self.server.kept[self.path.removeprefix("/checkpoints/") + ".txt"] = body
        self.send_response(self.server.status)
        self.send_header("Location", f"{self.server.url}/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = do_PUT

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def witness() -> Iterator[Witness]:
    """A witness that runs as long as the test."""
    with Witness() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_witness_gets_every_note_as_it_was_signed(
    installation: Installation, witness: Witness
) -> None:
    sign(installation, 3)
    Deliveries(installation.services.database, HttpSink(witness.url)).step()
    assert witness.kept == notes(installation)
    assert witness.asked == [
        ("PUT", f"/checkpoints/{size}", "text/plain; charset=utf-8") for size in (2, 4, 6)
    ]


@pytest.mark.parametrize("status", [302, 307, 401, 404, 500, 503])
def test_a_witness_that_refuses_is_asked_again_for_the_same_checkpoint(
    installation: Installation, witness: Witness, status: int
) -> None:
    deliveries = Deliveries(installation.services.database, HttpSink(witness.url))
    sign(installation, 2)
    witness.status = status
    deliveries.step()
    deliveries.step()
    assert [path for _, path, _ in witness.asked] == ["/checkpoints/2"] * 2
    assert installation.troubles() == {"delivery": f"the sink answers {status}"}
    witness.status = 201
    deliveries.step()
    assert witness.kept == notes(installation)
    assert installation.troubles() == {}


def test_a_witness_that_is_away_is_told_without_its_address(installation: Installation) -> None:
    with Witness() as gone:
        url = gone.url
    sign(installation, 1)
    Deliveries(installation.services.database, HttpSink(url)).step()
    assert installation.troubles() == {"delivery": "the sink does not answer: URLError"}


def test_the_setting_names_a_directory_or_a_url() -> None:
    assert sink_of(None) is None
    assert isinstance(sink_of("/mnt/worm"), DirectorySink)
    assert isinstance(sink_of("https://witness.example/a"), HttpSink)
