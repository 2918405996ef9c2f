"""Uploads and imports: forms, limits, and bytes that come back as they were sent."""

import io
from typing import Any

import pytest

from service.bootstrap import Services
from tests.unit.api.caller import Caller

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
FORM = {"Content-Type": "multipart/form-data; boundary=frontier"}


def part(content: bytes, name: str = "file", filename: str | None = "note.pdf") -> bytes:
    given = "" if filename is None else f'; filename="{filename}"'
    head = f'--frontier\r\nContent-Disposition: form-data; name="{name}"{given}\r\n\r\n'
    return head.encode() + content + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--frontier--\r\n"


@pytest.fixture(scope="module")
def patient(caller: Caller) -> int:
    return caller.make("/patients", name="Ann")


def upload(caller: Caller, patient: int, body: bytes, **headers: str) -> Any:
    return caller.post(f"/patients/{patient}/pdf", body=body, headers={**FORM, **headers})


def test_an_uploaded_document_comes_back_byte_for_byte_as_an_attachment(
    caller: Caller, patient: int
) -> None:
    made = upload(caller, patient, form(part(PDF)))
    assert made.status_code == 201
    document = made.json["data"]
    assert document.keys() >= {"id", "url", "filename", "created_at", "patient_id", "sha256",
                               "pages", "status"}  # fmt: skip
    assert made.headers["location"] == f"/documents/{document['id']}"
    assert caller.get(made.headers["location"]).json["data"] == document
    file = caller.get(document["url"])
    assert file.content == PDF
    assert file.headers["content-type"] == "application/pdf"
    assert file.headers["content-disposition"] == 'attachment; filename="note.pdf"'
    assert file.headers["content-security-policy"].startswith("sandbox")
    listed = caller.get(f"/patients/{patient}/documents").json["data"]
    assert document in listed


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (form(part(PDF), part(b"other.pdf", "filename", None)), "other.pdf"),
        (form(part(b"other.pdf", "filename", None), part(PDF)), "other.pdf"),
        (form(part(PDF, filename="../../etc/x.pdf")), "x.pdf"),
        (form(part(PDF, filename="C:\\\\docs\\\\x.pdf")), "x.pdf"),
        (form(part(PDF, name="pdf")), "note.pdf"),
        (form(part(PDF, filename="Befund é.PDF")), "Befund é.PDF"),
    ],
)
def test_the_name_is_the_field_or_the_files_own(
    caller: Caller, patient: int, body: bytes, name: str
) -> None:
    assert upload(caller, patient, body).json["data"]["filename"] == name


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--frontier--\r\n",
        form(part(b"")),
        form(part(b"<html>")),
        form(part(PDF, filename="note.txt")),
        form(part(PDF, filename="")),
        form(part(PDF, filename="a" * 300 + ".pdf")),
        form(part(PDF), part(b"note.txt", "filename", None)),
        form(part(PDF), part(PDF)),
        form(part(PDF), part(b"x", "reason", None)),
        form(part(b"a.pdf", "filename", None)),
        form(part(PDF))[:60],
        form(*[part(b"x", f"f{n}", None) for n in range(20)]),
        form(part(PDF, filename="bell\x07.pdf")),
    ],
    ids=lambda body: repr(body[:12] + body[-12:]),
)
def test_what_is_not_a_pdf_in_a_form_is_a_400(caller: Caller, patient: int, body: bytes) -> None:
    answer = upload(caller, patient, body)
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("media_type", "status"),
    [("application/pdf", 415), ("multipart/form-data", 400), ("multipart/mixed; boundary=f", 415),
     ("multipart/form-data; boundary=", 400), (f"multipart/form-data; boundary={'x' * 71}", 400)],
)  # fmt: skip
def test_a_form_needs_its_media_type_and_boundary(
    caller: Caller, patient: int, media_type: str, status: int
) -> None:
    answer = upload(caller, patient, form(part(PDF)), **{"Content-Type": media_type})
    assert answer.status_code == status


def test_a_file_above_the_limit_is_a_413(caller: Caller, patient: int, services: Services) -> None:
    limit = services.settings.max_upload_bytes
    whole = PDF + bytes(limit - len(PDF))
    assert upload(caller, patient, form(part(whole))).status_code == 201
    assert upload(caller, patient, form(part(whole + b"x"))).status_code == 413


def test_a_repeated_upload_is_known_by_its_file_and_fields(caller: Caller, patient: int) -> None:
    key = {"Idempotency-Key": "u-1"}
    first = upload(caller, patient, form(part(PDF)), **key)
    other = form(part(PDF)).replace(b"frontier", b"edge")
    again = upload(caller, patient, other, **key,
                   **{"Content-Type": "multipart/form-data; boundary=edge"})  # fmt: skip
    assert again.content == first.content
    assert upload(caller, patient, form(part(PDF + b"x")), **key).status_code == 422
    assert upload(caller, patient, form(part(PDF, filename="b.pdf")), **key).status_code == 422


class Endless(io.RawIOBase):
    """A body without an end, as a chunked request can be; counts what is taken of it."""

    def __init__(self) -> None:
        self.taken = 0

    def read(self, size: int = -1) -> bytes:
        assert size >= 0, "nobody may ask for all of it"
        self.taken += size
        return b" " * size


@pytest.mark.parametrize(
    ("path", "headers", "most"),
    [
        ("/patients", {}, 1 << 20),
        ("/patients/{}/pdf", FORM, (1 << 20) + (1 << 16)),
    ],
)
def test_a_body_without_end_is_cut_off_at_the_limit(
    caller: Caller, patient: int, path: str, headers: dict[str, str], most: int
) -> None:
    body = Endless()
    answer = caller.post(
        path.format(patient),
        headers=headers,
        extras={"wsgi.input_terminated": True, "wsgi.input": body},
    )
    assert answer.status_code == 413
    assert body.taken <= most + (1 << 17)


def test_an_announced_length_above_the_limit_is_refused_before_reading(caller: Caller) -> None:
    body = Endless()
    answer = caller.post("/patients", extras={"wsgi.input": body, "CONTENT_LENGTH": str(10 << 30)})
    assert answer.status_code == 413
    assert body.taken == 0


def test_a_scrape_without_a_document_is_a_400_with_a_reason(caller: Caller) -> None:
    patient = caller.make("/patients", name="Ann")
    variable = caller.make("/variables", name="HbA1c")
    path = f"/patients/{patient}/variables/{variable}/scrape"
    for body in (b"", b"{}", b'{"model": "gpt-4"}'):
        answer = caller.post(path, body=body)
        assert answer.status_code == 400
        assert answer.json["detail"] == "The patient has no document to scrape."


def test_an_import_is_accepted_as_a_job(caller: Caller) -> None:
    made = caller.post(
        "/imports", body=b'{"name": "A"}\n', headers={"Content-Type": "application/x-ndjson"}
    )
    assert made.status_code == 202
    job = caller.get(made.headers["location"]).json["data"]
    assert (job["status"], job["lines_done"], job["problems"]) == ("waiting", 0, [])


@pytest.mark.parametrize(
    ("media_type", "body", "status"),
    [("application/json", b"{}", 415), ("text/csv", b"", 422), ("application/pdf", PDF, 415)],
)
def test_an_import_is_ndjson_or_csv(
    caller: Caller, media_type: str, body: bytes, status: int
) -> None:
    answer = caller.post("/imports", body=body, headers={"Content-Type": media_type})
    assert answer.status_code == status


def test_a_repeated_import_is_one_job(caller: Caller) -> None:
    headers = {"Content-Type": "text/csv", "Idempotency-Key": "i-1"}
    first, again = (caller.post("/imports", body=b"name\nA\n", headers=headers) for _ in range(2))
    assert again.json["data"]["id"] == first.json["data"]["id"]
    other = caller.post("/imports", body=b"name\nB\n", headers=headers)
    assert other.status_code == 422
