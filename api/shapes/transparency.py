"""What clients get of the transparency log."""

from marshmallow.fields import Integer, List, Nested, String

from api.shapes.base import Shape, instant


def octets() -> String:
    """Bytes in standard base64."""
    return String(metadata={"contentEncoding": "base64"})


class Checkpoint(Shape):
    """A signed checkpoint (C2SP tlog-checkpoint); `note` is the whole of it, as it was signed."""

    size = Integer()
    root = octets()
    signed_at = instant()
    key_id = String()
    note = String()


class LogKey(Shape):
    """A public key (C2SP signed-note) that signs now or did; `handover` is a note by the one
    before it."""

    key_id = String()
    vkey = String()
    valid_from = instant()
    retired_at = instant(allow_none=True)
    handover = String(allow_none=True)


class InclusionProof(Shape):
    """Proof that an event is in the log (RFC 9162, 2.1.3): `entry` is what its leaf hashes."""

    position = String()
    entry = octets()
    leaf_index = Integer()
    size = Integer()
    hashes = List(octets())
    checkpoint = Nested(Checkpoint, allow_none=True)


class Ends(Shape):
    """The checkpoints of the two sizes, where there are some."""

    first = Nested(Checkpoint, allow_none=True)
    second = Nested(Checkpoint, allow_none=True)


class ConsistencyProof(Shape):
    """Proof that the log of `first` events begins the log of `second` (RFC 9162, 2.1.4)."""

    first = Integer()
    second = Integer()
    hashes = List(octets())
    checkpoints = Nested(Ends)
