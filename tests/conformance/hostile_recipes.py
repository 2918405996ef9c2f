"""Hostile files that are small as recipes: made here, byte by byte."""

import zlib

from benchmarks.bombs import assemble
from tests.unit.service.pdf.drawing import pdf, text

HUGE = 2**31 - 1


def nested_forms(levels: int = 8) -> bytes:
    """A page that draws a form, which draws another ten times, and so on: 10^levels in the end."""
    forms = []
    for level in range(levels):
        number = 6 + level
        content = "/G Do " * 10 if level < levels - 1 else "0 0 1 1 re f"
        forms.append(
            "<< /Type /XObject /Subtype /Form /BBox [0 0 612 792]"
            f" /Resources << /XObject << /G {number + 1} 0 R >> >>"
            f" /Length {len(content)} >>\nstream\n{content}\nendstream"
        )
    page = pdf("/G Do " + text(72, 700, "HbA1c 7.2"), more=tuple(forms))
    resources = b"/Resources << /Font << /F 5 0 R >>"
    return page.replace(resources, resources + b" /XObject << /G 6 0 R >>", 1)


def table_that_precedes_itself() -> bytes:
    """The cross-reference table names itself as the one before it."""
    whole = pdf(text(72, 700, "HbA1c 7.2"))
    start = whole.rindex(b"startxref\n") + len(b"startxref\n")
    place = whole[start : whole.index(b"\n", start)]
    return whole.replace(b"trailer\n<<", b"trailer\n<< /Prev " + place)


def predictor_of_huge_rows() -> bytes:
    """Page content in rows of two thousand million columns, says its filter."""
    packed = zlib.compress(b"\x02" + b"BT ET " * 100).decode("latin-1")
    parameters = f"/DecodeParms << /Predictor 15 /Colors 32 /Columns {HUGE} /BitsPerComponent 16 >>"
    return _with_content(f"/Filter /FlateDecode {parameters}", packed)


def filters_without_end() -> bytes:
    """Page content in a thousand layers of the same filter."""
    return _with_content(f"/Filter [{'/ASCIIHexDecode ' * 1000}]", "00>" * 1000)


def fifty_thousand_pages() -> bytes:
    """Fifty thousand blank pages, each an object."""
    count = 50_000
    kids = " ".join(f"{number} 0 R" for number in range(3, 3 + count))
    page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] >>"
    tree = f"<< /Type /Pages /Kids [{kids}] /Count {count} >>"
    return assemble(["<< /Type /Catalog /Pages 2 0 R >>", tree, *[page] * count])


def picture_of_many_pixels(side: int = 30_000) -> bytes:
    """A page that is one picture of 30,000 by 30,000 pixels in a few kilobytes."""
    rows = zlib.compressobj(9)
    row = bytes(side // 8)
    packed = b"".join(rows.compress(row) for _ in range(side)) + rows.flush()
    picture = (
        f"<< /Type /XObject /Subtype /Image /Width {side} /Height {side} /ColorSpace /DeviceGray"
        f" /BitsPerComponent 1 /Filter /FlateDecode /Length {len(packed)} >>\nstream\n"
        f"{packed.decode('latin-1')}\nendstream"
    )
    page = pdf("612 0 0 792 0 0 cm /P Do", more=(picture,))
    resources = b"/Resources << /Font << /F 5 0 R >>"
    return page.replace(resources, resources + b" /XObject << /P 6 0 R >>", 1)


def _with_content(entries: str, stream: str) -> bytes:
    return assemble(
        [
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R >>",
            f"<< /Length {len(stream)} {entries} >>\nstream\n{stream}\nendstream",
        ]
    )
