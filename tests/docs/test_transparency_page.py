"""What the page about the transparency log says about bytes is what the code does."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest

from domain.transparency.leaf import leaf_hash, position_of
from service.settings import Settings
from tests.unit.domain.transparency import reference

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "transparency.md").read_text("utf-8")


def block(kind: str) -> str:
    """The text of the only fenced block of this kind."""
    (text,) = re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return str(text)


def test_the_example_entry_has_the_leaf_that_the_page_says() -> None:
    entry, leaf = block("example").split("leaf")
    assert leaf_hash(bytes.fromhex(entry)).hex() == leaf.strip()
    assert position_of(bytes.fromhex(entry)) == 1


@pytest.mark.parametrize(("index", "size", "hashes"), reference.INCLUSIONS)
def test_the_few_lines_of_the_page_verify_the_published_proofs(
    index: int, size: int, hashes: list[bytes]
) -> None:
    names: dict[str, Any] = {}
    exec(block("python"), names)  # noqa: S102  our own page
    proof = {
        "leaf_index": index,
        "size": size,
        "entry": base64.b64encode(reference.ENTRIES[index]).decode(),
        "hashes": [base64.b64encode(each).decode() for each in hashes],
    }
    root = names["root_of"](json.dumps({"data": proof}))
    assert base64.b64decode(root) == reference.ROOTS[size - 1]


def test_every_setting_that_the_page_names_exists() -> None:
    named = set(re.findall(r"`ATTESTOR_([A-Z_]+)`", PAGE))
    assert named == {"LOG_ORIGIN", "CHECKPOINT_SINK"}
    assert {name.lower() for name in named} <= set(Settings.__dataclass_fields__)
