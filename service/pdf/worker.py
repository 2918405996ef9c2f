"""The parser server: `python -m service.pdf.worker LIMITS`, a socket as its standard input.

It forks one child per job. The child has hard limits, no network and nothing but the bytes and a
pipe; the server only moves bytes and ends children that overstay.
"""

import contextlib
import ctypes
import gc
import importlib
import json
import os
import resource
import select
import signal
import socket
import sys
import time
from typing import Any, NoReturn

from service.pdf import frames, pictures, words
from service.pdf.jobs import do
from service.pdf.limits import Limits, Unreadable

TOO_LONG = "Reading the document took too long."
TOO_MUCH_MEMORY = "Reading the document took too much memory."
TOO_MUCH_TEXT = "The document holds more text than can be stored."
FAILED = {
    frames.READ: words.NOT_A_PDF,
    frames.SCAN: "The page could not be read.",
    frames.DRAW: pictures.NOT_DRAWN,
}
OUT_OF_MEMORY = 3
CLONE_NEWUSER, CLONE_NEWNET = 0x1000_0000, 0x4000_0000
PR_SET_PDEATHSIG = 1
UPLOAD_BYTES = 1 << 30
LIBC = ctypes.CDLL(None, use_errno=True)


def serve(connection: socket.socket, limits: Limits) -> None:
    """Does one job after another until the other side is gone."""
    while True:
        try:
            job, options = frames.receive(connection, UPLOAD_BYTES)
            _, pdf = frames.receive(connection, UPLOAD_BYTES)
        except EOFError:
            return
        if job == frames.SCAN:
            # Takes a second, so not in each child; no thread starts before the fork.
            importlib.import_module("service.pdf.ocr_page")
            _share_with_children()
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            connection.close()
            os.close(reader)
            _work(job, json.loads(options), pdf, writer, limits)
        os.close(writer)
        del pdf
        kind, payload = _outcome(child, reader, limits, FAILED[job])
        os.close(reader)
        frames.send(connection, kind, payload)


def _work(job: bytes, options: dict[str, Any], pdf: bytes, writer: int, limits: Limits) -> NoReturn:
    """The child: an exception nobody expected ends it, which the server reports as unreadable."""
    status = 1
    try:
        _confine(limits)
        try:
            kind, payload = frames.DONE, do(job, options, pdf, limits)
        except Unreadable as refusal:
            kind, payload = frames.REFUSED, str(refusal).encode()
        with open(writer, "wb") as pipe:
            pipe.write(kind + payload)
        status = 0
    except MemoryError:
        status = OUT_OF_MEMORY
    finally:
        os._exit(status)


def _confine(limits: Limits) -> None:
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    for kind, value in (
        (resource.RLIMIT_AS, limits.address_space_bytes),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (value, value))


def _outcome(child: int, reader: int, limits: Limits, failed: str) -> tuple[bytes, bytes]:
    """What the child wrote, or why it did not, within the wall clock limit; else `failed`."""
    deadline = time.monotonic() + limits.wall_seconds
    chunks: list[bytes] = []
    size = 0
    refusal = ""
    while not refusal:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([reader], [], [], left)[0]:
            refusal = TOO_LONG
        elif chunk := os.read(reader, 1 << 20):
            chunks.append(chunk)
            size += len(chunk)
            refusal = TOO_MUCH_TEXT if size > limits.result_bytes else ""
        else:
            break
    if refusal:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    refusal = refusal or _reason(status, failed)
    if refusal:
        return frames.REFUSED, refusal.encode()
    answer = b"".join(chunks)
    return answer[:1], answer[1:]


def _reason(status: int, failed: str) -> str:
    """Why a child ended without an answer; empty when it ended well."""
    code = os.waitstatus_to_exitcode(status)
    if code == 0:
        return ""
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return TOO_LONG
    if code in (OUT_OF_MEMORY, -signal.SIGABRT):
        return TOO_MUCH_MEMORY
    return failed


def _share_with_children() -> None:
    """Keep the collector off what is loaded, so that forking does not copy it."""
    gc.collect()
    gc.freeze()


def main() -> None:
    limits = Limits(**json.loads(sys.argv[1]))
    connection = socket.socket(fileno=os.dup(0))
    os.nice(10)
    # Without a network of its own the parser still fetches nothing; kernels may forbid this.
    LIBC.unshare(CLONE_NEWUSER | CLONE_NEWNET)
    _share_with_children()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        serve(connection, limits)


if __name__ == "__main__":
    main()
