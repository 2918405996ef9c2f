"""Every page of the dashboard in one table: path, responder, and who may see it."""

from dataclasses import dataclass

from domain.account import Scope


@dataclass(frozen=True)
class Route:
    """`responder` is resource.suffix, as in the API's table; without a scope every user may.

    An upload checks its form's token itself, because the token is in the form.
    """

    method: str
    path: str
    responder: str
    scope: Scope | None = None
    is_public: bool = False
    is_upload: bool = False


USER = "/dashboard/people/{user_id:id}"
KEY = "/dashboard/keys/{key_id:id}"

ROUTES: tuple[Route, ...] = (
    Route("GET", "/", "front.root", is_public=True),
    Route("GET", "/dashboard", "front.home"),
    Route("GET", "/dashboard/static/{version}/{file}", "front.static", is_public=True),
    Route("GET", "/dashboard/sign-in", "door.sign_in", is_public=True),
    Route("POST", "/dashboard/sign-in", "door.sign_in", is_public=True),
    Route("POST", "/dashboard/sign-out", "door.sign_out"),
    Route("GET", "/dashboard/welcome/{link}", "door.welcome", is_public=True),
    Route("POST", "/dashboard/welcome/{link}", "door.welcome", is_public=True),
    Route("GET", "/dashboard/people", "people.list", Scope.KEYS_ADMIN),
    Route("POST", "/dashboard/people", "people.list", Scope.KEYS_ADMIN),
    Route("POST", f"{USER}/role", "people.role", Scope.KEYS_ADMIN),
    Route("POST", f"{USER}/disable", "people.disable", Scope.KEYS_ADMIN),
    Route("POST", f"{USER}/enable", "people.enable", Scope.KEYS_ADMIN),
    Route("POST", f"{USER}/link", "people.link", Scope.KEYS_ADMIN),
    Route("GET", "/dashboard/keys", "keys.list", Scope.KEYS_ADMIN),
    Route("POST", "/dashboard/keys", "keys.list", Scope.KEYS_ADMIN),
    Route("GET", KEY, "keys.one", Scope.KEYS_ADMIN),
    Route("POST", f"{KEY}/rotate", "keys.rotate", Scope.KEYS_ADMIN),
    Route("POST", f"{KEY}/revoke", "keys.revoke", Scope.KEYS_ADMIN),
)

BY_ROUTE = {(route.path, route.method): route for route in ROUTES}
