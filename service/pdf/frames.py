"""Length-prefixed messages between the parser server and its parent.

A job is two messages: its kind with options in JSON, then the bytes of the document.
"""

import socket
import struct

READ, SCAN, DRAW = b"T", b"O", b"I"
"""Jobs: the words of a document, the words of one scanned page, the picture of a page."""
DOCUMENT, DONE, REFUSED = b"D", b"P", b"R"
HEAD = struct.Struct(">cQ")


def send(connection: socket.socket, kind: bytes, payload: bytes) -> None:
    """Sends one message whole."""
    connection.sendall(HEAD.pack(kind, len(payload)))
    connection.sendall(payload)


def receive(connection: socket.socket, limit: int) -> tuple[bytes, bytes]:
    """The next message. Raises EOFError when the other side is gone or sends over `limit` bytes."""
    kind, size = HEAD.unpack(_exactly(connection, HEAD.size))
    if size > limit:
        raise EOFError(f"a message of {size} bytes; the limit is {limit}")
    return kind, _exactly(connection, size)


def _exactly(connection: socket.socket, size: int) -> bytes:
    buffer = bytearray(size)
    view = memoryview(buffer)
    filled = 0
    while filled < size:
        count = connection.recv_into(view[filled:])
        if count == 0:
            raise EOFError("the other side is gone")
        filled += count
    return bytes(buffer)
