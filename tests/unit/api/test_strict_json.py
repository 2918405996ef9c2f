"""JSON that other readers could understand differently is refused; numbers keep their text."""

import json
from random import Random

import falcon
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.strict_json import LongInteger, Numeral, canonical, parse

PRINTABLE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15) + 1, 10**15 - 1) | PRINTABLE,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(PRINTABLE, inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"{'a': 1}",
        b'{"a": 1,}',
        b'{"a": 1} x',
        b'{"a": NaN}',
        b"[Infinity]",
        b"[-Infinity]",
        b"[1e999]",
        b"[-1e999]",
        b"[" + b"1" * 5000 + b"]",
        b'{"a": 1, "a": 2}',
        b'{"b": {"a": 1, "a": 1}}',
        b'"\\u0000"',
        b'{"\\u0000": 1}',
        b'"\\ud800"',
        b'{"\\udc00": 1}',
        b'"\x01"',
        b"\xef\xbb\xbf{}",
        '{"a": 1}'.encode("utf-16"),
        b'"\xff"',
        b"[" * 65 + b"]" * 65,
        b"[" * 100_000,
        b'{"a":' * 65 + b"1" + b"}" * 65,
        b"01",
        b"+1",
        b"1.",
    ],
    ids=lambda text: repr(text[:24]),
)
def test_what_is_not_strict_json_is_a_400(text: bytes) -> None:
    with pytest.raises(falcon.HTTPBadRequest):
        parse(text)


def test_64_levels_are_taken() -> None:
    assert json.dumps(parse(b"[" * 64 + b"]" * 64)) == "[" * 64 + "]" * 64


@pytest.mark.parametrize("text", ["7.20", "1e2", "0.1", "-0.0", "6.02e+23", "12345678901234567890"])
def test_a_number_keeps_the_text_it_was_written_with(text: str) -> None:
    number = parse(text.encode())
    assert isinstance(number, Numeral)
    assert (number.text, float(number)) == (text, float(text))


def test_integers_are_plain_up_to_15_digits() -> None:
    assert type(parse(b"999999999999999")) is int
    assert type(parse(b"-999999999999999")) is int
    assert type(parse(b"1000000000000000")) is LongInteger


@given(VALUES)
def test_what_json_writes_is_read_as_it_was(value: object) -> None:
    assert parse(json.dumps(value).encode()) == value
    assert parse(json.dumps(value, ensure_ascii=False).encode()) == value


@given(st.dictionaries(PRINTABLE, VALUES, max_size=5), st.randoms(use_true_random=False))
def test_the_canonical_form_knows_no_order_and_no_space(
    value: dict[str, object], random: Random
) -> None:
    items = list(value.items())
    random.shuffle(items)
    shuffled = json.dumps(dict(items), indent=2).encode()
    assert canonical(parse(shuffled)) == canonical(parse(json.dumps(value).encode()))


def test_the_canonical_form_tells_different_numbers_apart() -> None:
    assert canonical(parse(b"[7.2]")) != canonical(parse(b"[7.20]"))
