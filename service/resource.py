"""What a command or a query hands to the API."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Resource:
    """A body to show, with the version and the position of the last event that touched it."""

    id: int | str
    version: int
    position: int
    body: Any


@dataclass(frozen=True)
class Page:
    """One page of a list, and how many there are in all."""

    total: int
    items: list[Any]
