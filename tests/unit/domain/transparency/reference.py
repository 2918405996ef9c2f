"""What others published about trees and notes, and a naive tree written from the RFC's text."""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple

# The reference tree of Certificate Transparency: eight entries and the roots of its beginnings, as
# in google/certificate-transparency and transparency-dev/merkle (facts, no code).
ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = [
    bytes.fromhex(text)
    for text in (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
]
EMPTY_ROOT = bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
SOME_HASH = bytes.fromhex("abacaba000000000000000000000000000000000000000000060061e00123456")

_H01 = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
_H1 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
_H23 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
_H47 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
_H4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
_H67 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
_H03 = "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"
_H45 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
_H6 = "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f"
_H0 = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


def _hashes(*texts: str) -> list[bytes]:
    return [bytes.fromhex(text) for text in texts]


# Index, size, proof.
INCLUSIONS = [
    (0, 1, _hashes()),
    (0, 8, _hashes(_H1, _H23, _H47)),
    (5, 8, _hashes(_H4, _H67, _H03)),
    (2, 3, _hashes(_H01)),
    (1, 5, _hashes(_H0, _H23, _H4)),
]
# First size, second size, proof.
CONSISTENCIES = [
    (1, 1, _hashes()),
    (1, 8, _hashes(_H1, _H23, _H47)),
    (6, 8, _hashes(_H45, _H67, _H03)),
    (2, 5, _hashes(_H23, _H4)),
    (6, 7, _hashes(_H45, _H6, _H03)),
]


class Inclusion(NamedTuple):
    """The arguments of a check of inclusion."""

    leaf: bytes
    index: int
    size: int
    proof: Sequence[bytes]
    root: bytes


class Consistency(NamedTuple):
    """The arguments of a check of consistency."""

    first: int
    second: int
    proof: Sequence[bytes]
    first_root: bytes
    second_root: bytes


def leaf_hash(entry: bytes) -> bytes:
    """RFC 9162, 2.1.1: MTH({d[0]})."""
    return sha256(b"\x00" + entry).digest()


def good_inclusions() -> list[Inclusion]:
    """The published proofs of inclusion."""
    return [
        Inclusion(leaf_hash(ENTRIES[index]), index, size, proof, ROOTS[size - 1])
        for index, size, proof in INCLUSIONS
    ]


def good_consistencies() -> list[Consistency]:
    """The published proofs of consistency."""
    return [
        Consistency(first, second, proof, ROOTS[first - 1], ROOTS[second - 1])
        for first, second, proof in CONSISTENCIES
    ]


def bad_inclusions() -> Iterator[tuple[str, Inclusion]]:
    """The published proofs, damaged in each of the ways of transparency-dev/merkle's probes."""
    for good in good_inclusions():
        for what, bad in _damaged_inclusion(good):
            yield f"{good.index}/{good.size}: {what}", bad
    for index, size in ((0, 0), (0, 1), (1, 0), (2, 1)):
        for leaf, root in ((SOME_HASH, b""), (b"", EMPTY_ROOT), (SOME_HASH, EMPTY_ROOT)):
            what = f"{index}/{size}: leaf {leaf[:2].hex()}, root {root[:2].hex()}"
            yield what, Inclusion(leaf, index, size, [], root)
    single = leaf_hash(b"data")
    for leaf, root in ((single, b""), (b"", single), (b"", b"")):
        yield f"single leaf, {len(leaf)} and {len(root)} bytes", Inclusion(leaf, 0, 1, [], root)


def _damaged_inclusion(good: Inclusion) -> Iterator[tuple[str, Inclusion]]:
    index, size, proof, root = good.index, good.size, list(good.proof), good.root
    yield "index - 1", good._replace(index=index - 1)
    yield "index + 1", good._replace(index=index + 1)
    yield "index ^ 2", good._replace(index=index ^ 2)
    yield "twice the size", good._replace(size=size * 2)
    yield "half the size", good._replace(size=size // 2)
    yield "wrong leaf", good._replace(leaf=b"WrongLeaf")
    yield "root of nothing", good._replace(root=EMPTY_ROOT)
    yield "some root", good._replace(root=SOME_HASH)
    yield "nothing behind", good._replace(proof=[*proof, b""])
    yield "root behind", good._replace(proof=[*proof, root])
    yield "nothing before", good._replace(proof=[b"", *proof])
    yield "root before", good._replace(proof=[root, *proof])
    for at in range(len(proof)):
        yield f"bit 3 of hash {at}", good._replace(proof=_flipped(proof, at, 8))
    if proof:
        yield "without the last", good._replace(proof=proof[:-1])
    if len(proof) > 1:
        yield "one too many", good._replace(proof=[proof[0], SOME_HASH, *proof[1:]])


def bad_consistencies() -> Iterator[tuple[str, Consistency]]:
    """The published proofs, damaged in each of the ways of transparency-dev/merkle's probes."""
    for good in good_consistencies():
        for what, bad in _damaged_consistency(good) if good.proof else ():
            yield f"{good.first}-{good.second}: {what}", bad
    one, two = leaf_hash(b"one"), leaf_hash(b"two")
    for first, second, proof, first_root, second_root in (
        (0, 0, [], one, two), (1, 1, [], one, two), (0, 0, [], one, one), (0, 1, [], one, two),
        (1, 0, [], one, two), (2, 1, [], one, two), (1, 2, [], one, two),
        (0, 0, [], EMPTY_ROOT, two), (1, 1, [], EMPTY_ROOT, two),
        (0, 0, [EMPTY_ROOT], EMPTY_ROOT, EMPTY_ROOT), (0, 1, [EMPTY_ROOT], EMPTY_ROOT, EMPTY_ROOT),
        (1, 1, [EMPTY_ROOT], EMPTY_ROOT, EMPTY_ROOT), (-1, 1, [one], one, two),
        (0, 1, [], EMPTY_ROOT, one), (1, 1, [], b"one", b"one"),
    ):  # fmt: skip
        what = f"{first}-{second}: {len(proof)} hashes, {first_root[:2].hex()}"
        yield what, Consistency(first, second, proof, first_root, second_root)


def _damaged_consistency(good: Consistency) -> Iterator[tuple[str, Consistency]]:
    first, second, proof = good.first, good.second, list(good.proof)
    yield "first - 1", good._replace(first=first - 1)
    yield "first + 1", good._replace(first=first + 1)
    yield "first ^ 2", good._replace(first=first ^ 2)
    yield "twice the second", good._replace(second=second * 2)
    yield "half the second", good._replace(second=second // 2)
    yield "wrong first root", good._replace(first_root=b"WrongRoot")
    yield "wrong second root", good._replace(second_root=b"WrongRoot")
    yield "swapped roots", good._replace(first_root=good.second_root, second_root=good.first_root)
    yield "no proof", good._replace(proof=[])
    for name, extra in (("nothing", b""), ("first root", good.first_root),
                        ("second root", good.second_root)):  # fmt: skip
        yield f"{name} behind", good._replace(proof=[*proof, extra])
        yield f"{name} before", good._replace(proof=[extra, *proof])
    yield "first hash twice", good._replace(proof=[proof[0], *proof])
    yield "without the last", good._replace(proof=proof[:-1])
    for at in range(len(proof)):
        yield f"bit 4 of hash {at}", good._replace(proof=_flipped(proof, at, 16))


def _flipped(proof: Sequence[bytes], at: int, bit: int) -> list[bytes]:
    damaged = list(proof)
    damaged[at] = bytes([damaged[at][0] ^ bit]) + damaged[at][1:]
    return damaged


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """RFC 9162, 2.1.1, word for word, over leaf hashes."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = _split(len(leaves))
    return sha256(b"\x01" + tree_root(leaves[:k]) + tree_root(leaves[k:])).digest()


def inclusion_proof(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """RFC 9162, 2.1.3.1: PATH(m, D_n), word for word."""
    if len(leaves) == 1:
        return []
    k = _split(len(leaves))
    if m < k:
        return [*inclusion_proof(m, leaves[:k]), tree_root(leaves[k:])]
    return [*inclusion_proof(m - k, leaves[k:]), tree_root(leaves[:k])]


def consistency_proof(m: int, leaves: Sequence[bytes], is_whole: bool = True) -> list[bytes]:
    """RFC 9162, 2.1.4.1: SUBPROOF(m, D_n, b), word for word."""
    n = len(leaves)
    if m == n:
        return [] if is_whole else [tree_root(leaves)]
    k = _split(n)
    if m <= k:
        return [*consistency_proof(m, leaves[:k], is_whole), tree_root(leaves[k:])]
    return [*consistency_proof(m - k, leaves[k:], False), tree_root(leaves[:k])]


def _split(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k
