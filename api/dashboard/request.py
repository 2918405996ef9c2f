"""What a request of the dashboard carries, typed."""

from urllib.parse import parse_qsl

import falcon

from api.dashboard.routes import Route
from api.media import Body
from domain.errors import Forbidden
from service.context import Context, Principal
from service.users import SignedIn

FORM_BYTES = 1 << 18
_MOST_FIELDS = 1000


class Form:
    """The fields of a form as sent; a field may be there several times."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._pairs = pairs

    def __getitem__(self, name: str) -> str:
        """The field's last value, without space around it; empty when it is missing."""
        return self.get(name) or ""

    def get(self, name: str) -> str | None:
        """The field's last value, or None."""
        values = self.all(name)
        return values[-1] if values else None

    def all(self, name: str) -> list[str]:
        """Every value of the field, in order."""
        return [value.strip() for key, value in self._pairs if key == name]


class DashboardContext(falcon.Context):
    """Filled in by the middleware."""

    request_id: str = ""
    client: str = ""
    secret: str = ""
    """What the session cookie holds."""
    signed_in: SignedIn | None = None
    form: Form
    route: Route | None = None
    """Which page this is; None where there is none."""
    patient_id: int | None = None
    """Whose chart is seen, where it is one."""


class DashboardRequest(falcon.Request):
    """A request whose context is a DashboardContext."""

    context_type = DashboardContext
    context: DashboardContext

    @property
    def principal(self) -> Principal:
        """On whose behalf the page is made; only public pages have nobody."""
        if self.context.signed_in is None:
            raise AssertionError("a page that is not public was reached without a session")
        return self.context.signed_in.principal

    def command(self, reason: str | None = None) -> Context:
        """The circumstances of what somebody does on a page."""
        return Context(self.principal, self.context.request_id, "dashboard", reason or None)


def read_form(req: DashboardRequest) -> Form:
    """The fields of a form that was sent. Raises TooLarge beyond 256 kB."""
    body = Body(req, FORM_BYTES).read()
    text = body.decode("utf-8", "replace").replace("\0", "")
    return Form(parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS))


def check_csrf(req: DashboardRequest, token: str | None) -> None:
    """Raise Forbidden unless the form was shown to this very session."""
    signed_in = req.context.signed_in
    if signed_in is not None and token != signed_in.csrf_token:
        raise Forbidden("The page was open for too long. Load it again, and repeat what you did.")
