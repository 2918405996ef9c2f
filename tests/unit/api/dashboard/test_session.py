"""Who gets in, for how long, and what a browser must bring to change anything."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from falcon.testing import TestClient

from api.dashboard.routes import ROUTES, Route
from api.operation import FIELD
from domain.errors import Conflict, Invalid, NotFound, TooManyFailures, Unauthenticated
from domain.user import SCOPES, Role
from service.users import ABSOLUTE, IDLE, MOST_FAILURES, THROTTLE, Users
from tests.unit.api.dashboard.browser import FORM, PASSWORD, Browser, token_in
from tests.unit.api.dashboard.clinic import Clinic

PRIVATE = [route for route in ROUTES if not route.is_public]


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def users(clinic: Clinic, clock: Clock) -> Users:
    return Users(clinic.tenant.services.application, clock)


def place(path: str) -> str:
    """A path with something for each of its fields."""
    return FIELD.sub(lambda field: "pdf_1" if field[2] == "document" else "1", path)


@pytest.mark.parametrize("route", PRIVATE, ids=lambda route: f"{route.method} {route.path}")
def test_without_a_session_every_page_leads_to_the_door(client: TestClient, route: Route) -> None:
    browser = Browser(client)
    path = place(route.path)
    answer = browser.get(path) if route.method == "GET" else browser.post(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/dashboard/sign-in")


def test_the_door_leads_back_to_where_one_was_going(clinic: Clinic) -> None:
    browser = Browser(clinic.client)
    to_door = browser.get("/dashboard/keys?done=x").headers["location"]
    assert to_door == "/dashboard/sign-in?next=/dashboard/keys%3Fdone%3Dx"
    page = browser.get(to_door)
    assert 'value="/dashboard/keys?done=x"' in page.text


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/dashboard\\@evil",
        "javascript:",
    ],
)
def test_the_door_leads_to_no_other_site(clinic: Clinic, elsewhere: str) -> None:
    email = clinic.somebody()
    answer = Browser(clinic.client).post(
        "/dashboard/sign-in", email=email, password=PASSWORD, next=elsewhere
    )
    assert answer.headers["location"] == "/dashboard"


def test_the_cookie_is_for_this_host_and_no_script_or_other_site(clinic: Clinic) -> None:
    answer = Browser(clinic.client).sign_in(clinic.somebody())
    cookie = answer.cookies["attestor_session"]
    assert (cookie.http_only, cookie.same_site, cookie.path) == (True, "Lax", "/")
    over_tls = clinic.client.simulate_post(
        "/dashboard/sign-in",
        protocol="https",
        headers={"Content-Type": FORM},
        body=urlencode({"email": clinic.somebody(), "password": PASSWORD}),
    )
    assert over_tls.cookies["__Host-attestor"].secure


def test_signing_in_makes_a_new_session_and_signing_out_ends_it(clinic: Clinic) -> None:
    email = clinic.somebody()
    browser = Browser(clinic.client, {"attestor_session": "chosen-by-somebody-else"})
    browser.sign_in(email)
    first = browser.cookies["attestor_session"]
    assert first != "chosen-by-somebody-else"
    browser.submit("/dashboard/keys", "/dashboard/sign-out")
    assert Browser(clinic.client, {"attestor_session": first}).get("/dashboard").status_code == 303
    assert browser.get("/dashboard/keys").headers["location"].startswith("/dashboard/sign-in")


def test_a_form_without_the_token_of_its_session_changes_nothing(clinic: Clinic) -> None:
    browser, other = clinic.browser(), clinic.browser()
    for token in ("", "0" * 64, token_in(other.get("/dashboard/keys"))):
        answer = browser.post("/dashboard/keys", csrf=token, name="Stolen", scopes="patients:read")
        assert answer.status_code == 403
    assert "Stolen" not in browser.get("/dashboard/keys").text


def test_an_upload_without_the_token_of_its_session_stores_nothing(clinic: Clinic) -> None:
    patient, browser = clinic.tenant.register(name="Ann"), clinic.browser()
    place = f"/dashboard/patients/{patient}"
    assert browser.upload(f"{place}/documents", b"%PDF-1.7").status_code == 403
    assert browser.upload(f"{place}/documents", b"%PDF-1.7", csrf="0" * 64).status_code == 403
    assert "No document yet" in browser.get(place).text


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_another_sites_form_changes_nothing_even_with_the_token(
    clinic: Clinic, headers: dict[str, str]
) -> None:
    browser = clinic.browser()
    token = token_in(browser.get("/dashboard/keys"))
    answer = browser.post(
        "/dashboard/keys", headers, csrf=token, name="Stolen", scopes="audit:read"
    )
    assert answer.status_code == 403
    assert "Stolen" not in browser.get("/dashboard/keys").text


def test_no_page_can_be_framed_or_run_anything_of_its_own(clinic: Clinic) -> None:
    for answer in (clinic.browser().get("/dashboard/keys"), Browser(clinic.client).get("/nowhere")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cache-control"] == "private, no-store"


def test_an_idle_session_is_over_after_a_quarter_of_an_hour(
    clinic: Clinic, users: Users, clock: Clock
) -> None:
    secret = users.sign_in(clinic.somebody(), PASSWORD, "10.0.0.1", "r")
    clock.now += IDLE - timedelta(seconds=1)
    assert users.recognise(secret) is not None
    clock.now += IDLE - timedelta(seconds=1)
    assert users.recognise(secret) is not None, "being seen keeps a session alive"
    clock.now += IDLE
    assert users.recognise(secret) is None


def test_a_busy_session_is_over_after_twelve_hours(
    clinic: Clinic, users: Users, clock: Clock
) -> None:
    secret = users.sign_in(clinic.somebody(), PASSWORD, "10.0.0.1", "r")
    end = clock.now + ABSOLUTE
    while clock.now + timedelta(minutes=14) < end:
        clock.now += timedelta(minutes=14)
        assert users.recognise(secret) is not None
    clock.now = end
    assert users.recognise(secret) is None


def test_guessing_has_to_wait_after_five_failures_and_the_right_password_too(
    clinic: Clinic, users: Users, clock: Clock
) -> None:
    email = clinic.somebody()
    for _ in range(MOST_FAILURES):
        with pytest.raises(Unauthenticated, match="wrong"):
            users.sign_in(email, "a wrong password", "10.0.0.9", "r")
    with pytest.raises(TooManyFailures):
        users.sign_in(email, PASSWORD, "10.0.0.10", "r")
    clock.now += THROTTLE + timedelta(seconds=1)
    assert users.sign_in(email, PASSWORD, "10.0.0.10", "r")


def test_unknown_people_and_wrong_passwords_are_refused_in_the_same_words(
    clinic: Clinic, users: Users
) -> None:
    refusals = set()
    for email in (clinic.somebody(), "nobody@clinic.example"):
        with pytest.raises(Unauthenticated) as refused:
            users.sign_in(email, "a wrong password", "10.0.0.11", "r")
        refusals.add(str(refused.value))
    assert len(refusals) == 1


def test_a_link_works_once_and_for_a_day(clinic: Clinic, users: Users, clock: Clock) -> None:
    _, link = users.invite(clinic.tenant.asks(), "once@clinic.example", "Once", "auditor")
    with pytest.raises(Invalid, match="12"):
        users.set_password(link, "too short", "r")
    users.set_password(link, PASSWORD, "r")
    with pytest.raises(NotFound):
        users.set_password(link, "another password", "r")
    _, late = users.invite(clinic.tenant.asks(), "late@clinic.example", "Late", "auditor")
    clock.now += timedelta(hours=24, seconds=1)
    with pytest.raises(NotFound):
        users.set_password(late, PASSWORD, "r")


def test_a_new_password_and_disabling_end_every_session(clinic: Clinic, users: Users) -> None:
    email = clinic.somebody("abstractor")
    user_id = clinic.tenant.services.database.row("SELECT id FROM users WHERE email = %s", (email,))
    assert user_id is not None
    link = users.new_link(clinic.tenant.asks(), user_id[0])
    ends: tuple[Callable[[], None], ...] = (
        lambda: users.set_password(link, PASSWORD, "r"),
        lambda: users.disable(clinic.tenant.asks(), user_id[0]),
    )
    for end in ends:
        secret = users.sign_in(email, PASSWORD, "10.0.0.1", "r")
        assert users.recognise(secret) is not None
        end()
        assert users.recognise(secret) is None
    with pytest.raises(Unauthenticated):
        users.sign_in(email, PASSWORD, "10.0.0.1", "r")


def test_an_email_belongs_to_one_person_of_the_service(
    clinic: Clinic, users: Users, new_clinic: Callable[[], Clinic]
) -> None:
    users.invite(clinic.tenant.asks(), "Same@clinic.example", "Same", "auditor")
    with pytest.raises(Conflict, match="email"):
        users.invite(new_clinic().tenant.asks(), "same@CLINIC.example", "Other", "auditor")


def test_every_coming_and_going_is_an_event_of_the_one_who_came(clinic: Clinic) -> None:
    email = clinic.somebody()
    browser = Browser(clinic.client)
    browser.sign_in(email, "a wrong password")
    browser.sign_in(email)
    browser.submit("/dashboard/keys", "/dashboard/sign-out")
    rows = clinic.tenant.services.database.rows(
        "SELECT e.topic, e.actor FROM events e"
        " JOIN users u ON e.originator_id = aggregate_id(9, u.id)"
        " WHERE u.email = %s AND e.originator_version > 2 ORDER BY e.position",
        (email,),
    )
    assert [row[0] for row in rows] == ["user.sign_in_failed", "user.signed_in", "user.signed_out"]
    assert len({row[1] for row in rows}) == 1
    assert rows[0][1].startswith("user:")


@pytest.mark.parametrize("role", list(Role))
def test_a_role_sees_exactly_what_its_scopes_allow(clinic: Clinic, role: Role) -> None:
    browser = clinic.browser(role)
    token = token_in(browser.get("/dashboard/patients"))
    for route in (route for route in PRIVATE if route.scope is not None):
        is_allowed = route.scope in SCOPES[role]
        path = place(route.path)
        # What is allowed is not done, for want of a token; what is not is refused before that.
        answer = (
            browser.get(path)
            if route.method == "GET"
            else browser.post(path, csrf="" if is_allowed else token)
        )
        is_refused = "Your role may not" in answer.text
        assert is_refused != is_allowed, (route.method, path)
