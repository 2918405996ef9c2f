"""What only a real server shows: chunked bodies, early refusals, several workers."""

import http.client
import json
import re
import socket
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from examples.demo import Client, new_account

MEBIBYTE = 1 << 20


@pytest.fixture(scope="module")
def client(service: tuple[str, Path]) -> Client:
    """A client with an account of this module's own."""
    return new_account(*service)


def ask(
    client: Client, method: str, path: str, body: Any = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """One request on a connection of its own; an iterator is sent chunked."""
    place = urlsplit(client.url)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=60)
    try:
        sent = {"X-API-Key": client.key, **{k.replace("_", "-"): v for k, v in headers.items()}}
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        return (
            answer.status,
            {name.lower(): value for name, value in answer.getheaders()},
            answer.read(),
        )
    finally:
        connection.close()


def in_pieces(content: bytes, size: int = 7) -> Iterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


def test_a_chunked_json_body_is_read_like_any_other(client: Client) -> None:
    status, headers, body = ask(client, "POST", "/patients", in_pieces(b'{"name": "Ann"}'))
    assert status == 201
    assert json.loads(body)["data"]["name"] == "Ann"
    assert headers["location"].startswith("/patients/")


def test_a_chunked_upload_is_read_like_any_other(client: Client) -> None:
    patient = client.call("POST", "/patients", {"name": "Ann"})["id"]
    form = (
        b'--f\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
        b"%PDF-1.7\n%%EOF\n\r\n--f--\r\n"
    )
    status, _, body = ask(
        client,
        "POST",
        f"/patients/{patient}/pdf",
        in_pieces(form),
        Content_Type="multipart/form-data; boundary=f",
    )
    assert status == 201, body
    document = json.loads(body)["data"]["id"]
    assert ask(client, "GET", f"/documents/{document}/file")[2] == b"%PDF-1.7\n%%EOF\n"


def exchange(client: Client, *pieces: bytes) -> bytes:
    """Write bytes to the server's socket until it stops taking them; what it answered."""
    place = urlsplit(client.url)
    answer = b""
    with socket.create_connection((str(place.hostname), place.port), timeout=60) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass
        connection.shutdown(socket.SHUT_WR)
        try:
            while received := connection.recv(65536):
                answer += received
        except ConnectionResetError:
            pass
    return answer


def head(client: Client, request: str, *fields: str) -> bytes:
    lines = [request, "Host: localhost", f"X-API-Key: {client.key}", *fields, "", ""]
    return "\r\n".join(lines).encode()


@pytest.mark.parametrize("path", ["/patients", "/patients/1/pdf"])
def test_an_announced_length_above_the_limit_is_refused_at_once(client: Client, path: str) -> None:
    kind = "Content-Type: multipart/form-data; boundary=f"
    start = head(client, f"POST {path} HTTP/1.1", "Content-Length: 10737418240", kind)
    status_line = exchange(client, start, b" " * 1000).split(b"\r\n")[0]
    assert b" 413 " in status_line


def test_the_server_goes_on_after_a_body_that_was_too_large(client: Client) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(3):
            yield b" " * MEBIBYTE

    status, headers, _ = ask(client, "POST", "/patients", endless())
    assert status == 413
    assert headers["content-type"] == "application/problem+json"
    assert ask(client, "GET", "/patients")[0] == 200


@pytest.mark.parametrize(
    "attack",
    [
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X-A: " + b"a" * 70_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X-A: a\r\n" * 2000 + b"\r\n",
        b"\x00\x01\x02\r\n\r\n",
    ],
    ids=["both-lengths", "two-lengths", "odd-coding", "long-line", "long-field", "many-fields",
         "garbage"],
)  # fmt: skip
def test_a_request_that_could_be_read_in_two_ways_is_refused(client: Client, attack: bytes) -> None:
    answer = exchange(client, attack)
    assert re.match(rb"HTTP/1.1 4\d\d ", answer) or answer == b""
    assert answer.count(b"HTTP/1.1 ") <= 1
    assert b"Traceback" not in answer
    assert ask(client, "GET", "/-/live")[0] == 200


def test_connections_are_kept_alive_after_a_refusal(client: Client) -> None:
    place = urlsplit(client.url)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=60)
    for method, path, body, status in (
        ("POST", "/patients", b"{broken", 400),
        ("GET", "/nowhere", None, 404),
        ("DELETE", "/patients", b"x" * 5000, 405),
        ("GET", "/patients", None, 200),
    ):
        connection.request(method, path, body, {"X-API-Key": client.key})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status
    connection.close()


def test_many_twins_of_a_request_do_it_once_and_get_the_same_answer(client: Client) -> None:
    body = b'{"name": "Twin"}'
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(
                lambda _: ask(client, "POST", "/patients", body, Idempotency_Key="twin"), range(8)
            )
        )
    assert {(status, content) for status, _, content in answers} == {(201, answers[0][2])}
    assert len([1 for _, headers, _ in answers if "idempotency-replayed" not in headers]) == 1
    assert len(client.call("GET", "/patients?name=Twin")) == 1


def test_concurrent_writes_to_one_patient_all_land_without_a_lost_one(client: Client) -> None:
    patient = client.call("POST", "/patients", {"name": "Ann"})["id"]
    # Each lost race is another's success, so with four writes none can lose its five attempts.
    variables = [client.call("POST", "/variables", {"name": f"V{n}"})["id"] for n in range(4)]

    def put(variable: int) -> int:
        path = f"/patients/{patient}/variables/{variable}"
        return ask(client, "PUT", path, b'{"value": "1"}')[0]

    with ThreadPoolExecutor(3) as pool:
        statuses = list(pool.map(put, variables))
    assert statuses == [200] * 4
    assert len(client.call("GET", f"/patients/{patient}")["variables"]) == 4


def test_a_revoked_key_ends_on_every_worker(client: Client) -> None:
    made = client.call("POST", "/api-keys", {"name": "K", "scopes": ["patients:read"]})
    other = Client(client.url, made["api_key"])
    assert {ask(other, "GET", "/patients")[0] for _ in range(8)} == {200}
    client.call("DELETE", f"/api-keys/{made['id']}")
    refused_in_a_row = 0
    for _ in range(10_000):
        refused_in_a_row = refused_in_a_row + 1 if ask(other, "GET", "/patients")[0] == 401 else 0
        if refused_in_a_row == 40:
            return
    raise AssertionError("the key still works")


def test_requests_of_all_workers_are_counted_together(client: Client) -> None:
    def counted() -> int:
        with urllib.request.urlopen(f"{client.url}/-/metrics", timeout=10) as answer:
            text = answer.read().decode()
        found = re.search(
            r'^attestor_requests_total\{method="GET",route="/-/version",status="200"\} (\S+)$',
            text,
            re.MULTILINE,
        )
        return int(float(found[1])) if found else 0

    before = counted()
    for _ in range(20):
        ask(client, "GET", "/-/version")
    assert counted() - before == 20
