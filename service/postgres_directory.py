"""Where the embedded PostgreSQL keeps its files, and which processes use them."""

import re
import shutil
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from service.postgres_account import PostgresAccount

if TYPE_CHECKING:
    import psutil

PORT = 5432
SOCKET_PATH_LIMIT_BYTES = 103  # of the kernel; macOS has the smaller one


@dataclass(frozen=True)
class PostgresDirectory:
    """`<data_dir>/postgres`: the cluster in `data`, its socket, log and locks beside it."""

    home: Path
    account: PostgresAccount
    superuser = "postgres"

    @classmethod
    def prepare(cls, data_dir: Path) -> "PostgresDirectory":
        """Make the directory, closed to everybody but the server's account and root."""
        home = data_dir.resolve() / "postgres"
        home.mkdir(parents=True, exist_ok=True)
        account = PostgresAccount.for_directory(home)
        account.own(home)
        account.let_through(home)
        directory = cls(home, account)
        directory.prepare_socket_directory()
        return directory

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def unfinished(self) -> Path:
        return self.home / "data.unfinished"

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    @property
    def turn_lock(self) -> Path:
        return self.home / "turn.lock"

    @property
    def users_lock(self) -> Path:
        return self.home / "users.lock"

    @property
    def socket_directory(self) -> Path:
        """`home`, or a short directory in /tmp when a socket address cannot hold that path."""
        is_short = len(bytes(self.home)) + len(f"/.s.PGSQL.{PORT}") <= SOCKET_PATH_LIMIT_BYTES
        if is_short and re.fullmatch(r"[\w./-]+", str(self.home), re.ASCII):
            return self.home
        return Path("/tmp") / f"attestor-{sha256(bytes(self.home)).hexdigest()[:16]}"  # noqa: S108

    def prepare_socket_directory(self) -> None:
        directory = self.socket_directory
        if directory == self.home:
            return
        directory.mkdir(mode=0o700, exist_ok=True)
        status = directory.lstat()
        # /tmp is everybody's: a directory somebody else laid there would hand them our clients.
        if directory.is_symlink() or status.st_uid not in (self.account.uid, 0):
            raise PermissionError(f"{directory} is not ours; remove it")
        self.account.own(directory)

    def discard_socket_directory(self) -> None:
        """Leave nothing of a stopped server outside `home`."""
        if self.socket_directory != self.home:
            shutil.rmtree(self.socket_directory)

    def socket_options(self) -> list[str]:
        """Server options: reachable by the socket alone."""
        return [
            *("-c", "listen_addresses="),
            *("-c", f"port={PORT}"),
            *("-c", f"unix_socket_directories={self.socket_directory}"),
            *("-c", "unix_socket_permissions=0700"),
        ]

    def url(self, database: str) -> str:
        """The URL of `database` for the superuser."""
        return f"postgresql://{self.superuser}@/{database}?host={self.socket_directory}&port={PORT}"

    def postmaster(self) -> int | None:
        """The process id of the server that runs on this directory, by the process itself.

        The id in `postmaster.pid` alone proves nothing: after a crash another process may have it.
        """
        try:
            first_line = (self.data / "postmaster.pid").read_text().partition("\n")[0].strip()
        except FileNotFoundError:
            return None
        running = {str(process.pid): process.pid for process in self._processes()}
        return running.get(first_line)

    def _processes(self) -> "list[psutil.Process]":
        # Here because only the extra `embedded` brings it.
        import psutil

        return [
            process
            for process in psutil.process_iter(["name", "cwd"])
            if process.info["name"] == "postgres" and process.info["cwd"] == str(self.data)
        ]

    def clear_after_crash(self) -> None:
        """End the children of a dead server, and remove the files that claim it is alive."""
        import psutil

        orphans = self._processes()
        for orphan in orphans:
            with suppress(psutil.NoSuchProcess):
                orphan.kill()
        psutil.wait_procs(orphans, timeout=30)
        for lock in (
            self.data / "postmaster.pid",
            self.socket_directory / f".s.PGSQL.{PORT}.lock",
            self.socket_directory / f".s.PGSQL.{PORT}",
        ):
            lock.unlink(missing_ok=True)

    def discard_unfinished(self) -> None:
        """Remove what an interrupted initialisation left."""
        if self.unfinished.exists():
            shutil.rmtree(self.unfinished)

    def log_tail(self) -> str:
        """The last lines of the server's log, for an error message."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-5:])
