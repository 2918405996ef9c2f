"""Brings a database to the present schema, once, in order, each file in its own transaction."""

import hashlib
from importlib import resources

import psycopg

from projections.database import ROLE, SCHEMA

_LOCK = 61274400


class SchemaMismatch(Exception):
    """The database was made by another release; the message says by which file."""


def migrate(url: str) -> list[str]:
    """Apply every numbered file that the database does not have yet; their names.

    Safe to call from several processes at once. Raises SchemaMismatch when an applied file is
    not the one of this release, or is unknown to it.
    """
    applied = []
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        _prepare(connection)
        rows = connection.execute("SELECT name, sha256 FROM migrations").fetchall()
        known: dict[str, str] = {row[0]: row[1] for row in rows}
        for name, text in files().items():
            digest = hashlib.sha256(text.encode()).hexdigest()
            if name not in known:
                _apply(connection, name, text, digest)
                applied.append(name)
            elif known.pop(name) != digest:
                raise SchemaMismatch(f"{name} was applied in another form")
        if unknown := sorted(set(known) - set(files())):
            raise SchemaMismatch(f"{unknown[0]} is of a later release")
        _grant(connection)
    return applied


def pending(url: str) -> list[str]:
    """The files that `migrate` would apply."""
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute("SELECT to_regclass(%s)", (f"{SCHEMA}.migrations",)).fetchone()
        if row is None or row[0] is None:
            return list(files())
        names = connection.execute(f"SELECT name FROM {SCHEMA}.migrations").fetchall()  # noqa: S608
        return [name for name in files() if (name,) not in names]


def files() -> dict[str, str]:
    """Name and text of every schema file, in order."""
    folder = resources.files("projections").joinpath("schema")
    entries = [entry for entry in folder.iterdir() if entry.name.endswith(".sql")]
    return {e.name: e.read_text("utf-8") for e in sorted(entries, key=lambda e: e.name)}


def _prepare(connection: psycopg.Connection[tuple[str, ...]]) -> None:
    connection.execute("CREATE SCHEMA IF NOT EXISTS attestor")
    connection.execute("CREATE SCHEMA IF NOT EXISTS attestor_keys")
    connection.execute("SET search_path = attestor")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, sha256 text NOT NULL,"
        " applied_at timestamptz NOT NULL DEFAULT now())"
    )


def _apply(
    connection: psycopg.Connection[tuple[str, ...]], name: str, text: str, digest: str
) -> None:
    with connection.transaction():
        connection.execute(text.encode())
        connection.execute("INSERT INTO migrations (name, sha256) VALUES (%s, %s)", (name, digest))


def _grant(connection: psycopg.Connection[tuple[str, ...]]) -> None:
    """The role of the running service may do everything but change or remove events."""
    connection.execute(
        f"""
        DO $$ BEGIN
            CREATE ROLE {ROLE} NOLOGIN;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$;
        GRANT {ROLE} TO CURRENT_USER;
        GRANT USAGE ON SCHEMA attestor, attestor_keys TO {ROLE};
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA attestor, attestor_keys
            TO {ROLE};
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA attestor TO {ROLE};
        REVOKE UPDATE, DELETE, TRUNCATE ON events, access_log, transparency_checkpoints FROM {ROLE};
        REVOKE INSERT, UPDATE, DELETE ON migrations FROM {ROLE};
        """.encode()
    )
