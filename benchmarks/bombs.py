"""Small files that cost a careless reader everything, drawn when needed and kept nowhere."""

import zlib
from collections.abc import Mapping, Sequence

HUGE = 2_000_000_000


def bombs() -> Mapping[str, bytes]:
    """Each file by what it does."""
    return {
        "forms that draw each other 10^8 times": _nested_forms(8, 10),
        "a cross-reference table before itself": _table_loop(),
        "cross-reference streams before each other": _stream_loop(),
        f"a predictor of {HUGE} columns": _predictor(12, HUGE),
        f"a TIFF predictor of {HUGE} columns": _predictor(2, HUGE),
    }


def _nested_forms(depth: int, fan: int) -> bytes:
    """Each of `depth` forms draws the next one `fan` times; the last shows a letter."""
    draws = "/X Do " * fan
    forms = [
        _stream(
            draws if n < depth else "BT /F 9 Tf (a) Tj ET",
            "/Type /XObject /Subtype /Form /BBox [0 0 612 792] /Resources "
            f"<< /Font << /F 5 0 R >> /XObject << /X {6 + n} 0 R >> >>",
        )
        for n in range(1, depth + 1)
    ]
    page = "/Resources << /XObject << /X 6 0 R >> >>"
    return assemble([*_one_page(page, _stream(draws)), *forms])


def _predictor(kind: int, columns: int) -> bytes:
    parameters = f"/DecodeParms << /Predictor {kind} /Columns {columns} /Colors 32 >>"
    packed = zlib.compress(b"BT /F 9 Tf (a) Tj ET").decode("latin-1")
    content = _stream(packed, f"/Filter /FlateDecode {parameters}")
    return assemble(_one_page("/Resources << /Font << /F 5 0 R >> >>", content))


def _table_loop() -> bytes:
    """The table names itself as the one before it."""
    made = assemble(_one_page("", _stream("")))
    start = made.index(b"xref\n")
    return made.replace(b"/Root", b"/Prev %d /Root" % start, 1)


def _stream_loop() -> bytes:
    """Two cross-reference streams, each of which names the other as the one before it."""
    first = len("%PDF-1.7\n")
    entry = (
        "<< /Type /XRef /Size 3 /W [1 4 1] /Root 1 0 R /Prev {} /Length 0 >>\nstream\n\nendstream"
    )
    length = len(f"2 0 obj\n{entry.format('0' * 6)}\nendobj\n")
    objects = "".join(
        f"{number} 0 obj\n{entry.format(f'{before:06d}')}\nendobj\n"
        for number, before in ((2, first + length), (3, first))
    )
    return f"%PDF-1.7\n{objects}startxref\n{first}\n%%EOF\n".encode()


def _one_page(page: str, content: str) -> list[str]:
    return [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R {page} >>",
        content,
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]


def _stream(content: str, entries: str = "") -> str:
    return f"<< /Length {len(content)} {entries} >>\nstream\n{content}\nendstream"


def assemble(objects: Sequence[str]) -> bytes:
    """A PDF file of `objects`, numbered from 1; the first is the catalog."""
    body, offsets = "%PDF-1.7\n", []
    for number, text in enumerate(objects, 1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n{text}\nendobj\n"
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    count = len(objects) + 1
    trailer = f"trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n"
    return (body + f"xref\n0 {count}\n0000000000 65535 f \n{table}{trailer}").encode("latin-1")
