"""Named SQL out of the files in `projections/sql`."""

import re
from importlib import resources

_HEADING = re.compile(r"^-- name: (\w+)\b.*\n", re.MULTILINE)
_STANDING = re.compile(r"(\w+\.)?to_position = 9223372036854775807")
_STOOD = r"\1from_position <= %(position)s AND \1to_position > %(position)s"


def load(file: str) -> dict[str, str]:
    """The queries of `projections/sql/<file>.sql`, each under the name in its heading."""
    text = resources.files("projections").joinpath("sql", f"{file}.sql").read_text("utf-8")
    pieces = _HEADING.split(text)[1:]
    return {
        name: query.strip().rstrip(";")
        for name, query in zip(pieces[::2], pieces[1::2], strict=True)
    }


def at_position(query: str) -> str:
    """The same query about the rows that stood at `position`, not about those that stand now."""
    return _STANDING.sub(_STOOD, query)
