"""Clients that break HTTP: they get a 4xx or nothing, and everybody else is served."""

import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress

import pytest

from tests.reliability.cluster import Cluster
from tests.reliability.http_client import Client, form
from tests.reliability.waiting import wait_until

JSON = b'{"name": "x"}'
SMUGGLED = b"GET /variables HTTP/1.1\r\nHost: localhost\r\n"
MIB = 1 << 20
STREAMED_MIB = 1024
FLAT_MIB = 100
"""How much the memory of the workers may grow while ten times as much is sent to them."""


@pytest.fixture(scope="module")
def client(cluster: Cluster) -> Client:
    return cluster.open_account("Abused")


@pytest.fixture(autouse=True)
def _others_are_served(cluster: Cluster, client: Client) -> Iterator[None]:
    """After each test: the same workers, no variable made, and no fault of ours."""
    workers = {process.pid for process in cluster.api_workers()}
    yield
    assert client.call("GET", "/variables").data == []
    assert {process.pid for process in cluster.api_workers()} == workers
    metrics = Client(cluster.port).call("GET", "/-/metrics").body.decode()
    faults = re.findall(r'attestor_requests_total\{.*status="5\d\d".*', metrics)
    assert [line for line in faults if "/-/ready" not in line] == []


def head(client: Client, request: str, *headers: bytes) -> bytes:
    """A request line and headers, without the blank line."""
    standing = f"{request} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {client.key}\r\n"
    lines = (b"Content-Type: application/json", b"Connection: close", *headers)
    return standing.encode() + b"".join(line + b"\r\n" for line in lines)


def statuses(port: int, sent: bytes) -> list[int]:
    """Send it and no more; the status of every answer until the service closes."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        with suppress(OSError):
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
        with suppress(OSError):
            while piece := connection.recv(1 << 16):
                received += piece
    return [int(code) for code in re.findall(rb"HTTP/1\.[01] (\d{3})", received)]


def is_refused(codes: list[int]) -> bool:
    """One 4xx, or nothing."""
    return codes == [] or (len(codes) == 1 and 400 <= codes[0] < 500)


def test_others_are_answered_while_100_sockets_send_their_heads_byte_by_byte(
    cluster: Cluster, client: Client
) -> None:
    with ExitStack() as sockets, ThreadPoolExecutor(1) as other:
        slow = []
        for number in range(100):
            connection = socket.create_connection(("127.0.0.1", cluster.port), timeout=60)
            sockets.enter_context(connection)
            connection.sendall(b"" if number % 4 == 0 else b"GET /variables HTTP/1.1\r\nX-Slow: ")
            slow.append(connection)
        answered = other.submit(lambda: client.call("GET", "/variables").status)
        wait_until(lambda: drip(slow), "the service gives the slow ones up")
    assert answered.result() == 200


def drip(slow: list[socket.socket]) -> bool:
    """One more byte from each that is still heard, and whether nobody is left."""
    for connection in list(slow):
        try:
            connection.send(b"x")
        except OSError:
            slow.remove(connection)
    return not slow


@pytest.mark.parametrize(
    "length",
    [b"1000", b"5", b"-13", b"+13", b"0x0d", b"1_3", b"13, 13", b"13\r\nContent-Length: 12",
     b"13\r\nContent-Length: 13", b"", b"99999999999999999999"],
)  # fmt: skip
def test_a_content_length_that_lies_is_refused(
    cluster: Cluster, client: Client, length: bytes
) -> None:
    sent = head(client, "POST /variables", b"Content-Length: " + length) + b"\r\n" + JSON
    assert is_refused(statuses(cluster.port, sent))


@pytest.mark.parametrize(
    "body",
    [b"zz\r\n", b"-1\r\nabc\r\n", b"f" * 20 + b"\r\nabc\r\n", b"d\r\n" + JSON[:5],
     b"d\r\n" + JSON, b"d\r\n" + JSON + b"\r\n", b"d\r\n" + JSON + b"\r\n0\r\n",
     b"c\r\n" + JSON + b"\r\n0\r\n\r\n", b"d;" + b"x" * 100_000],
)  # fmt: skip
def test_chunks_that_are_broken_or_break_off_are_refused(
    cluster: Cluster, client: Client, body: bytes
) -> None:
    sent = head(client, "POST /variables", b"Transfer-Encoding: chunked") + b"\r\n" + body
    assert is_refused(statuses(cluster.port, sent))


def test_an_import_that_breaks_off_is_not_begun(cluster: Cluster, client: Client) -> None:
    lines = b'{"name": "Ann"}\n{"name": "Bea"}\n'
    sent = head(client, "POST /imports", b"Content-Length: 1000").replace(b"/json", b"/x-ndjson")
    assert statuses(cluster.port, sent + b"\r\n" + lines) == [400]
    assert client.call("GET", "/patients").data == []


@pytest.mark.parametrize(
    "coding",
    [b"chunked", b" chunked", b"\tchunked", b"Chunked", b"xchunked", b"\x0bchunked",
     b"chunked;q=1", b"chunked, identity", b"identity, chunked", b"identity", b"gzip, chunked",
     b"chunked\r\nTransfer-Encoding: identity"],
)  # fmt: skip
def test_a_request_hidden_behind_two_lengths_is_never_answered(
    cluster: Cluster, client: Client, coding: bytes
) -> None:
    hidden = SMUGGLED + f"X-API-Key: {client.key}\r\n\r\n".encode()
    for length, body in (
        (len(b"0\r\n\r\n" + hidden), b"0\r\n\r\n" + hidden),  # CL.TE
        (4, b"%x\r\n" % len(hidden) + hidden + b"\r\n0\r\n\r\n"),  # TE.CL
    ):
        lengths = (b"Content-Length: %d" % length, b"Transfer-Encoding: " + coding)
        sent = head(client, "POST /variables", *lengths) + b"\r\n" + body
        assert is_refused(statuses(cluster.port, sent))


@pytest.mark.parametrize(
    "line",
    [b"X-Big: " + b"a" * MIB, b"\r\n".join(b"X-%d: a" % n for n in range(10_000)),
     b"X Space: a", b"X-Fold: a\r\n b", b"X-Null: a\0b", b"Transfer-Encoding : chunked",
     b"Expect: 200-maybe"],
    ids=lambda line: line[:12].decode(),
)  # fmt: skip
def test_headers_that_are_too_big_or_malformed_are_refused(
    cluster: Cluster, client: Client, line: bytes
) -> None:
    assert is_refused(statuses(cluster.port, head(client, "GET /variables", line) + b"\r\n"))


@pytest.mark.parametrize(
    "sent",
    [b"GET /" + b"a" * MIB + b" HTTP/1.1\r\n\r\n", b"GET /variables\r\n\r\n", b"\0" * 1000,
     b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET http://[ HTTP/1.1\r\n\r\n", b"\r\n" * 100_000,
     b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256))],
    ids=lambda sent: repr(sent[:9]),
)  # fmt: skip
def test_what_is_not_http_is_refused(cluster: Cluster, sent: bytes) -> None:
    assert is_refused(statuses(cluster.port, sent))


@pytest.mark.parametrize("is_chunked", [False, True], ids=["announced", "chunked"])
@pytest.mark.parametrize(
    ("request_line", "has_key", "status"),
    [
        ("POST /patients", True, 413),
        ("PUT /patients/1/variables/1", True, 413),
        ("POST /patients/1/pdf", True, 413),
        ("POST /imports", False, 401),
        ("POST /patients", False, 401),
        ("POST /no/such/route", True, 404),
        ("DELETE /patients", True, 405),
    ],
)
def test_a_gigabyte_is_refused_before_it_is_sent_and_fills_no_memory(
    cluster: Cluster,
    client: Client,
    request_line: str,
    has_key: bool,
    status: int,
    is_chunked: bool,
) -> None:
    sender = client if has_key else Client(cluster.port)
    before = memory_mib(cluster)
    codes, sent = stream(sender, request_line, is_chunked=is_chunked)
    assert codes in ([status], [])
    assert sent < STREAMED_MIB
    assert memory_mib(cluster) - before < FLAT_MIB


def memory_mib(cluster: Cluster) -> int:
    """What all workers together hold."""
    return sum(process.memory_info().rss for process in cluster.api_workers()) // MIB


def stream(sender: Client, request_line: str, *, is_chunked: bool) -> tuple[list[int], int]:
    """Send a gigabyte until it is refused; the statuses, and how many MiB went out."""
    length = b"Transfer-Encoding: chunked" if is_chunked else b"Content-Length: %d" % (1 << 30)
    start, opening = head(sender, request_line, length) + b"\r\n", b""
    if request_line.endswith("/pdf"):
        content_type, opening = form(b"%PDF-1.7\n", "a.pdf")
        start = start.replace(b"application/json", content_type.encode())
        opening = opening.removesuffix(b"\r\n--edge--\r\n")
    received, sent = b"", 0
    with socket.create_connection(("127.0.0.1", sender.port), timeout=60) as connection:
        with suppress(OSError):
            connection.sendall(start + framed(opening, is_chunked=is_chunked))
            while sent < STREAMED_MIB:
                connection.sendall(framed(b"a" * MIB, is_chunked=is_chunked))
                sent += 1
        with suppress(OSError):
            received = connection.recv(1 << 16)
    return [int(code) for code in re.findall(rb"HTTP/1\.[01] (\d{3})", received)], sent


def framed(content: bytes, *, is_chunked: bool) -> bytes:
    """As it is, or as a chunk."""
    return b"%x\r\n%s\r\n" % (len(content), content) if is_chunked and content else content
