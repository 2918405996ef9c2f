"""What was signed: the checkpoints in the database, in the sink's directory and in saved files."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from domain.errors import Invalid
from domain.transparency import checkpoint as checkpoints
from domain.transparency import handover, note
from domain.transparency.note import BadNote, VerifierKey, parse_key
from projections.transparency import LogKey, log_keys
from service.signing import verify
from service.verification.damage import Damage, Kind
from service.verification.snapshot import Snapshot


@dataclass(frozen=True)
class Anchor:
    """A root that somebody signed; `place` says where it was kept."""

    place: str
    size: int
    root: bytes


@dataclass(frozen=True)
class Kept:
    """A signed note that was kept, wherever; not opened yet."""

    place: str
    note: str


def keys_named(texts: Iterable[str]) -> list[VerifierKey]:
    """Keys as people hand them on. Raises Invalid."""
    try:
        return [parse_key(text.strip()) for text in texts]
    except BadNote as error:
        raise Invalid.field("key", str(error)) from error


def kept_files(paths: Iterable[Path]) -> list[Kept]:
    """Checkpoints in files, and in all `*.txt` of directories. Raises Invalid for what is neither.

    Read these before the snapshot is taken: a later one would tell of events that it lacks.
    """
    found = []
    for path in paths:
        for file in sorted(path.glob("*.txt")) if path.is_dir() else [path]:
            try:
                found.append(Kept(str(file), file.read_bytes().decode()))
            except (OSError, UnicodeDecodeError) as error:
                raise Invalid.field("since", f"{file} cannot be read: {error}") from error
    return found


def trusted(log: Snapshot, given: Sequence[VerifierKey]) -> list[VerifierKey]:
    """The given keys, and those that a trusted one handed the log over to.

    Without any given, the database's own are taken: then they prove nothing against whoever can
    write there.
    """
    known = sorted(log_keys(log.reader), key=lambda each: each.valid_from)
    if not given:
        return [each.key for each in known]
    found = list(given)
    for each in known:
        if each.key not in found and _is_next(each, found):
            found.append(each.key)
    return found


def _is_next(each: LogKey, keys: Sequence[VerifierKey]) -> bool:
    """Whether one of the keys says that this one follows it."""
    if each.handover is None:
        return False
    try:
        return handover.verify(each.handover, keys, verify) == each.key
    except BadNote:
        return False


def open_anchors(
    log: Snapshot, kept: Sequence[Kept], keys: Sequence[VerifierKey], origin: str
) -> tuple[list[Anchor], list[Damage]]:
    """The roots that were signed by these keys for this log, and what else claims to be."""
    anchors: list[Anchor] = []
    damages: list[Damage] = []
    for each in (*_stored(log), *kept):
        try:
            found = checkpoints.verify(each.note, origin, keys, verify)
            anchors.append(Anchor(each.place, found.size, found.root))
        except BadNote as error:
            damages.append(Damage(Kind.FORGED, each.place, str(error)))
    return anchors, damages + _miscopied(log)


def _stored(log: Snapshot) -> Iterator[Kept]:
    for size, text in log.reader.rows("SELECT size, note FROM transparency_checkpoints"):
        yield Kept(f"checkpoint of {size} events", text)


def _miscopied(log: Snapshot) -> list[Damage]:
    """Checkpoints whose columns are not what their note says."""
    rows = log.reader.rows("SELECT size, root, note FROM transparency_checkpoints ORDER BY size")
    return [
        Damage(Kind.CHANGED, f"checkpoint of {size} events", "its note says something else")
        for size, root, text in rows
        if text.split("\n")[1:3] != [str(size), note.encode(root)]
    ]
