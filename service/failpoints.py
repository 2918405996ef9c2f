"""Places at which a test can kill the process; in production every one is a no-op."""

import os
import signal
from contextlib import suppress
from pathlib import Path

BEFORE_APPEND = "before_append"
AFTER_APPEND_BEFORE_COMMIT = "after_append_before_commit"
AFTER_COMMIT_BEFORE_REPLY = "after_commit_before_reply"
AFTER_REPLY = "after_reply"
AFTER_FETCH = "after_fetch"
AFTER_VIEW_WRITE = "after_view_write"
BEFORE_CHECKPOINT_COMMIT = "before_checkpoint_commit"
AFTER_CHECKPOINT_COMMIT = "after_checkpoint_commit"
BEFORE_SEAL_COMMIT = "before_seal_commit"
AFTER_SEAL_COMMIT = "after_seal_commit"
BEFORE_SIGN_COMMIT = "before_sign_commit"
AFTER_SIGN_COMMIT = "after_sign_commit"

NAMES = (
    BEFORE_APPEND,
    AFTER_APPEND_BEFORE_COMMIT,
    AFTER_COMMIT_BEFORE_REPLY,
    AFTER_REPLY,
    AFTER_FETCH,
    AFTER_VIEW_WRITE,
    BEFORE_CHECKPOINT_COMMIT,
    AFTER_CHECKPOINT_COMMIT,
    BEFORE_SEAL_COMMIT,
    AFTER_SEAL_COMMIT,
    BEFORE_SIGN_COMMIT,
    AFTER_SIGN_COMMIT,
)


def failpoint(name: str, request_id: str = "") -> None:
    """Kill this process without any clean-up when the directory ATTESTOR_FAILPOINT has a file
    `name` that is empty or holds this request's id. The file goes first, so that it kills one
    process, and not those started after it."""
    armed = os.environ.get("ATTESTOR_FAILPOINT")
    if armed:
        token = Path(armed, name)
        with suppress(FileNotFoundError):
            if token.read_text(encoding="ascii") in ("", request_id):
                token.unlink()
                os.kill(os.getpid(), signal.SIGKILL)
