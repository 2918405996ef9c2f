"""Public numbers and aggregate ids, each computable from the other.

An aggregate's UUID carries its kind and its public number in the free bits of a version 8 UUID
(RFC 9562, section 5.8): 48 bits zero, version, 12 bits kind, variant, 62 bits number.
No table maps one to the other, and neighbours in number are neighbours in the index.
"""

from enum import IntEnum
from uuid import UUID


class Kind(IntEnum):
    """What an id names; the values are part of stored ids and never change."""

    ACCOUNT = 1
    API_KEY = 2
    PATIENT = 3
    VARIABLE = 4
    DATE_VARIABLE = 5
    METRIC = 6
    JOB = 7
    REPORT = 8
    USER = 9


_VERSION = 8 << 76
_VARIANT = 2 << 62
_NUMBER_BITS = (1 << 62) - 1


def aggregate_id(kind: Kind, number: int) -> UUID:
    """The UUID of the aggregate of this kind with this public number (1 ≤ number < 2**62)."""
    if not 0 < number <= _NUMBER_BITS:
        raise ValueError(f"a public number lies between 1 and 2**62 - 1, not {number}")
    return UUID(int=_VERSION | kind << 64 | _VARIANT | number)


def number_of(aggregate: UUID) -> int:
    """The public number in the id of an aggregate."""
    return aggregate.int & _NUMBER_BITS


def kind_of(aggregate: UUID) -> Kind:
    """The kind in the id of an aggregate."""
    return Kind(aggregate.int >> 64 & 0xFFF)
