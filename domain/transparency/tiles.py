"""The log as tiles, after C2SP tlog-tiles: 256 hashes of one level side by side.

Tile `index` of level L holds hashes `256·index …` of subtrees of 256**L leaves; a hash of level
L + 1 is the root over a full tile of level L. All tiles are full but the last of each level.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from domain.transparency.merkle import HASH_BYTES, Span, fold, perfect_subtrees, root

HEIGHT = 8
WIDTH = 1 << HEIGHT
# No log has more than 2**63 leaves.
_INDEX_END = 1 << 63 - HEIGHT
_PATH = re.compile(
    r"(0|[1-9]|[1-5]\d|6[0-3])/((?:x\d{3}/)*\d{3})(?:\.p/([1-9]\d?|1\d\d|2[0-4]\d|25[0-5]))?",
    re.ASCII,
)


@dataclass(frozen=True, order=True)
class Tile:
    """Names a tile: its level (0 ≤ level < 64), its index there, and how many hashes it has."""

    level: int
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """As in a URL after `tile/`: 0/x001/x234/067, and .p/112 behind it of a partial tile."""
        digits = f"{self.index:03}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        number = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"{self.level}/{number}{partial}"


def parse(path: str) -> Tile:
    """The tile of a path. Raises ValueError unless it is written exactly as `Tile.path` does, and
    when no log can be so large."""
    found = _PATH.fullmatch(path)
    if found is None:
        raise ValueError("not the path of a tile")
    level, number, width = found.groups()
    tile = Tile(int(level), int(re.sub(r"[x/]", "", number)), int(width or WIDTH))
    if tile.path != path or tile.index >= _INDEX_END:
        raise ValueError("not the path of a tile")
    return tile


def right_edge(size: int) -> list[Tile]:
    """The partial tiles of a log of this size, from level 0 up."""
    edge = []
    level = 0
    while count := size >> HEIGHT * level:
        if count % WIDTH:
            edge.append(Tile(level, count // WIDTH, count % WIDTH))
        level += 1
    return edge


class Edge:
    """The right edge of a log, to which leaves are appended.

    `partial[L]` are the hashes in the partial tile of level L, at most 255.
    """

    def __init__(self, size: int = 0, hashes: Mapping[int, bytes] | None = None) -> None:
        """The edge of a log of `size`, out of the bytes of its partial tiles by level.

        Raises ValueError when a tile does not have the width that the size asks for.
        """
        self.size = size
        self.partial: list[list[bytes]] = []
        for tile in right_edge(size):
            content = (hashes or {}).get(tile.level, b"")
            if len(content) != tile.width * HASH_BYTES:
                raise ValueError(f"tile {tile.path} has {len(content)} bytes")
            self._at(tile.level).extend(split(content))

    def extend(self, leaves: Iterable[bytes]) -> dict[tuple[int, int], bytes]:
        """Append leaf hashes; the bytes of all tiles that changed, by level and index."""
        changed: dict[tuple[int, int], bytes] = {}
        arriving = list(leaves)
        self.size += len(arriving)
        level = 0
        while arriving:
            hashes = self._at(level)
            hashes.extend(arriving)
            last = (self.size >> HEIGHT * level) >> HEIGHT
            full = [hashes[at : at + WIDTH] for at in range(0, len(hashes) & -WIDTH, WIDTH)]
            for index, tile in enumerate(full, last - len(full)):
                changed[level, index] = b"".join(tile)
            self.partial[level] = hashes[len(full) * WIDTH :]
            if self.partial[level]:
                changed[level, last] = b"".join(self.partial[level])
            arriving = [root(tile) for tile in full]
            level += 1
        return changed

    def root(self) -> bytes:
        """The root of the log as it is now."""
        below: list[bytes] = []
        for hashes in self.partial:
            if hashes or below:
                below = [root([*hashes, *below])]
        return root(below)

    def _at(self, level: int) -> list[bytes]:
        while len(self.partial) <= level:
            self.partial.append([])
        return self.partial[level]


def split(content: bytes) -> list[bytes]:
    """The hashes in a tile."""
    return [content[at : at + HASH_BYTES] for at in range(0, len(content), HASH_BYTES)]


def tiles_of(spans: Iterable[Span]) -> set[tuple[int, int]]:
    """Level and index of the tiles out of which `subtree` computes these subtrees."""
    return {
        (level, first // WIDTH)
        for span in spans
        for perfect in perfect_subtrees(span)
        for level, first, _ in (_place(perfect),)
    }


def subtree(span: Span, tile: Callable[[int, int], Sequence[bytes]]) -> bytes:
    """The root of a subtree, out of the hashes of tiles by level and index.

    Raises LookupError when a tile does not reach as far as the subtree.
    """
    return fold([_perfect(perfect, tile) for perfect in perfect_subtrees(span)])


def _perfect(span: Span, tile: Callable[[int, int], Sequence[bytes]]) -> bytes:
    level, first, count = _place(span)
    at = first % WIDTH
    hashes = tile(level, first // WIDTH)[at : at + count]
    if len(hashes) != count:
        raise LookupError(f"the tiles do not reach leaf {span[1]}")
    return root(hashes)


def _place(span: Span) -> tuple[int, int, int]:
    """Where a perfect subtree is found: level, number of its first hash there, how many."""
    start, end = span
    level = ((end - start).bit_length() - 1) // HEIGHT
    return level, start >> HEIGHT * level, (end - start) >> HEIGHT * level
