"""Printing a saved formula with the names its variables have now."""

from collections.abc import Collection, Iterable, Sequence

from domain.measures.expressions import Use
from domain.measures.names import FUNCTIONS, Names, VariableName, fold
from domain.measures.syntax import is_name

FUNCTION_OF = {kind: function for function, kind in FUNCTIONS.items()}


def renamed(
    lines: Sequence[str], names: Names, uses: Iterable[Use], definitions: Collection[str]
) -> list[str]:
    """The lines; where a written name is no longer the variable's, the present one stands."""
    result = list(lines)
    for use in sorted(set(uses), key=lambda use: (use.line, use.begin), reverse=True):
        text = result[use.line - 1]
        written = text[use.begin : use.end]
        if fold(written) != fold(use.variable.name):
            present = _present(use.variable, names, definitions, is_argument=use.is_argument)
            result[use.line - 1] = text[: use.begin] + present + text[use.end :]
    return result


def _present(
    variable: VariableName, names: Names, taken: Collection[str], is_argument: bool
) -> str:
    """The name if it means this variable alone; else, and in a call, its id."""
    folded = fold(variable.name)
    if is_argument:
        return str(variable.id)
    if folded in taken or not names.is_unique(variable.name):
        return f"{FUNCTION_OF[variable.kind]}({variable.id})"
    return folded if is_name(folded) else '"' + variable.name.replace('"', " ") + '"'
