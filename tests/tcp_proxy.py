"""A way between a client and PostgreSQL that can be cut at a chosen message."""

import select
import socket
from threading import Event, Thread
from typing import Literal, Self

from psycopg.conninfo import conninfo_to_dict, make_conninfo

Cut = Literal["before sending", "when told to", "after the reply"]


class TcpProxy:
    """Forwards to the server of `url`, and drops the next connection that sends a marker."""

    def __init__(self, url: str) -> None:
        self._server = conninfo_to_dict(url)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._marker, self._cut = b"", "before sending"
        self.cuts = 0
        self.drop = Event()
        self.url = make_conninfo(
            "",
            **{
                **self._server,
                "host": "127.0.0.1",
                "port": self._listener.getsockname()[1],
                "sslmode": "disable",
                "gssencmode": "disable",
            },
        )

    def __enter__(self) -> Self:
        Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        # Closing alone would not wake the thread that waits for a connection.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def cut_at(self, marker: bytes, cut: Cut) -> None:
        """Drop the connection that sends `marker` next, at this moment of it; `drop` tells when."""
        self._marker, self._cut = marker, cut

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            Thread(target=self._forward, args=(client, self._connect()), daemon=True).start()

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        with client, server:
            while True:
                for ready in select.select([client, server], [], [])[0]:
                    other = server if ready is client else client
                    data = ready.recv(1 << 16)
                    if not data or (ready is client and self._is_cut(data, server)):
                        return
                    other.sendall(data)

    def _is_cut(self, data: bytes, server: socket.socket) -> bool:
        if not self._marker or self._marker not in data:
            return False
        self._marker = b""
        self.cuts += 1
        if self._cut != "before sending":
            server.sendall(data)
        if self._cut == "after the reply":
            server.recv(1 << 16)
        if self._cut == "when told to":
            self.drop.wait()
        return True

    def _connect(self) -> socket.socket:
        host, port = str(self._server["host"]), int(self._server.get("port") or 5432)
        if host.startswith("/"):
            server = socket.socket(socket.AF_UNIX)
            server.connect(f"{host}/.s.PGSQL.{port}")
            return server
        return socket.create_connection((host, port))
