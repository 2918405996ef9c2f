"""Pages of documents as pictures, and uploads that say what became of reading them."""

import io
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PIL import Image

from domain.errors import NotYet
from service.bootstrap import Services
from service.document_reading import DocumentReading
from service.documents import Documents
from service.leadership import WORKER, Leadership
from service.page_images import PageImage, PageImages
from service.pdf.sandbox import ParserServer
from tests.factories import tenant
from tests.reliability.waiting import wait_until
from tests.unit.api.caller import Caller
from tests.unit.api.test_uploads import PDF, form, part, upload
from tests.unit.service.pdf.drawing import pdf, text

NOTE = pdf(text(72, 700, "HbA1c: 7.2 %"))


@pytest.fixture(scope="module")
def worker(services: Services) -> Iterator[None]:
    """What reads documents, as a thread of this process that holds the lock of a worker."""
    leadership, stopping = Leadership(str(services.database.url), WORKER), threading.Event()
    assert leadership.is_held()
    with ParserServer() as parser:
        reading = DocumentReading(services.application, services.store, parser)

        def read_all() -> None:
            while not stopping.wait(0.02):
                reading.read_next()

        thread = threading.Thread(target=read_all)
        thread.start()
        yield
        stopping.set()
        thread.join()
    leadership.give_up()


@pytest.fixture
def patient(caller: Caller) -> int:
    return caller.make("/patients", name="Ann")


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Uploads wait for their reading even where the machine is busy."""
    monkeypatch.setattr("service.documents._WAIT_SECONDS", 60.0)


@pytest.fixture
def ready(worker: None, caller: Caller, patient: int) -> Callable[[bytes], Any]:
    """Uploads a document, and answers it once it is read or refused."""

    def read(content: bytes) -> Any:
        made = upload(caller, patient, form(part(content))).json["data"]

        def read_or_refused() -> Any:
            document = caller.get(f"/documents/{made['id']}").json["data"]
            return None if document["status"] == "processing" else document

        return wait_until(read_or_refused, "the document is read")

    return read


def test_a_page_is_a_png_that_may_be_kept_but_must_be_asked_about(
    caller: Caller, ready: Callable[[bytes], Any]
) -> None:
    path = f"/documents/{ready(NOTE)['id']}/pages/1.png"
    answer = caller.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert Image.open(io.BytesIO(answer.content)).size == pytest.approx((1105, 1430), abs=1)
    again = caller.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = caller.get(path, headers={"If-None-Match": '"another"'})
    assert other.content == answer.content


def test_a_picture_is_kept_encrypted_with_the_patient_and_purged_with_it(
    caller: Caller, services: Services, patient: int, ready: Callable[[bytes], Any]
) -> None:
    document = ready(NOTE)
    png = caller.get(f"/documents/{document['id']}/pages/1.png").content
    assert services.store.get(patient, document["sha256"], "page-1.png") == png
    (kept,) = (services.settings.data_dir / "documents" / str(patient)).glob("*.png")
    assert png[:8] not in kept.read_bytes()
    services.store.purge(patient)
    assert not kept.exists()


def test_the_same_page_is_the_same_picture_and_another_page_is_another(
    caller: Caller, ready: Callable[[bytes], Any]
) -> None:
    one, other = ready(NOTE), ready(pdf(text(72, 700, "Visit")))
    tags = [
        caller.get(f"/documents/{document['id']}/pages/1.png").headers["etag"]
        for document in (one, ready(NOTE), other)
    ]
    assert tags[0] == tags[1] != tags[2]


@pytest.mark.parametrize("page", ["2", "0", "-1", "01", "x", "1.5"])
def test_a_page_that_is_not_there_is_a_404(
    caller: Caller, ready: Callable[[bytes], Any], page: str
) -> None:
    assert caller.get(f"/documents/{ready(NOTE)['id']}/pages/{page}.png").status_code == 404


def test_pages_of_a_refused_document_are_a_404_with_the_reason(
    caller: Caller, ready: Callable[[bytes], Any]
) -> None:
    refused = ready(PDF)
    answer = caller.get(f"/documents/{refused['id']}/pages/1.png")
    assert answer.status_code == 404
    assert refused["reason"] in answer.json["detail"]


def test_an_upload_says_what_became_of_reading_it(
    patience: None, worker: None, caller: Caller, patient: int
) -> None:
    made = upload(caller, patient, form(part(NOTE))).json["data"]
    assert (made["status"], made["pages"], made["reason"]) == ("ready", 1, None)
    refused = upload(caller, patient, form(part(PDF))).json["data"]
    reason = "The document is not readable as a PDF."
    assert (refused["status"], refused["reason"]) == ("refused", reason)


def test_the_tag_of_an_upload_is_that_of_the_patient_after_reading(
    patience: None, worker: None, caller: Caller, patient: int
) -> None:
    made = upload(caller, patient, form(part(NOTE)))
    assert made.json["data"]["status"] == "ready"
    headers = {"If-Match": made.headers["etag"]}
    changed = caller.put(f"/patients/{patient}", json={"name": "Anna"}, headers=headers)
    assert changed.status_code == 200


def test_an_answer_that_is_kept_for_repeats_is_given_at_once(
    worker: None, caller: Caller, patient: int
) -> None:
    key = {"Idempotency-Key": "kept"}
    first = upload(caller, patient, form(part(NOTE)), **key)
    assert first.json["data"]["status"] == "processing"
    assert upload(caller, patient, form(part(NOTE)), **key).content == first.content


def test_while_many_pages_are_drawn_another_one_is_asked_to_come_again(
    services: Services, ready: Callable[[bytes], Any]
) -> None:
    with ParserServer() as parser:
        nobody_waits = PageImages(services.documents, services.store, parser, waiting_max=0)
        document = ready(NOTE)
        image = PageImage(document["patient_id"], document["sha256"], 1)
        with pytest.raises(NotYet):
            nobody_waits.png(image)
        drawn = services.page_images.png(image)
        assert nobody_waits.png(image) == drawn


def test_while_many_uploads_wait_another_one_is_answered_at_once(
    services: Services, worker: None
) -> None:
    clinic = tenant(services)
    nobody_waits = Documents(services.application, services.store, 1 << 20, waiting_max=0)
    made = nobody_waits.upload(clinic.asks(), clinic.register(), "a.pdf", io.BytesIO(NOTE))
    assert made.body["status"] == "processing"
