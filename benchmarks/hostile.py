"""What becomes of hostile and malformed files, and what they cost."""

import os
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
from tqdm import tqdm

from benchmarks.bombs import bombs
from service.pdf.sandbox import Parsed, ParserServer

MEGABYTE = 1 << 20
GENERATED = "generated"


@dataclass(frozen=True)
class End:
    """How one file ended: "read", or the reason of the refusal; and after how many seconds."""

    group: str
    name: str
    state: str
    seconds: float


@dataclass(frozen=True)
class Damage:
    """What all files together did to this process and left behind."""

    parent_grown_mb: float
    child_peak_mb: float
    open_files_left: int
    processes_left: int
    temporary_files_left: Sequence[str]


def run(directories: Sequence[Path]) -> tuple[list[End], Damage]:
    """Parses every PDF of `directories` and the generated ones, as the service does."""
    files = {
        (directory.name, path.name): path
        for directory in directories
        for path in sorted(directory.glob("*.pdf"))
    }
    this = psutil.Process()
    temporary = _temporary_files()
    size, opened = this.memory_info().rss, this.num_fds()
    with ParserServer() as server:
        ends = [
            _end(server, *key, path.read_bytes())
            for key, path in tqdm(files.items(), "parsing", unit="file", disable=None)
        ]
        ends += [_end(server, GENERATED, name, pdf) for name, pdf in bombs().items()]
    grown = (this.memory_info().rss - size) / MEGABYTE
    left_open = this.num_fds() - opened
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    processes = len(this.children(recursive=True))
    left = sorted(_temporary_files() - temporary)
    return ends, Damage(grown, peak, left_open, processes, left)


def summary(ends: Sequence[End], damage: Damage) -> str:
    """A block of lines for each directory, and one for the damage."""
    groups = {group: [end for end in ends if end.group == group] for group in _groups(ends)}
    blocks = [_block(group, found) for group, found in groups.items()]
    return "\n\n".join([*blocks, _damage(damage)])


def _end(server: ParserServer, group: str, name: str, pdf: bytes) -> End:
    started = time.perf_counter()
    answer = server.parse(pdf)
    state = "read" if isinstance(answer, Parsed) else answer.reason
    return End(group, name, state, time.perf_counter() - started)


def _groups(ends: Sequence[End]) -> Mapping[str, None]:
    return dict.fromkeys(end.group for end in ends)


def _block(group: str, ends: Sequence[End]) -> str:
    slowest = max(ends, key=lambda end: end.seconds)
    states = Counter(end.state for end in ends).most_common()
    counted = [f"  {count:5}  {state}" for state, count in states]
    each = [f"         {end.name}: {end.state}" for end in ends if group == GENERATED]
    last = f"  slowest: {slowest.seconds:.1f} s, {slowest.name}"
    return "\n".join([f"{group}: {len(ends)} files, each ended", *counted, *each, last])


def _damage(damage: Damage) -> str:
    names = damage.temporary_files_left
    return "\n".join(
        [
            f"memory: this process {damage.parent_grown_mb:+.0f} MB, "
            f"largest child {damage.child_peak_mb:.0f} MB",
            f"left: {damage.open_files_left} open files, {damage.processes_left} processes, "
            f"{len(names)} temporary files" + "".join(f"\n  {name}" for name in names),
        ]
    )


def _temporary_files() -> set[str]:
    """What lies in the directory for temporary files now, of any program."""
    return set(os.listdir(tempfile.gettempdir()))
