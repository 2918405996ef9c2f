"""Every event against its leaf: which differ, and what was done to them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from domain.transparency.leaf import entry, leaf_hash, position_of
from service.verification.damage import Damage, Kind, at, joined
from service.verification.snapshot import Snapshot

Progress = Callable[[int, int], None]
_POSITION = slice(36, 44)
_STATE = slice(0, 32)
_COMPARED_WITH_EACH_OTHER = 200


@dataclass(frozen=True)
class Mismatch:
    """A position whose event is not the one of its leaf. `entry` is None where there is no event,
    `leaf` where there should be none; it is empty where the tile lacks it."""

    position: int
    entry: bytes | None
    leaf: bytes | None

    @property
    def leaf_of_event(self) -> bytes:
        """The leaf hash of the event that is there."""
        if self.entry is None:
            raise ValueError(f"there is no event at position {self.position}")
        return leaf_hash(self.entry)


def mismatches(log: Snapshot, report: Progress) -> list[Mismatch]:
    """Compare the sealed log with its leaves; `report` is told how far it came."""
    found: list[Mismatch] = []
    for after, upto in log.spans():
        expected = log.leaves(after, upto)
        # The leaf covers the position, so equal leaves stand at equal places.
        if _leaves(log.rows(after, upto)) != expected:
            found += _differing(log.rows(after, upto), after, expected)
        report(upto, log.sealed)
    return found


def _leaves(rows: Iterable[bytes]) -> list[bytes]:
    return [leaf_hash(entry(row)) for row in rows]


def _differing(rows: Iterable[bytes], after: int, expected: list[bytes]) -> Iterator[Mismatch]:
    entries: dict[int, bytes] = {}
    for each in map(entry, rows):
        position = position_of(each)
        if position in entries or position <= after:
            yield Mismatch(position, each, None)
        else:
            entries[position] = each
    for position, leaf in enumerate(expected, after + 1):
        found = entries.get(position)
        if found is None or leaf_hash(found) != leaf:
            yield Mismatch(position, found, leaf)


def classify(found: Sequence[Mismatch], sealed: int) -> list[Damage]:
    """What was done at these positions, neighbours together, in the order of positions.

    Positions whose leaf is lacking are passed over: that is the tile's damage.
    """
    moved = _moves(found) if len(found) <= _COMPARED_WITH_EACH_OTHER else {}
    damages = joined(
        at(*_judged(each, moved.get(each.position)))
        for each in sorted(found, key=lambda each: each.position)
        if each.leaf != b"" or each.entry is None
    )
    return _with_the_end(damages, sealed)


def _judged(each: Mismatch, move: str | None) -> tuple[Kind, int, None, str]:
    if each.leaf is None:
        return Kind.INSERTED, each.position, None, ""
    if move is not None:
        return Kind.REORDERED, each.position, None, move
    kind = Kind.MISSING if each.entry is None else Kind.CHANGED
    return kind, each.position, None, ""


def _moves(found: Sequence[Mismatch]) -> dict[int, str]:
    """Where the event or the content that belongs to a position stands now."""
    moves = {}
    for here in found:
        for there in found:
            if there.entry is None or here is there or not here.leaf:
                continue
            place = here.position.to_bytes(8, signed=True)
            whole = there.entry[: _POSITION.start] + place + there.entry[_POSITION.stop :]
            if leaf_hash(whole) == here.leaf:
                moves[here.position] = f"its event stands at position {there.position}"
            elif here.entry and leaf_hash(_with_state(here.entry, there.entry)) == here.leaf:
                moves[here.position] = f"its content stands at position {there.position}"
    return moves


def _with_state(entry: bytes, other: bytes) -> bytes:
    return other[_STATE] + entry[_STATE.stop :]


def _with_the_end(damages: list[Damage], sealed: int) -> list[Damage]:
    """Damages that reach the end of the sealed log without a gap say so."""
    last: int = sealed
    tail: list[Damage] = []
    while damages and damages[-1].last == last and damages[-1].kind in (Kind.CHANGED, Kind.MISSING):
        tail.insert(0, damages.pop())
        last = (tail[0].first or 0) - 1
    kinds = [each.kind for each in tail]
    if kinds == [Kind.MISSING]:
        return [*damages, at(Kind.TRUNCATED, last + 1, sealed)]
    if tail and last + 1 < sealed:
        return [*damages, at(Kind.REWRITTEN, last + 1, sealed, "the end of the log is another")]
    return [*damages, *tail]
