"""The operating system account that the embedded PostgreSQL runs as."""

import logging
import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PostgresAccount:
    """Our own account; under root, which PostgreSQL refuses to run as, another one."""

    name: str
    uid: int
    gid: int

    @classmethod
    def for_directory(cls, directory: Path) -> "PostgresAccount":
        """Under root: the owner of `directory`, or `nobody` as long as root owns it."""
        if os.geteuid() != 0:
            return cls(str(os.geteuid()), os.geteuid(), os.getegid())
        owner = directory.stat().st_uid
        entry = pwd.getpwnam("nobody") if owner == 0 else pwd.getpwuid(owner)
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid)

    def subprocess_options(self) -> dict[str, Any]:
        """Keyword arguments of `subprocess.run` that switch to this account."""
        if os.geteuid() == self.uid:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, directory: Path) -> None:
        """Make `directory` this account's, closed to all others."""
        directory.chmod(stat.S_IRWXU)
        if os.geteuid() != self.uid:
            os.chown(directory, self.uid, self.gid)

    def let_through(self, path: Path) -> None:
        """Let this account pass (not list) the directories above `path`; log each one changed.

        Only root has to: its checkouts and temporary directories are often closed to others.
        """
        if os.geteuid() == self.uid:
            return
        for parent in path.parents:
            status = parent.stat()
            if status.st_uid != self.uid and not status.st_mode & stat.S_IXOTH:
                parent.chmod(stat.S_IMODE(status.st_mode) | stat.S_IXOTH)
                logger.warning("made %s passable (o+x) for the account %s", parent, self.name)
