"""A browser without a screen: keeps a session's cookie, and sends forms with their token."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlencode

from falcon.testing import Result, TestClient

FORM = "application/x-www-form-urlencoded"
PASSWORD = "correct horse battery"


@dataclass
class Browser:
    """`cookies` are those that the last answers set."""

    client: TestClient
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **headers: str) -> Result:
        """The page at a path that may have a query."""
        return self._send("GET", path, None, headers)

    def head(self, path: str) -> Result:
        """The head of a page."""
        return self._send("HEAD", path, None, {})

    def post(self, path: str, headers: dict[str, str] | None = None, **fields: str) -> Result:
        """Send a form with exactly these fields."""
        return self._send(
            "POST", path, urlencode(fields), {"Content-Type": FORM, **(headers or {})}
        )

    def submit(self, page: str, path: str, **fields: str) -> Result:
        """Send a form of a page, with the token that the page holds."""
        return self.post(path, None, csrf=token_in(self.get(page)), **fields)

    def upload(self, path: str, content: bytes, **fields: str) -> Result:
        """Send a form with a file."""
        parts = [f'name="{name}"\r\n\r\n{value}'.encode() for name, value in fields.items()]
        parts.append(b'name="file"; filename="note.pdf"\r\n\r\n' + content)
        head = b"--part\r\nContent-Disposition: form-data; "
        body = b"".join(head + part + b"\r\n" for part in parts) + b"--part--\r\n"
        return self._send(
            "POST", path, body, {"Content-Type": "multipart/form-data; boundary=part"}
        )

    def sign_in(self, email: str, password: str = PASSWORD) -> Result:
        """Through the door."""
        return self.post("/dashboard/sign-in", email=email, password=password)

    def _send(
        self, method: str, path: str, body: str | bytes | None, headers: dict[str, str]
    ) -> Result:
        place, _, query = path.partition("?")
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = self.client.simulate_request(
            method, place, query_string=query, body=body, headers={"Cookie": cookie, **headers}
        )
        for name, set_cookie in answer.cookies.items():
            self.cookies[name] = set_cookie.value
        return answer


def token_in(page: Result) -> str:
    """The token of the first form on a page."""
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', page.text)
    assert found, f"{page.status}: no form with a token"
    return found[1]
