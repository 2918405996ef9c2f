"""Time travel: which moment of the log a GET asks about."""

from datetime import UTC, datetime

from api.parameters import bad_query, moment, whole
from api.request import Request, principal_of
from domain.clinical_time import instant
from domain.errors import NotFound
from domain.ids import Kind
from projections.database import Reader
from projections.moments import (
    Moment,
    account_of,
    moment_at,
    moment_of_version,
    newest_version,
)

AS_OF = moment("as_of", "As the log was at this past instant.")
VERSION = whole("version", 1, 10**15 - 1, "As it was in this version; not with `as_of`.")


def moment_of(req: Request, reader: Reader) -> Moment | None:
    """The moment that `as_of` names; None, which means now, without it. 400 for the future."""
    asked: datetime | None = req.context.query.get("as_of")
    if asked is None:
        return None
    if asked > datetime.now(UTC):
        raise bad_query("as_of lies in the future")
    return moment_at(reader, asked)


def moment_of_one(
    req: Request, reader: Reader, kind: Kind, number: int, what: str
) -> Moment | None:
    """The moment that `as_of` or `version` names of one resource; None, which means now.

    Raises NotFound, or Forbidden, for a version that is not there of a resource of the caller's.
    """
    version: int | None = req.context.query.get("version")
    if version is None:
        return moment_of(req, reader)
    if "as_of" in req.context.query:
        raise bad_query("as_of and version do not go together")
    require_own(req, reader, kind, number, what)
    found = moment_of_version(reader, kind, number, version)
    if found is None:
        newest = newest_version(reader, kind, number)
        raise NotFound(f"The {what} has no version {version}; the newest is {newest}.")
    return found


def require_own(req: Request, reader: Reader, kind: Kind, number: int, what: str) -> None:
    """Raise NotFound, or Forbidden, unless it is an aggregate of the caller's account."""
    account_id = account_of(reader, kind, number)
    if account_id is None:
        raise NotFound(f"There is no {what} {number}.")
    principal_of(req).require_own(account_id, what)


def absent(
    req: Request, reader: Reader, kind: Kind, number: int, what: str, moment: Moment | None
) -> NotFound:
    """Why a resource is not there: it never was, or not yet. Raises Forbidden for another's."""
    require_own(req, reader, kind, number, what)
    when = f" at {instant(moment.at)}" if moment else ""
    return NotFound(f"There was no {what} {number}{when}.")
