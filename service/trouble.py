"""What keeps the transparency log from being sealed or handed out, until somebody mends it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from domain.errors import AttestorError
from projections.database import Database
from projections.transparency import QUERIES

_LOG = logging.getLogger("attestor.transparency")


class Trouble(AttestorError):
    """An operator has to look; the detail says at what. It holds nothing of an account."""


class Troubles:
    """Shows to all processes what one is in trouble with: `what` is sealing or delivery."""

    def __init__(self, database: Database, what: str) -> None:
        self._database = database
        self._what = what
        # Unknown at first: a process before this one may have left a trouble behind.
        self._shown: str | None = ""

    @contextmanager
    def shown(self) -> Iterator[None]:
        """A Trouble of the block is stored and logged, once, and ends when the block goes well."""
        try:
            yield
        except Trouble as trouble:
            self._show(trouble.detail)
        else:
            self._show(None)

    def _show(self, detail: str | None) -> None:
        if detail == self._shown:
            return
        if detail is None:
            self._database.execute(QUERIES["end_trouble"], {"what": self._what})
        else:
            _LOG.error("%s: %s", self._what, detail)
            trouble = {"what": self._what, "detail": detail}
            self._database.execute(QUERIES["add_trouble"], trouble)
        self._shown = detail
