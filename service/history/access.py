"""What happens to accounts, keys, users and jobs, in words."""

from domain.account import Account, ApiKey
from domain.events import Forgotten
from domain.job import Job
from domain.user import User
from service.history.telling import (
    Change,
    Scene,
    Told,
    fields_changed,
    in_words,
    sentence,
    shown,
)


def opened(event: Account.Created, scene: Scene) -> Told:
    """An account began."""
    told = f'Account "{event.name}" was opened; its days are those of {event.zone}'
    return Told(told, fields_changed({}, {"name": event.name, "zone": event.zone}))


def submitter_set(event: Account.SubmitterSet, scene: Scene) -> Told:
    """Who submits to CMS is another."""
    before = scene.before.submitter if scene.before else {}
    changes = fields_changed(before, event.submitter)
    return Told(f"The submitter: {'; '.join(map(in_words, changes)) or 'the same'}", changes)


def issued(event: ApiKey.Created, scene: Scene) -> Told:
    """A key was made."""
    told = f'API key "{event.name}" …{event.last4} was issued for {", ".join(event.scopes)}'
    if event.expires_at:
        told += f" until {event.expires_at}"
    if event.replaces:
        told += f", in place of key {event.replaces}"
    after = {"name": event.name, "scopes": event.scopes, "expires_at": event.expires_at}
    return Told(told, fields_changed({}, after))


def expiry_set(event: ApiKey.ExpirySet, scene: Scene) -> Told:
    """A key ends at another time."""
    before = scene.before.expires_at if scene.before else None
    change = Change("expires_at", before, event.expires_at)
    return Told(f"The key ends at {event.expires_at}, before: {before or 'never'}", (change,))


def revoked(event: ApiKey.Revoked, scene: Scene) -> Told:
    """A key ended."""
    return Told("The key was revoked", (Change("is_revoked", False, True),))


def invited(event: User.Created, scene: Scene) -> Told:
    """Somebody may work here."""
    told = f"{event.name} ({event.email}) was invited as {event.role}"
    after = {"email": event.email, "name": event.name, "role": event.role}
    return Told(told, fields_changed({}, after))


def role_changed(event: User.RoleChanged, scene: Scene) -> Told:
    """They may do something else."""
    change = Change("role", scene.before.role if scene.before else None, event.role)
    return Told(sentence(in_words(change)), (change,))


def disabled(event: User.Disabled, scene: Scene) -> Told:
    """They may no longer come in."""
    return Told("The user was disabled", (Change("is_disabled", False, True),))


def enabled(event: User.Enabled, scene: Scene) -> Told:
    """They may come in again."""
    return Told("The user was enabled", (Change("is_disabled", True, False),))


def password_set(event: User.PasswordSet, scene: Scene) -> Told:
    """What it is, is nowhere."""
    return Told("A password was set")


def signed_in(event: User.SignedIn, scene: Scene) -> Told:
    """They came."""
    return Told(f"The user signed in from {event.client}")


def sign_in_failed(event: User.SignInFailed, scene: Scene) -> Told:
    """Somebody else, perhaps."""
    return Told(f"A wrong password was tried from {event.client}")


def signed_out(event: User.SignedOut, scene: Scene) -> Told:
    """They left."""
    return Told("The user signed out")


def accepted(event: Job.Created, scene: Scene) -> Told:
    """Work was taken in."""
    return Told(f"A job was accepted: {event.kind}", (Change("status", None, "waiting"),))


def finished(event: Job.Finished, scene: Scene) -> Told:
    """Work is over."""
    told = f"The job {event.status}: {shown(event.result)}"
    return Told(told, (Change("status", "waiting", event.status),))


def forgotten(event: Forgotten, scene: Scene) -> Told:
    """What an erased patient's event said, nobody can read any more."""
    return Told("What this event said was erased with the patient")
