"""Reading the text of one line: a syntax tree, or where and why there is none."""

import re
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any

from lark import Lark, Token, Tree, UnexpectedCharacters, UnexpectedToken
from lark.exceptions import UnexpectedInput

from domain.measures.errors import FormulaError

Syntax = Tree[Token]
Branch = Token | Syntax

LINE_NAMES = (
    "initial population",
    "denominator",
    "denominator exclusion",
    "denominator exception",
    "numerator",
    "numerator exclusion",
    "measure population",
    "measure population exclusion",
    "measure observation",
    "scoring",
    "composite",
    "define",
    "stratum",
    "group",
)
_BEGINNING = re.compile(r"\s*([A-Za-z][A-Za-z _-]*?)s?\s*:")
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
        hint = _nearest_line_name(text) or _hint(error)
        raise FormulaError(line, column, _unexpected(error), hint, text) from error


@cache
def grammar(strict: bool = False) -> Lark:
    """The parser; `strict` refuses a grammar with any conflict or ambiguous word (needs
    the package interegular)."""
    return Lark(_source(), parser="lalr", start="line", propagate_positions=True, strict=strict)


@cache
def _lexer() -> Lark:
    """Tells words apart without the grammar around them; `grammar` would make it for each text."""
    return Lark(_source(), parser=None, lexer="basic", start="line")


def _source() -> str:
    return files("domain.measures").joinpath("grammar.lark").read_text(encoding="utf-8")


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
        return [(t.type, str(t)) for t in _lexer().lex(text)] == [("NAME", text)]
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


def _nearest_line_name(text: str) -> str | None:
    """What a line that begins like a population may have been meant to be."""
    begun = _BEGINNING.match(text)
    written = begun[1].strip().lower().replace("_", " ") if begun else None
    if written is None or written in LINE_NAMES:
        return None
    near = get_close_matches(written, LINE_NAMES, n=1)
    return f"did you mean {near[0]}: ?" if near else f"lines begin with {', '.join(LINE_NAMES)}"


def _hint(error: UnexpectedInput) -> str | None:
    allowed = getattr(error, "accepts", None) or getattr(error, "allowed", None) or set()
    said = sorted({SAID[name] for name in allowed if name in SAID})
    return f"expected {', '.join(said)}" if said else None
