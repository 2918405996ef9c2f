"""The log as tiles: the layout of C2SP tlog-tiles, and trees read back out of it."""

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.transparency import merkle
from domain.transparency.merkle import consistency_path, inclusion_path
from domain.transparency.tiles import Edge, Tile, parse, right_edge, split, subtree, tiles_of
from tests.unit.domain.transparency import reference

LEAVES = [sha256(number.to_bytes(4)).digest() for number in range(70_000)]
SIZES = st.one_of(st.integers(1, 1_100), st.sampled_from([255, 256, 257, 65_535, 65_536, 65_792]))


def grown(cuts: Sequence[int]) -> dict[tuple[int, int], bytes]:
    """The tiles of a log that was written in pieces, each from what the one before had left."""
    stored: dict[tuple[int, int], bytes] = {}
    size = 0
    for cut in cuts:
        left = {tile.level: stored[tile.level, tile.index] for tile in right_edge(size)}
        stored |= Edge(size, left).extend(LEAVES[size:cut])
        size = cut
    return stored


WHOLE = grown([70_000])


def of_whole(level: int, index: int) -> list[bytes]:
    return split(WHOLE[level, index])


# The first two are the examples of the specification.
@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 1234067), "0/x001/x234/067"),
        (Tile(0, 273, 112), "0/273.p/112"),
        (Tile(1, 0), "1/000"),
        (Tile(2, 0, 1), "2/000.p/1"),
        (Tile(63, 999, 255), "63/999.p/255"),
        (Tile(0, 1000), "0/x001/000"),
    ],
)
def test_a_tile_has_the_path_of_the_specification(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert parse(path) == tile


@given(st.builds(Tile, st.integers(0, 63), st.integers(0, 2**55 - 1), st.integers(1, 256)))
def test_a_path_names_one_tile(tile: Tile) -> None:
    assert parse(tile.path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "", "0", "0/", "0/0", "0/00", "0/0000", "00/000", "64/000", "-1/000", "0/x000/001",
        "0/001/000", "0/x01/000", "0/000.p/0", "0/000.p/256", "0/000.p/01", "0/000.p/", "0/000/",
        "/0/000", "0/00\N{ARABIC-INDIC DIGIT ZERO}", "entries/000", "0/000\n",
        "0/x001/000.p/1 ", "0/../000", "0/" + "x999/" * 6 + "999",
    ],
)  # fmt: skip
def test_any_other_writing_of_a_path_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="not the path of a tile"):
        parse(path)


def test_a_log_of_70000_has_the_tiles_of_the_specification() -> None:
    assert sorted(level for level, _ in WHOLE) == [0] * 274 + [1] * 2 + [2]
    partial = {name: len(content) // 32 for name, content in WHOLE.items() if len(content) < 8192}
    assert partial == {(0, 273): 112, (1, 1): 17, (2, 0): 1}
    assert right_edge(70_000) == [Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]


def test_a_log_of_256_is_a_full_tile_and_one_hash_above_it() -> None:
    assert {name: len(content) // 32 for name, content in grown([256]).items()} == {
        (0, 0): 256,
        (1, 0): 1,
    }
    assert right_edge(256) == [Tile(1, 0, 1)]


@given(st.lists(st.integers(0, 2_000), min_size=1, max_size=6).map(sorted))
def test_a_log_written_in_pieces_has_the_tiles_of_one_written_at_once(cuts: list[int]) -> None:
    assert grown(cuts) == grown(cuts[-1:])


@given(SIZES)
@settings(deadline=None, max_examples=40)
def test_the_right_edge_has_the_root_of_the_naive_tree(size: int) -> None:
    edge = Edge()
    edge.extend(LEAVES[:size])
    assert edge.root() == reference.tree_root(LEAVES[:size])
    prefixes = {
        tile.level: WHOLE[tile.level, tile.index][: 32 * tile.width] for tile in right_edge(size)
    }
    assert Edge(size, prefixes).root() == edge.root()


def test_an_empty_log_has_the_root_of_nothing() -> None:
    assert Edge().root() == merkle.EMPTY_ROOT


def test_an_edge_of_the_wrong_width_is_refused() -> None:
    with pytest.raises(ValueError, match=r"tile 0/000\.p/3 has 64 bytes"):
        Edge(3, {0: bytes(64)})


@given(st.data(), SIZES)
@settings(deadline=None, max_examples=60)
def test_proofs_out_of_tiles_are_those_of_the_naive_tree(data: st.DataObject, size: int) -> None:
    index = data.draw(st.integers(0, size - 1))
    first = data.draw(st.integers(1, size))
    inclusion, consistency = inclusion_path(index, size), consistency_path(first, size)
    assert tiles_of([*inclusion, *consistency]) <= WHOLE.keys()
    assert [subtree(span, of_whole) for span in inclusion] == reference.inclusion_proof(
        index, LEAVES[:size]
    )
    assert [subtree(span, of_whole) for span in consistency] == reference.consistency_proof(
        first, LEAVES[:size]
    )


def test_a_proof_beyond_the_end_of_the_tiles_is_not_made_up() -> None:
    with pytest.raises(LookupError, match="do not reach leaf 70001"):
        subtree((69_999, 70_001), of_whole)
