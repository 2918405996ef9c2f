import socket

import pytest

from service.gunicorn_worker import limit_idle


def test_a_thread_waits_neither_for_what_does_not_come_nor_for_what_is_not_taken() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        limit_idle(ours, 1)
        ours.setblocking(True)
        with pytest.raises(BlockingIOError):
            ours.recv(1)
        with pytest.raises(BlockingIOError):
            ours.sendall(b"x" * (1 << 24))
