"""One HTTP request on one connection, so that a broken connection belongs to one request."""

import http.client
import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

REQUEST_SECONDS = 60
Broken = (OSError, http.client.HTTPException)
"""What a request raises whose answer did not come: nobody knows whether it was done."""


@dataclass(frozen=True)
class Answer:
    """What came back. The names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def data(self) -> Any:
        """What the envelope holds."""
        return json.loads(self.body)["data"]


@dataclass(frozen=True)
class Client:
    """Calls a service on this machine with one API key, or with none."""

    port: int
    key: str | None = None

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send `body`, as JSON unless it is bytes. Raises one of `Broken` without an answer."""
        sent = {"Connection": "close", "Content-Type": "application/json", **(headers or {})}
        if self.key is not None:
            sent.setdefault("X-API-Key", self.key)
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=REQUEST_SECONDS)
        with closing(connection):
            connection.request(method, path, content, sent)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, response.read())

    def make(self, path: str, body: Any) -> Any:
        """POST, and what was made. Raises AssertionError unless it was."""
        answer = self.call("POST", path, body)
        assert answer.status in (200, 201, 202), answer
        return answer.data

    def get(self, path: str) -> Any:
        """What is at a path. Raises AssertionError unless there is something."""
        answer = self.call("GET", path)
        assert answer.status == 200, answer
        return answer.data

    def upload(self, patient_id: int, pdf: bytes, filename: str = "note.pdf") -> Any:
        """Attach a PDF to a patient; the document as it is shown."""
        content_type, body = form(pdf, filename)
        headers = {"Content-Type": content_type}
        answer = self.call("POST", f"/patients/{patient_id}/pdf", body, headers)
        assert answer.status == 201, answer
        return answer.data


def form(pdf: bytes, filename: str) -> tuple[str, bytes]:
    """Content type and body of a form with one file."""
    head = (
        f'--edge\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n'
        "Content-Type: application/pdf\r\n\r\n"
    )
    return "multipart/form-data; boundary=edge", head.encode() + pdf + b"\r\n--edge--\r\n"
