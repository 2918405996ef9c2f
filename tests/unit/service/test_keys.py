"""API keys: recognisable, shown once, stored as a hash, and ended when they are."""

import hashlib
import zlib
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.account import ALL_SCOPES, Scope
from domain.errors import Conflict, Contended, Forbidden, Invalid, NotFound, Unauthenticated
from projections.database import Database
from service.authentication import Authentication
from service.bootstrap import Services
from service.context import Context
from service.keys import Keys, NewKey, is_well_formed, make_secret
from tests.factories import Tenant, tenant

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = datetime(2030, 1, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(services: Services, clock: Clock) -> Keys:
    return Keys(services.application, clock)


def recognise(services: Services, clock: Clock, secret: str) -> frozenset[str]:
    """What a process that remembers nothing yet makes of a key."""
    return Authentication(services.database, clock).recognise(secret).scopes


def is_valid(services: Services, clock: Clock, secret: str) -> bool:
    try:
        return bool(recognise(services, clock, secret))
    except Unauthenticated:
        return False


def issue(keys: Keys, clinic: Tenant, *scopes: str, **options: datetime) -> NewKey:
    return keys.issue(clinic.asks(), "Desk", scopes or ALL_SCOPES, **options)


def test_the_checksum_is_the_crc32_of_the_random_digits_in_base_62() -> None:
    secret = make_secret()
    digits, check = secret[len("attestor_live_") : -6], secret[-6:]
    number = 0
    for digit in check:
        number = number * 62 + DIGITS.index(digit)
    assert number == zlib.crc32(digits.encode())
    assert len(digits) == 43
    assert is_well_formed(secret)


@given(st.integers(14, 62), st.sampled_from(DIGITS))
def test_a_key_with_one_wrong_digit_is_known_to_be_wrong_without_a_look_up(
    place: int, digit: str
) -> None:
    secret = "attestor_live_" + "7" * 43
    secret += _check("7" * 43)
    typo = secret[:place] + digit + secret[place + 1 :]
    assert is_well_formed(typo) == (typo == secret)


def _check(digits: str) -> str:
    number, text = zlib.crc32(digits.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        text = DIGITS[digit] + text
    return text


@pytest.mark.parametrize(
    "secret",
    ["", "attestor_live_", "attestor_test_" + "7" * 49, "Bearer x", "7" * 63, "attestor_live_é",
     "attestor_live_" + "\N{ARABIC-INDIC DIGIT SEVEN}" * 49],
)  # fmt: skip
def test_what_is_no_key_is_refused_without_asking_the_database(secret: str) -> None:
    with closing(Database("postgresql://nowhere.invalid/none")) as nowhere:
        authentication = Authentication(nowhere, Clock())
        with pytest.raises(Unauthenticated):
            authentication.recognise(secret)


def test_a_key_acts_for_its_account_with_its_scopes(
    services: Services, keys: Keys, clinic: Tenant
) -> None:
    key = issue(keys, clinic, Scope.PATIENTS_READ, Scope.REPORTS_READ)
    principal = services.authentication.recognise(key.secret)
    assert (principal.account_id, principal.key_id) == (clinic.account_id, key.id)
    assert principal.scopes == {"patients:read", "reports:read"}


def test_a_key_is_shown_when_it_is_made_and_never_again(
    services: Services, keys: Keys, clinic: Tenant, database_url: str
) -> None:
    key = issue(keys, clinic)
    assert key.secret not in repr(key.resource)
    with psycopg.connect(database_url) as admin:
        tables = [
            row[0]
            for row in admin.execute(
                "SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables"
                " WHERE table_schema IN ('attestor', 'attestor_keys')"
            ).fetchall()
        ]
        assert "attestor.events" in tables
        secret, digits = key.secret, key.secret.removeprefix("attestor_live_")
        for table in tables:
            for (text,) in admin.execute(f"SELECT t::text FROM {table} t").fetchall():  # noqa: S608
                for form in (secret, digits, digits.encode().hex()):
                    assert form not in text, table
        stored = admin.execute("SELECT hash FROM attestor.api_keys WHERE id = %s", (key.id,))
        assert stored.fetchone() == (hashlib.sha256(secret.encode()).digest(),)


def test_a_key_ends_when_it_expires(
    services: Services, keys: Keys, clinic: Tenant, clock: Clock
) -> None:
    key = issue(keys, clinic, expires_at=clock() + timedelta(hours=1))
    assert is_valid(services, clock, key.secret)
    clock.at += timedelta(minutes=59, seconds=59)
    assert is_valid(services, clock, key.secret)
    clock.at += timedelta(seconds=1)
    assert not is_valid(services, clock, key.secret)


def test_a_key_cannot_be_made_to_end_before_now(keys: Keys, clinic: Tenant, clock: Clock) -> None:
    with pytest.raises(Invalid) as refused:
        issue(keys, clinic, expires_at=clock())
    assert refused.value.faults[0].pointer == "#/expires_at"


def test_a_rotated_key_and_its_successor_both_work_during_the_overlap(
    services: Services, keys: Keys, clinic: Tenant, clock: Clock
) -> None:
    old = issue(keys, clinic, Scope.PATIENTS_READ)
    new = keys.rotate(clinic.asks(), old.id, timedelta(hours=24))
    assert new.secret != old.secret
    assert recognise(services, clock, new.secret) == {"patients:read"}
    clock.at += timedelta(hours=23, minutes=59)
    assert is_valid(services, clock, old.secret)
    clock.at += timedelta(minutes=1)
    assert not is_valid(services, clock, old.secret)
    assert is_valid(services, clock, new.secret)


def test_rotating_never_prolongs_a_key(
    services: Services, keys: Keys, clinic: Tenant, clock: Clock
) -> None:
    soon = issue(keys, clinic, expires_at=clock() + timedelta(hours=1))
    keys.rotate(clinic.asks(), soon.id, timedelta(hours=24))
    clock.at += timedelta(hours=1)
    assert not is_valid(services, clock, soon.secret)
    keys.rotate(clinic.asks(), soon.id, timedelta(hours=24))
    assert not is_valid(services, clock, soon.secret)


def test_a_key_can_be_rotated_again_and_the_sooner_end_holds(
    services: Services, keys: Keys, clinic: Tenant, clock: Clock
) -> None:
    old = issue(keys, clinic)
    keys.rotate(clinic.asks(), old.id, timedelta(hours=1))
    keys.rotate(clinic.asks(), old.id, timedelta(hours=24))
    clock.at += timedelta(hours=1)
    assert not is_valid(services, clock, old.secret)


def test_a_revoked_key_ends_for_ever(
    services: Services, keys: Keys, clinic: Tenant, clock: Clock
) -> None:
    key = issue(keys, clinic)
    keys.revoke(clinic.asks(), key.id)
    assert not is_valid(services, clock, key.secret)
    with pytest.raises(Conflict):
        keys.revoke(clinic.asks(), key.id)
    with pytest.raises(Conflict):
        keys.rotate(clinic.asks(), key.id, timedelta(hours=1))


def test_a_process_remembers_a_key_for_less_than_a_second(
    services: Services, keys: Keys, clinic: Tenant, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = [100.0]
    monkeypatch.setattr("service.authentication.time.monotonic", lambda: seconds[0])
    key, authentication = issue(keys, clinic), Authentication(services.database, clock)
    authentication.recognise(key.secret)
    keys.revoke(clinic.asks(), key.id)
    seconds[0] += 1.0
    with pytest.raises(Unauthenticated):
        authentication.recognise(key.secret)


def test_a_key_that_was_unknown_is_recognised_within_a_second_of_being_made(
    services: Services, keys: Keys, clinic: Tenant, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = [100.0]
    monkeypatch.setattr("service.authentication.time.monotonic", lambda: seconds[0])
    secret, authentication = make_secret(), Authentication(services.database, clock)
    with pytest.raises(Unauthenticated):
        authentication.recognise(secret)
    monkeypatch.setattr("service.keys.make_secret", lambda: secret)
    issue(keys, clinic)
    seconds[0] += 1.0
    authentication.recognise(secret)


def test_a_key_cannot_revoke_itself(services: Services, clinic: Tenant) -> None:
    own = clinic.context.principal.key_id
    assert own is not None
    with pytest.raises(Conflict, match="itself"):
        services.keys.revoke(clinic.asks(), own)
    services.authentication.recognise(clinic.secret)


def limited(clinic: Tenant, *scopes: str) -> Context:
    return replace(
        clinic.asks(), principal=replace(clinic.context.principal, scopes=frozenset(scopes))
    )


def test_a_caller_can_give_only_scopes_that_it_has(keys: Keys, clinic: Tenant) -> None:
    context = limited(clinic, Scope.KEYS_ADMIN, Scope.PATIENTS_READ)
    keys.issue(context, "Desk", (Scope.PATIENTS_READ,))
    with pytest.raises(Forbidden, match="patients:write"):
        keys.issue(context, "Desk", (Scope.PATIENTS_READ, Scope.PATIENTS_WRITE))


def test_a_caller_cannot_rotate_a_key_that_may_more_than_itself(keys: Keys, clinic: Tenant) -> None:
    mighty = issue(keys, clinic)
    with pytest.raises(Forbidden):
        keys.rotate(limited(clinic, Scope.KEYS_ADMIN), mighty.id, timedelta(hours=1))


@pytest.mark.parametrize("scopes", [(), ("everything",), ("patients:read", "patients:*")])
def test_scopes_are_chosen_from_the_list(
    keys: Keys, clinic: Tenant, scopes: tuple[str, ...]
) -> None:
    with pytest.raises(Invalid) as refused:
        keys.issue(clinic.asks(), "Desk", scopes)
    assert refused.value.faults[0].pointer == "#/scopes"


def test_keys_of_another_account_cannot_be_touched(
    services: Services, keys: Keys, clinic: Tenant
) -> None:
    stranger = tenant(services)
    key = issue(keys, clinic)
    with pytest.raises(Forbidden):
        keys.revoke(stranger.asks(), key.id)
    with pytest.raises(Forbidden):
        keys.rotate(stranger.asks(), key.id, timedelta(hours=1))
    with pytest.raises(NotFound):
        keys.revoke(stranger.asks(), 10**9)


def test_a_key_that_changes_while_it_is_rotated_is_reported_as_contended(
    services: Services, keys: Keys, clinic: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = issue(keys, clinic)
    revoked = []

    def make_and_revoke() -> str:
        if not revoked:
            revoked.append(key.id)
            keys.revoke(clinic.asks(), key.id)
        return make_secret()

    monkeypatch.setattr("service.keys.make_secret", make_and_revoke)
    with pytest.raises(Contended):
        keys.rotate(clinic.asks(), key.id, timedelta(hours=1))


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", "America/NewYork"])
def test_an_account_needs_a_zone_that_exists(services: Services, zone: str) -> None:
    with pytest.raises(Invalid) as refused:
        tenant(services, zone=zone)
    assert refused.value.faults[0].pointer == "#/zone"
