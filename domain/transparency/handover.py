"""A key of the log names the one that follows it, so that who trusts the old can trust the new."""

from collections.abc import Sequence
from datetime import datetime

from domain.transparency import note
from domain.transparency.checkpoint import TIME
from domain.transparency.note import BadNote, Sign, VerifierKey, Verify

_NEXT = "next key "


def sign(following: VerifierKey, at: datetime, key: VerifierKey, signer: Sign) -> str:
    """The note in which `key` says that `following` signs from `at` (UTC) on.

    Its text is the log's name, `next key` with the verifier key, and the time: no checkpoint,
    because the second line of a checkpoint is a number.
    """
    text = f"{key.name}\n{_NEXT}{following.text}\n{at.strftime(TIME)}\n"
    return note.join(text, [note.signature_line(key, text, signer)])


def verify(signed: str, keys: Sequence[VerifierKey], verify: Verify) -> VerifierKey:
    """The key that one of these keys names as the next one. Raises BadNote."""
    text, signers = note.open_note(signed, keys, verify)
    origin, _, rest = text.partition("\n")
    following, _, _ = rest.partition("\n")
    if origin not in {key.name for key in signers} or not following.startswith(_NEXT):
        raise BadNote("the note does not hand over the log")
    return note.parse_key(following.removeprefix(_NEXT))
