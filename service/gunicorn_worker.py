"""gunicorn's thread worker, which does not wait for a client for ever.

Otherwise as many slow or vanished clients as there are threads keep everybody else out.
"""

import socket
import struct
import time
from contextlib import suppress
from typing import Any

from gunicorn import glogging
from gunicorn.workers.gthread import TConn, ThreadWorker

HEAD_SECONDS = 5.0
IDLE_SECONDS = 30


class Logger(glogging.Logger):  # type: ignore[misc]
    """Prepares no line of an access log that nobody writes; that took a twelfth of a request."""

    access_log_enabled = False


class Worker(ThreadWorker):  # type: ignore[misc]
    """Cuts connections whose request line and headers are not complete within five seconds, and
    those on which nothing moves for thirty while a body is read or an answer is written."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._awaited: dict[TConn, float] = {}

    def enqueue_req(self, conn: TConn) -> None:
        """Hand a connection to the threads; it may have to wait for one."""
        if not conn.initialized:
            limit_idle(conn.sock, IDLE_SECONDS)
        self._await_head(conn)
        super().enqueue_req(conn)

    def handle(self, conn: TConn) -> Any:
        """Read a request and answer it, in a thread."""
        self._await_head(conn)
        try:
            return super().handle(conn)
        finally:
            self._awaited.pop(conn, None)

    def handle_request(self, req: Any, conn: TConn) -> Any:
        """Answer a request whose head is there."""
        self._awaited.pop(conn, None)
        return super().handle_request(req, conn)

    def murder_pending(self) -> None:
        """Called every second by the main loop."""
        super().murder_pending()
        now = time.monotonic()
        for conn, deadline in tuple(self._awaited.items()):
            if now <= deadline or _has_head(conn.sock):
                continue
            # A thread that began to read in the meantime has set another deadline.
            if self._awaited.get(conn) == deadline:
                with suppress(OSError):
                    conn.sock.shutdown(socket.SHUT_RDWR)

    def _await_head(self, conn: TConn) -> None:
        self._awaited[conn] = time.monotonic() + HEAD_SECONDS


def limit_idle(connection: socket.socket, seconds: int) -> None:
    """From now on a read or write that has to wait longer raises BlockingIOError."""
    limit = struct.pack("@ll", seconds, 0)
    for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
        connection.setsockopt(socket.SOL_SOCKET, option, limit)


def _has_head(connection: socket.socket) -> bool:
    """Whether a head is there that no thread has begun to read."""
    try:
        received = connection.recv(1 << 16, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except OSError:
        return False
    return b"\r\n\r\n" in received
