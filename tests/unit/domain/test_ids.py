"""Public numbers and aggregate ids, each computed from the other."""

from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ids import Kind, aggregate_id, kind_of, number_of

LARGEST = 2**62 - 1
KINDS = st.sampled_from(Kind)
NUMBERS = st.integers(1, LARGEST)


# By hand from RFC 9562, 5.8: 48 bits zero | 8 | 12 bits kind | 10 | 62 bits number.
@pytest.mark.parametrize(
    ("kind", "number", "text"),
    [
        (Kind.ACCOUNT, 1, "00000000-0000-8001-8000-000000000001"),
        (Kind.PATIENT, 255, "00000000-0000-8003-8000-0000000000ff"),
        (Kind.JOB, 2**40, "00000000-0000-8007-8000-010000000000"),
        (Kind.METRIC, LARGEST, "00000000-0000-8006-bfff-ffffffffffff"),
    ],
)
def test_an_id_is_what_the_rfc_layout_says(kind: Kind, number: int, text: str) -> None:
    assert aggregate_id(kind, number) == UUID(text)


@given(KINDS, NUMBERS)
def test_kind_and_number_come_back_out_of_an_id(kind: Kind, number: int) -> None:
    packed = aggregate_id(kind, number)
    assert (kind_of(packed), number_of(packed)) == (kind, number)
    assert (packed.version, packed.variant) == (8, RFC_4122)


@given(KINDS, st.lists(NUMBERS, min_size=2, unique=True))
def test_ids_of_a_kind_sort_as_their_numbers_do(kind: Kind, numbers: list[int]) -> None:
    packed = {number: aggregate_id(kind, number).bytes for number in numbers}
    assert sorted(packed, key=lambda number: packed[number]) == sorted(numbers)


@pytest.mark.parametrize("number", [0, -1, LARGEST + 1])
def test_a_number_that_would_not_come_back_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="public number"):
        aggregate_id(Kind.PATIENT, number)


def test_stored_kinds_keep_their_numbers() -> None:
    assert {kind.name: kind.value for kind in Kind} == {
        "ACCOUNT": 1,
        "API_KEY": 2,
        "PATIENT": 3,
        "VARIABLE": 4,
        "DATE_VARIABLE": 5,
        "METRIC": 6,
        "JOB": 7,
        "REPORT": 8,
        "USER": 9,
    }
