"""How damages are told, and what is believed of files that somebody hands in."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Invalid
from service.verification.checkpoints import kept_files, keys_named
from service.verification.damage import Damage, Kind, at, joined

KINDS = st.sampled_from([Kind.CHANGED, Kind.MISSING, Kind.REORDERED])


def test_a_damage_says_its_class_its_place_and_what_is_known_of_it() -> None:
    assert str(at(Kind.MISSING, 7)) == "missing: position 7"
    assert str(at(Kind.REWRITTEN, 7, 9, "why")) == "rewritten: positions 7 to 9: why"
    assert str(Damage(Kind.FORGED, "checkpoint")) == "forged: checkpoint"


def test_neighbours_of_one_class_are_one_damage_and_others_are_not() -> None:
    found = [at(Kind.CHANGED, 3), at(Kind.CHANGED, 4), at(Kind.MISSING, 5), at(Kind.MISSING, 7),
             at(Kind.REORDERED, 8, detail="a"), at(Kind.REORDERED, 9, detail="b")]  # fmt: skip
    assert joined(found) == [
        at(Kind.CHANGED, 3, 4), at(Kind.MISSING, 5), at(Kind.MISSING, 7),
        at(Kind.REORDERED, 8, detail="a"), at(Kind.REORDERED, 9, detail="b"),
    ]  # fmt: skip


@given(st.dictionaries(st.integers(1, 40), KINDS))
def test_joining_loses_no_position_and_adds_none(kinds: dict[int, Kind]) -> None:
    found = joined(at(kind, position) for position, kind in sorted(kinds.items()))
    covered = {
        position: each.kind
        for each in found
        for position in range(each.first or 0, (each.last or 0) + 1)
    }
    assert covered == kinds
    assert sum((each.last or 0) - (each.first or 0) + 1 for each in found) == len(kinds)


def test_checkpoints_are_read_from_files_and_from_all_of_a_directory(tmp_path: Path) -> None:
    for name in ("7.txt", "12.txt", ".13.txt.4711", "notes.md"):
        (tmp_path / name).write_text(name)
    alone = tmp_path / "notes.md"
    assert [each.note for each in kept_files([alone, tmp_path])] == ["notes.md", "12.txt", "7.txt"]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff")
    for name in ("absent", "binary"):
        with pytest.raises(Invalid, match=name):
            kept_files([tmp_path / name])


@pytest.mark.parametrize("text", ["", "x", "name+00000000+AA==", "a+b+c"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="key"):
        keys_named([text])
