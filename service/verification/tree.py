"""From leaves to roots: what the leaf tiles make of the tiles above them, and of each size."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest

from domain.transparency.tiles import WIDTH, Edge, Tile, split
from service.verification.damage import Damage, Kind
from service.verification.snapshot import Snapshot


@dataclass(frozen=True)
class Tree:
    """What follows from the leaves: the root of each size asked for, and the upper tiles."""

    roots: dict[int, bytes] = field(default_factory=dict)
    upper: dict[tuple[int, int], bytes] = field(default_factory=dict)


def grow(log: Snapshot, sizes: Iterable[int], instead: Mapping[int, bytes] | None = None) -> Tree:
    """The tree over the stored leaves; `instead` has other leaves for some positions.

    A leaf that is nowhere counts as 32 zero bytes: whatever follows from it is wrong, too.
    """
    tree, edge = Tree(), Edge()
    pending = sorted({size for size in sizes if 0 < size <= log.sealed}, reverse=True)
    other = instead or {}
    for after, upto in log.spans():
        stored = enumerate(log.leaves(after, upto), after + 1)
        leaves = [other.get(position, leaf or bytes(32)) for position, leaf in stored]
        while pending and pending[-1] <= upto:
            size = pending.pop()
            _extend(tree, edge, leaves[edge.size - after : size - after])
            tree.roots[size] = edge.root()
        _extend(tree, edge, leaves[edge.size - after :])
    return tree


def _extend(tree: Tree, edge: Edge, leaves: list[bytes]) -> None:
    changed = edge.extend(leaves)
    tree.upper.update({name: content for name, content in changed.items() if name[0] > 0})


def damaged_tiles(log: Snapshot, tree: Tree) -> list[Damage]:
    """The upper tiles that do not follow from the leaves, and tiles that are missing or extra."""
    rows = log.reader.rows("SELECT level, index, hashes FROM transparency_tiles WHERE level > 0")
    stored = {(level, index): bytes(hashes) for level, index, hashes in rows}
    names = sorted(stored.keys() | tree.upper.keys())
    damages = [
        _damaged(log, name, stored.get(name), tree.upper.get(name))
        for name in names
        if stored.get(name) != tree.upper.get(name)
    ]
    return _damaged_leaf_tiles(log) + damages


def _damaged(
    log: Snapshot, name: tuple[int, int], there: bytes | None, due: bytes | None
) -> Damage:
    """An upper tile that is not what follows from the leaves, with the events below its first
    hash that differs: there they are to be looked for, if it is the leaves that were changed."""
    place = f"tile {Tile(*name).path}"
    if there is None or due is None:
        return Damage(_kind(there, due), place)
    pairs = enumerate(zip_longest(split(there), split(due)))
    number = next(n for n, (one, other) in pairs if one != other)
    events = WIDTH ** name[0]
    first = (name[1] * WIDTH + number) * events
    detail = f"its hash {number} does not follow from the leaves"
    return Damage(Kind.CHANGED, place, detail, first + 1, min(first + events, log.sealed))


def _damaged_leaf_tiles(log: Snapshot) -> list[Damage]:
    """Leaf tiles that are missing or have not as many hashes as the log is long."""
    rows = log.reader.rows(
        "SELECT coalesce(t.index, w.index), octet_length(t.hashes), w.bytes FROM"
        " (SELECT n AS index, 32 * least(256, %(sealed)s - n * 256) AS bytes"
        "  FROM generate_series(0, (%(sealed)s - 1) / 256) AS n WHERE %(sealed)s > 0) w"
        " FULL JOIN (SELECT index, hashes FROM transparency_tiles WHERE level = 0) t USING (index)"
        " WHERE octet_length(t.hashes) IS DISTINCT FROM w.bytes ORDER BY 1",
        {"sealed": log.sealed},
    )
    return [
        Damage(_kind(there, due), f"tile {Tile(0, index).path}", "", *_events(log, index))
        for index, there, due in rows
    ]


def _kind(there: object, due: object) -> Kind:
    return Kind.MISSING if there is None else Kind.INSERTED if due is None else Kind.CHANGED


def _events(log: Snapshot, index: int) -> tuple[int, int]:
    return index * WIDTH + 1, min((index + 1) * WIDTH, max(log.sealed, index * WIDTH + 1))
