"""Where a formula is wrong, and what may have been meant."""

from domain.errors import Fault, Invalid


class FormulaError(Invalid):
    """A formula that cannot be used: `line` and `column` count from 1.

    `caret` is the formula's line with a mark under the place; `hint` says what would work.
    """

    def __init__(
        self, line: int, column: int, message: str, hint: str | None = None, text: str = ""
    ) -> None:
        detail = f"line {line}, column {column}: {message}" + (f" ({hint})" if hint else "")
        super().__init__(detail, (Fault(f"#/calculation_formula/{line - 1}", detail),))
        self.line = line
        self.column = column
        self.message = message
        self.hint = hint
        self.caret = _caret(text, column)


class Problem(Exception):
    """What is wrong with an expression, before it is known where it stands."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


WINDOW = 60


def _caret(text: str, column: int) -> str:
    """At most `WINDOW` characters on both sides of the place, and a mark under it."""
    begin = max(0, column - 1 - WINDOW)
    shown = "".join(c if c.isprintable() else " " for c in text[begin : column - 1 + WINDOW])
    return f"{shown}\n{' ' * (column - 1 - begin)}^"
