"""Who submits: clinicians, groups and other entities as CMS knows them."""

import re
from dataclasses import dataclass
from typing import Literal, get_args

from domain.errors import Invalid

EntityType = Literal["individual", "group", "virtualGroup", "apm", "subgroup"]
_TIN = re.compile(r"[0-9]{9}")
_NPI = re.compile(r"[0-9]{10}")
_NPI_CONSTANT = 24  # what the card issuer prefix 80840 adds to the check sum
_CEHRT = re.compile(r"(2025C|[0-9A-Z]{2}15[CE])[0-9A-Z]{10}")


@dataclass(frozen=True)
class Submitter:
    """An entity that submits for a performance year. Raises Invalid when CMS could not know it.

    `entity_type` is individual (has a TIN and an NPI), group (a TIN alone), or virtualGroup, apm
    or subgroup (an `entity_id`). `cehrt_id` is the 15 characters of the certified EHR. `name` is
    the organisation's, as it is to stand in documents.
    """

    entity_type: EntityType
    performance_year: int
    tin: str | None = None
    npi: str | None = None
    entity_id: str | None = None
    cehrt_id: str | None = None
    program: str = "mips"
    name: str = ""

    def __post_init__(self) -> None:
        if self.entity_type not in get_args(EntityType):
            raise Invalid.field("entity_type", f"choose from {', '.join(get_args(EntityType))}")
        if self.tin is not None and not _TIN.fullmatch(self.tin):
            raise Invalid.field("tin", "must be 9 digits")
        if self.npi is not None and not is_npi(self.npi):
            raise Invalid.field("npi", "must be 10 digits with a valid check digit")
        if self.cehrt_id is not None and not is_cehrt_id(self.cehrt_id):
            raise Invalid.field("cehrt_id", "must be 15 characters such as 0015C… or 2025C…")
        self._check_entity()

    def _check_entity(self) -> None:
        if self.entity_type in ("individual", "group"):
            if self.tin is None:
                raise Invalid.field("tin", f"is required of {self.entity_type}")
        elif not self.entity_id:
            raise Invalid.field("entity_id", f"is required of {self.entity_type}")
        if self.entity_type == "individual" and self.npi is None:
            raise Invalid.field("npi", "is required of individual")
        if self.entity_type != "individual" and self.npi is not None:
            raise Invalid.field("npi", "is for individual only")


def is_npi(text: str) -> bool:
    """Whether this is a National Provider Identifier: Luhn over 80840 and its 10 digits."""
    if not _NPI.fullmatch(text):
        return False
    digits = [int(digit) for digit in text]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[0::2]]
    return (_NPI_CONSTANT + sum(doubled) + sum(digits[1::2])) % 10 == 0


def is_cehrt_id(text: str) -> bool:
    """Whether this has the form of a CMS EHR Certification ID."""
    return _CEHRT.fullmatch(text) is not None


def is_tin(text: str) -> bool:
    """Whether this is a Taxpayer Identification Number as CMS takes it."""
    return _TIN.fullmatch(text) is not None
