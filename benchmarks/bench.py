"""What every benchmark is given: a server, empty databases, sizes, and the directory of a peer."""

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from service.embedded_postgres import EmbeddedPostgres
from service.migrate import migrate

DIRECTORY = Path("var/bench")


@dataclass(frozen=True)
class Bench:
    """`scale` shrinks every size; `peer_dir` is None where there is no peer to compare with."""

    server_url: str
    directory: Path
    rounds: int = 5
    patients: int = 10_000
    scale: float = 1.0
    peer_dir: Path | None = None

    def say(self, text: str) -> None:
        """Progress, beside the table."""
        print(text, file=sys.stderr, flush=True)

    def sized(self, full: int) -> int:
        """A number of things to do, at this scale."""
        return max(1, round(full * self.scale))

    @contextmanager
    def database(self, *, is_ours: bool = True) -> Iterator[str]:
        """The URL of an empty database for as long as the block lasts; ours is migrated."""
        name = f"bench_{secrets.token_hex(6)}"
        with psycopg.connect(self.server_url, autocommit=True) as admin:
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            try:
                url = urlsplit(self.server_url)._replace(path=f"/{name}").geturl()
                if is_ours:
                    migrate(url)
                yield url
            finally:
                drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
                admin.execute(drop)


@contextmanager
def server(directory: Path) -> Iterator[str]:
    """The URL of ATTESTOR_DATABASE_URL's server, or else of an embedded one in `directory`."""
    if given := os.environ.get("ATTESTOR_DATABASE_URL"):
        yield given
        return
    embedded = EmbeddedPostgres()
    url = embedded.start(directory)
    try:
        yield url
    finally:
        embedded.stop()


def find_peer(given: str | None) -> Path | None:
    """The directory of the Django peer, or None."""
    shared = os.environ.get("ATTESTOR_SHARED", "../shared")
    directory = Path(given or f"{shared}/peers/django_baseline")
    return directory.resolve() if (directory / "manage.py").is_file() else None
