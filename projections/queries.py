"""Named SQL out of the files in `projections/sql`."""

import re
from importlib import resources

_HEADING = re.compile(r"^-- name: (\w+)\b.*\n", re.MULTILINE)


def load(file: str) -> dict[str, str]:
    """The queries of `projections/sql/<file>.sql`, each under the name in its heading."""
    text = resources.files("projections").joinpath("sql", f"{file}.sql").read_text("utf-8")
    pieces = _HEADING.split(text)[1:]
    return {
        name: query.strip().rstrip(";")
        for name, query in zip(pieces[::2], pieces[1::2], strict=True)
    }
