"""Documents: uploaded to a patient, listed, downloaded, their words and pictures of pages."""

from pathlib import PurePosixPath

import falcon

from api.answers import (
    Shown,
    answer_command,
    answer_data,
    answer_list,
    context_of,
    is_known,
    last_position,
)
from api.forms import Upload, read_upload
from api.moments import moment_of
from api.pagination import paging_of
from api.request import Request
from api.resources.patients import require_patient
from api.strict_json import malformed
from domain.errors import NotAPdf
from projections.patients import list_documents
from service.bootstrap import Services

_LONGEST_NAME = 255


class Documents:
    """PDF files of patients."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._documents = services.documents
        self._images = services.page_images
        self._limit = services.settings.max_upload_bytes

    def on_post_upload(self, req: Request, resp: falcon.Response, patient_id: int) -> None:
        with read_upload(req, self._limit) as upload:
            filename = filename_of(upload)
            answer_command(
                req,
                resp,
                lambda context: self._documents.upload(context, patient_id, filename, upload.file),
                lambda r: Shown(r.body, r, f"/documents/{r.id}"),
                201,
            )

    def on_get_list(self, req: Request, resp: falcon.Response, patient_id: int) -> None:
        paging = paging_of(req.context.query)
        database, position = self._services.database, last_position(self._services)
        moment = moment_of(req, database)
        require_patient(self._services, req, patient_id, moment)
        found = list_documents(database, patient_id, moment)
        page = found[paging.offset : paging.offset + paging.limit]
        answer_list(req, resp, paging, len(found), page, position, moment=moment)

    def on_get_one(self, req: Request, resp: falcon.Response, document_id: str) -> None:
        position = last_position(self._services)
        document = self._documents.find(context_of(req), document_id)
        answer_data(req, resp, document, position)

    def on_get_words(self, req: Request, resp: falcon.Response, document_id: str) -> None:
        position = last_position(self._services)
        words = self._documents.words(context_of(req), document_id)
        answer_data(req, resp, words, position)

    def on_get_file(self, req: Request, resp: falcon.Response, document_id: str) -> None:
        filename, content = self._documents.open_file(context_of(req), document_id)
        resp.content_type = "application/pdf"
        resp.downloadable_as = filename
        resp.set_header("content-security-policy", "sandbox; default-src 'none'")
        resp.data = content

    def on_get_page(self, req: Request, resp: falcon.Response, document_id: str, page: int) -> None:
        image = self._images.find(context_of(req), document_id, page)
        resp.etag = image.tag
        if is_known(req, image.tag):
            resp.status = 304
            return
        resp.content_type = "image/png"
        resp.data = self._images.png(image)


def filename_of(upload: Upload) -> str:
    """The name that a document is to have: the field `filename`, else the file's own."""
    unknown = upload.fields.keys() - {"filename"}
    if unknown:
        raise malformed(f"{sorted(unknown)[0][:100]} is not a field here; allowed: file, filename")
    given = upload.fields.get("filename") or upload.filename
    name = PurePosixPath(given.replace("\\", "/")).name
    if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        raise NotAPdf("The file needs a printable name of at most 255 characters.")
    return name
