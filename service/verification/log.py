"""The verifier of the log: every event, tile and checkpoint, and who of them is to be believed."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.transparency.note import VerifierKey
from service.verification.checkpoints import Anchor, Kept, open_anchors, trusted
from service.verification.damage import Damage, Kind, at
from service.verification.entries import Mismatch, Progress, classify, mismatches
from service.verification.snapshot import Snapshot
from service.verification.tree import Tree, damaged_tiles, grow


@dataclass(frozen=True)
class Verified:
    """How far the log was verified, and what is damaged. `sealed` events were compared with their
    leaves and `signed` of them are under a checkpoint; `unsealed` ones came after."""

    sealed: int
    signed: int
    unsealed: int
    checkpoints: int
    damages: list[Damage]


def verify_log(
    log: Snapshot,
    origin: str,
    keys: Sequence[VerifierKey] = (),
    kept: Sequence[Kept] = (),
    report: Progress = lambda done, total: None,
) -> Verified:
    """Verify a moment of the log against what was signed; `keys` and `kept` come from outside."""
    anchors, damages = open_anchors(log, kept, trusted(log, keys), origin)
    found = mismatches(log, report)
    tree, wrong_leaves = _believed(log, anchors, found)
    damages += [_wrong_leaf(position) for position in wrong_leaves]
    if not wrong_leaves:
        damages += classify(found, log.sealed)
    damages += damaged_tiles(log, tree) + _unlike_signed(log, anchors, tree)
    unsealed, missing = log.unsealed()
    damages += [at(Kind.MISSING, position) for position in missing] + _version_gaps(log)
    signed = max((anchor.size for anchor in anchors), default=0)
    return Verified(log.sealed, signed, unsealed, len(anchors), damages)


def _believed(
    log: Snapshot, anchors: Sequence[Anchor], found: Sequence[Mismatch]
) -> tuple[Tree, list[int]]:
    """The tree, and the positions whose leaf in the tiles is wrong and not their event.

    The tiles are believed where they have a leaf, unless what was signed follows from the events
    and not from them.
    """
    sizes = [anchor.size for anchor in anchors]
    lacking = {m.position: m.leaf_of_event for m in found if m.leaf == b"" and m.entry is not None}
    tree = grow(log, sizes, lacking)
    disputed = [m for m in found if m.leaf and m.entry is not None]
    if not disputed or len(disputed) + len(lacking) < len(found) or _agree(anchors, tree):
        return tree, []
    by_events = grow(log, sizes, lacking | {m.position: m.leaf_of_event for m in disputed})
    return (by_events, [m.position for m in disputed]) if _agree(anchors, by_events) else (tree, [])


def _agree(anchors: Sequence[Anchor], tree: Tree) -> bool:
    """Whether every size that was signed has the root that was signed."""
    return all(tree.roots.get(anchor.size) == anchor.root for anchor in anchors)


def _wrong_leaf(position: int) -> Damage:
    detail = "the tile has another hash than the event, and the event's is the one that was signed"
    return Damage(Kind.CHANGED, f"leaf of position {position}", detail, position, position)


def _unlike_signed(log: Snapshot, anchors: Sequence[Anchor], tree: Tree) -> list[Damage]:
    """Checkpoints that the log does not reach, or does not lead to."""
    sound = {a.size for a in anchors if tree.roots.get(a.size) == a.root}
    damages: dict[tuple[Kind, int], Damage] = {}
    for anchor in sorted(anchors, key=lambda each: each.size):
        if tree.roots.get(anchor.size) == anchor.root:
            continue
        is_short = anchor.size > log.sealed
        before = log.sealed if is_short else max((s for s in sound if s < anchor.size), default=0)
        kind = Kind.TRUNCATED if is_short else Kind.REWRITTEN
        found = at(kind, before + 1, anchor.size, f"{anchor.place} is of another log")
        damages.setdefault((kind, before), found)
    return list(damages.values())


def _version_gaps(log: Snapshot) -> list[Damage]:
    """Aggregates whose versions are not 1, 2, 3 …"""
    rows = log.reader.rows(
        "SELECT originator_id, count(*), max(originator_version), max(position) FROM events"
        " GROUP BY originator_id HAVING max(originator_version) <> count(*)"
        " OR min(originator_version) <> 1 ORDER BY 1 LIMIT 1000"
    )
    return [
        Damage(Kind.MISSING, f"aggregate {id}", f"{count} events, the last has version {version}",
               None, position)
        for id, count, version, position in rows
    ]  # fmt: skip
