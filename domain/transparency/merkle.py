"""Merkle trees of RFC 6962, section 2.1 (the same in RFC 9162): roots, proofs and their checks.

A subtree is named by the leaves it spans, `(start, end)` with `end` exclusive. Proofs are lists of
subtrees first, and of hashes once somebody knows those.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()
Span = tuple[int, int]


def node(left: bytes, right: bytes) -> bytes:
    """The hash of a node: SHA-256(0x01 ‖ left ‖ right)."""
    return sha256(b"\x01" + left + right).digest()


def root(hashes: Sequence[bytes]) -> bytes:
    """The root over these hashes: leaves, or equal subtrees of which the last may be smaller."""
    if not hashes:
        return EMPTY_ROOT
    level = list(hashes)
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        level = [sha256(b"\x01" + a + b).digest() for a, b in pairs] + level[len(level) & ~1 :]
    return level[0]


class Frontier:
    """A tree that grows leaf by leaf and keeps only the roots of its perfect subtrees."""

    def __init__(self) -> None:
        self.size = 0
        self._roots: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        """Add the hash of one leaf."""
        perfect = self.size
        while perfect & 1:
            leaf = node(self._roots.pop(), leaf)
            perfect >>= 1
        self._roots.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """The root of the tree as it is now."""
        return fold(self._roots)


def fold(roots: Sequence[bytes]) -> bytes:
    """The root over perfect subtrees, each smaller than the one before it."""
    if not roots:
        return EMPTY_ROOT
    whole = roots[-1]
    for left in reversed(roots[:-1]):
        whole = node(left, whole)
    return whole


def perfect_subtrees(span: Span) -> Iterator[Span]:
    """The perfect subtrees that make up a subtree, from left to right; `fold` joins them."""
    start, end = span
    while start < end:
        length = 1 << (end - start).bit_length() - 1
        yield start, start + length
        start += length


def inclusion_path(index: int, size: int) -> list[Span]:
    """The subtrees whose hashes prove that leaf `index` is in the tree of `size` leaves.

    From the leaf up: PATH of RFC 6962, section 2.1.1. Raises ValueError unless 0 ≤ index < size.
    """
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    path: list[Span] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start = middle
    return path[::-1]


def consistency_path(first: int, second: int) -> list[Span]:
    """The subtrees whose hashes prove that the tree of `first` leaves begins that of `second`.

    PROOF of RFC 6962, section 2.1.2. Raises ValueError unless 0 < first ≤ second.
    """
    if not 0 < first <= second:
        raise ValueError(f"no tree of {first} leaves begins one of {second}")
    path: list[Span] = []
    start, end = 0, second
    while end != first:
        middle = start + _split(end - start)
        if first <= middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start = middle
    return path[::-1] if start == 0 else [(start, end), *path[::-1]]


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Whether the proof shows that the leaf hash is at `index` below the root of `size` leaves.

    RFC 9162, section 2.1.3.2, to the letter.
    """
    if not 0 <= index < size or not _are_hashes((leaf, root, *proof)):
        return False
    at, last, computed = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            computed = node(sibling, computed)
            at, last = _up_to_right_child(at, last)
        else:
            computed = node(computed, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and computed == root


def verify_consistency(
    first: int, second: int, proof: Sequence[bytes], first_root: bytes, second_root: bytes
) -> bool:
    """Whether the proof shows that the first tree is the beginning of the second.

    RFC 9162, section 2.1.4.2, to the letter; equal sizes need equal roots and an empty proof.
    Nothing is consistent with an empty tree: it says nothing about what comes after.
    """
    if not 0 < first <= second or not _are_hashes((first_root, second_root, *proof)):
        return False
    if first == second:
        return not proof and first_root == second_root
    if not proof:
        return False
    path = [first_root, *proof] if first & (first - 1) == 0 else list(proof)
    at, last = first - 1, second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = node(sibling, old), node(sibling, new)
            at, last = _up_to_right_child(at, last)
        else:
            new = node(new, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def _up_to_right_child(at: int, last: int) -> tuple[int, int]:
    """Skip the levels where the node at the right edge has no sibling."""
    while at and not at & 1:
        at, last = at >> 1, last >> 1
    return at, last


def _split(size: int) -> int:
    """The largest power of two smaller than `size` (> 1)."""
    return 1 << (size - 1).bit_length() - 1


def _are_hashes(values: Iterable[bytes]) -> bool:
    return all(len(value) == HASH_BYTES for value in values)
