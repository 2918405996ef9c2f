"""What one document may cost before it is refused."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds of one job. Bytes, seconds, counts, and points for the side of a page.

    `file_bytes` is what may be written to disk. `scans_seconds` is what all scanned pages of a
    document may take together.
    """

    address_space_bytes: int = 1 << 30
    cpu_seconds: int = 10
    wall_seconds: float = 15
    scans_seconds: float = 120
    file_bytes: int = 0
    open_files: int = 64
    pages: int = 300
    page_side_points: int = 14_400
    characters_per_page: int = 60_000
    characters: int = 1_500_000
    words: int = 250_000
    result_bytes: int = 32 << 20


SCAN = Limits(address_space_bytes=3 << 30, cpu_seconds=60, wall_seconds=60)
"""Those of reading one scanned page, which takes 3 to 8 CPU seconds and 1.9 GB of addresses: at
nice 10 beside a busy service, that can be a minute of the wall clock."""


class Unreadable(Exception):
    """A document that is refused; the message is one sentence without patient data."""
