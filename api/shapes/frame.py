"""What surrounds all answers: meta, pages, problems."""

from marshmallow.fields import Integer, List, Nested, String

from api.shapes.base import Shape, instant


class Anything(Shape):
    """An object."""


class ProblemPage(Shape):
    """What a problem type means."""

    slug = String()
    title = String()
    status = Integer()


class FieldFault(Shape):
    """One field and the rule it breaks."""

    pointer = String()
    detail = String()


class Problem(Shape):
    """An error (RFC 9457)."""

    type = String()
    title = String()
    status = Integer()
    detail = String()
    instance = String()
    request_id = String()
    errors = List(Nested(FieldFault))


class AnswerMeta(Shape):
    """What holds for the whole answer."""

    request_id = String()
    position = String(allow_none=True)
    as_of = instant(allow_none=True)


class Pagination(Shape):
    """The place of a page in its list."""

    total = Integer()
    limit = Integer()
    offset = Integer(allow_none=True)
    next = String(allow_none=True)
    previous = String(allow_none=True)
    next_cursor = String(allow_none=True, metadata={"optional": True})
    previous_cursor = String(allow_none=True, metadata={"optional": True})
