"""Reading the text of one line: a syntax tree, or where and why there is none."""

import re
from functools import cache
from importlib.resources import files
from typing import Any

from lark import Lark, Token, Tree, UnexpectedCharacters, UnexpectedToken
from lark.exceptions import UnexpectedInput

from domain.measures.errors import FormulaError

Syntax = Tree[Token]
Branch = Token | Syntax

UNSTORABLE = re.compile("[\0\ud800-\udfff]")

SAID = {
    "NAME": "a name",
    "NUMBER": "a number",
    "COLON": "':'",
    "RPAR": "')'",
    "LPAR": "'('",
    "RSQB": "']'",
    "COMMA": "','",
    "DOT": "'.'",
    "COMPARE": "a comparison",
    "FIELD": "value, start or end",
    "UNIT": "days, weeks, months or years",
    "_AND": "and",
    "_OR": "or",
    "_WHERE": "where",
    "_OF": "of",
    "SCORING_KIND": "proportion, ratio, continuous-variable or cohort",
}


def read_line(text: str, line: int) -> Syntax:
    """The syntax tree of a line; raises FormulaError where it cannot be read."""
    unstorable = UNSTORABLE.search(text)
    if unstorable:
        raise FormulaError(line, unstorable.start() + 1, "a character that is no text", text=text)
    try:
        return grammar().parse(text)
    except UnexpectedInput as error:
        is_end = isinstance(error, UnexpectedToken) and error.token.type == "$END"
        column = len(text.rstrip()) + 1 if is_end else (error.pos_in_stream or 0) + 1
        raise FormulaError(line, column, _unexpected(error), _hint(error), text) from error


@cache
def grammar(strict: bool = False) -> Lark:
    """The parser; `strict` refuses a grammar with any conflict or ambiguous word (needs
    the package interegular)."""
    source = files("domain.measures").joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(source, parser="lalr", start="line", propagate_positions=True, strict=strict)


def parts(tree: Syntax) -> list[Any]:
    """What is directly inside a tree: trees, words, or None where an optional part is absent.

    Untyped: the grammar says which of them stand where.
    """
    return list(tree.children)


def column_of(branch: Branch) -> int:
    """Where a part of the line begins, counted from 1."""
    start = branch.start_pos if isinstance(branch, Token) else getattr(branch.meta, "start_pos", 0)
    return (start or 0) + 1


def is_name(text: str) -> bool:
    """Whether a text can stand as a bare name: no keyword, no other characters."""
    try:
        return [(t.type, str(t)) for t in grammar().lex(text)] == [("NAME", text)]
    except UnexpectedInput:
        return False


def _unexpected(error: UnexpectedInput) -> str:
    if isinstance(error, UnexpectedToken):
        if error.token.type == "$END":
            return "the line ends too early"
        return f"unexpected {str(error.token)[:40]!r}"
    if isinstance(error, UnexpectedCharacters):
        return f"unexpected {error.char!r}"
    return "the line cannot be read"


def _hint(error: UnexpectedInput) -> str | None:
    allowed = getattr(error, "accepts", None) or getattr(error, "allowed", None) or set()
    said = sorted({SAID[name] for name in allowed if name in SAID})
    return f"expected {', '.join(said)}" if said else None
