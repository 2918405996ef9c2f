"""Who acted: a key with its name and last characters, a user, or the system itself."""

from collections.abc import Iterable
from typing import Any

from projections.database import Reader
from projections.history import names_of_keys, names_of_users


class Actors:
    """The names of those who are called key:7, user:3 or system:attestor in the log."""

    def __init__(self, reader: Reader, actors: Iterable[str | None]) -> None:
        split = {_split(actor) for actor in actors if actor}
        self._keys = names_of_keys(reader, _numbers(split, "key"))
        self._users = names_of_users(reader, _numbers(split, "user"))

    def who(self, actor: str | None) -> dict[str, Any]:
        """Kind, id, name and (of a key) the last four characters."""
        kind, _, rest = (actor or "system:").partition(":")
        known: dict[str, Any] = {"kind": kind, "id": None, "name": rest or None, "last4": None}
        if kind == "key" and (key := self._keys.get(int(rest))):
            return {**known, "id": int(rest), "name": key[0], "last4": key[1]}
        if kind == "user":
            return {**known, "id": int(rest), "name": self._users.get(int(rest))}
        return known


def _split(actor: str) -> tuple[str, str]:
    kind, _, rest = actor.partition(":")
    return kind, rest


def _numbers(actors: Iterable[tuple[str, str]], kind: str) -> list[int]:
    return [int(rest) for each, rest in actors if each == kind]
