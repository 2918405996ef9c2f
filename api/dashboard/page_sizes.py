"""How large the pages of a document are, so that a box can be drawn on a picture of one."""

from api.dashboard.request import DashboardRequest
from domain.errors import NotFound, NotYet
from service.bootstrap import Services

Sizes = dict[int, tuple[float, float]]


def page_sizes(services: Services, req: DashboardRequest, document_id: str) -> Sizes:
    """Width and height in points by page number; nothing while or where it cannot be read."""
    try:
        pages = services.documents.words(req.command(), document_id)["pages"]
    except (NotFound, NotYet):
        return {}
    return {page[0]: (page[1], page[2]) for page in pages}
