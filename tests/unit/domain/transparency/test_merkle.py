"""Roots, proofs and their checks: the published tree, and a naive one for all other sizes."""

from hashlib import sha256
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.transparency import merkle
from domain.transparency.leaf import leaf_hash
from domain.transparency.merkle import (
    Frontier,
    consistency_path,
    inclusion_path,
    verify_consistency,
    verify_inclusion,
)
from tests.unit.domain.transparency import reference
from tests.unit.domain.transparency.reference import Consistency, Inclusion

LEAVES = [sha256(number.to_bytes(2)).digest() for number in range(300)]
SIZES = st.integers(1, len(LEAVES))


def proof_of(path: list[merkle.Span], leaves: list[bytes] = LEAVES) -> list[bytes]:
    return [reference.tree_root(leaves[start:end]) for start, end in path]


@pytest.mark.parametrize("size", range(1, 9))
def test_the_published_tree_has_its_published_roots(size: int) -> None:
    leaves = [leaf_hash(entry) for entry in reference.ENTRIES[:size]]
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    assert merkle.root(leaves) == frontier.root() == reference.ROOTS[size - 1]


def test_the_root_of_nothing_is_the_published_one() -> None:
    assert merkle.root([]) == Frontier().root() == merkle.EMPTY_ROOT == reference.EMPTY_ROOT


@pytest.mark.parametrize(("index", "size", "proof"), reference.INCLUSIONS)
def test_proofs_of_inclusion_are_the_published_ones(
    index: int, size: int, proof: list[bytes]
) -> None:
    leaves = [leaf_hash(entry) for entry in reference.ENTRIES]
    assert proof_of(inclusion_path(index, size), leaves) == proof


@pytest.mark.parametrize(("first", "second", "proof"), reference.CONSISTENCIES)
def test_proofs_of_consistency_are_the_published_ones(
    first: int, second: int, proof: list[bytes]
) -> None:
    leaves = [leaf_hash(entry) for entry in reference.ENTRIES]
    assert proof_of(consistency_path(first, second), leaves) == proof


@pytest.mark.parametrize("good", reference.good_inclusions())
def test_published_proofs_of_inclusion_hold(good: Inclusion) -> None:
    assert verify_inclusion(*good)


@pytest.mark.parametrize("good", reference.good_consistencies())
def test_published_proofs_of_consistency_hold(good: Consistency) -> None:
    assert verify_consistency(*good)


@pytest.mark.parametrize(("what", "bad"), list(reference.bad_inclusions()))
def test_a_damaged_proof_of_inclusion_is_refused(what: str, bad: Inclusion) -> None:
    assert not verify_inclusion(*bad), what


@pytest.mark.parametrize(("what", "bad"), list(reference.bad_consistencies()))
def test_a_damaged_proof_of_consistency_is_refused(what: str, bad: Consistency) -> None:
    assert not verify_consistency(*bad), what


@given(SIZES)
def test_roots_are_those_of_the_naive_tree(size: int) -> None:
    frontier = Frontier()
    for leaf in LEAVES[:size]:
        frontier.append(leaf)
    naive = reference.tree_root(LEAVES[:size])
    assert merkle.root(LEAVES[:size]) == frontier.root() == naive
    assert frontier.size == size


@given(st.data(), SIZES)
def test_every_leaf_has_the_proof_of_the_naive_tree_and_no_other_leaf_has_it(
    data: st.DataObject, size: int
) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = proof_of(inclusion_path(index, size))
    assert proof == reference.inclusion_proof(index, LEAVES[:size])
    root = reference.tree_root(LEAVES[:size])
    assert [at for at in range(size) if verify_inclusion(LEAVES[at], at, size, proof, root)] == [
        index
    ]


@given(st.data(), SIZES)
def test_every_beginning_has_the_proof_of_the_naive_tree(data: st.DataObject, size: int) -> None:
    first = data.draw(st.integers(1, size))
    proof = proof_of(consistency_path(first, size))
    assert proof == reference.consistency_proof(first, LEAVES[:size])
    roots = reference.tree_root(LEAVES[:first]), reference.tree_root(LEAVES[:size])
    assert verify_consistency(first, size, proof, *roots)


@given(st.data(), st.integers(2, len(LEAVES)))
def test_a_rewritten_log_is_not_consistent_with_what_it_was(data: st.DataObject, size: int) -> None:
    first = data.draw(st.integers(1, size - 1))
    changed = data.draw(st.integers(0, first - 1))
    rewritten = [*LEAVES[:changed], leaf_hash(b"another"), *LEAVES[changed + 1 : size]]
    proof = proof_of(consistency_path(first, size), rewritten)
    before, after = reference.tree_root(LEAVES[:first]), reference.tree_root(rewritten)
    assert not verify_consistency(first, size, proof, before, after)


@given(st.data(), st.integers(1, 2**62))
def test_the_path_of_a_leaf_and_the_leaf_make_up_the_tree(data: st.DataObject, size: int) -> None:
    index = data.draw(st.integers(0, size - 1))
    spans = sorted([*inclusion_path(index, size), (index, index + 1)])
    assert (spans[0][0], spans[-1][1]) == (0, size)
    assert all(left[1] == right[0] for left, right in pairwise(spans))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 3), (3, 2)])
def test_there_is_no_path_of_a_leaf_that_is_not_in_the_tree(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no leaf"):
        inclusion_path(index, size)


@pytest.mark.parametrize(("first", "second"), [(0, 0), (0, 1), (2, 1), (-1, 1)])
def test_there_is_no_path_between_trees_that_do_not_follow(first: int, second: int) -> None:
    with pytest.raises(ValueError, match="no tree"):
        consistency_path(first, second)
