"""PDFs drawn by hand, byte by byte: what a page holds is what the test says."""

import io
import zlib

import pikepdf
import pypdfium2
from PIL import Image

from benchmarks.bombs import assemble

SCANNER_DPI = 150


def pdf(content: str, page: str = "", catalog: str = "", more: tuple[str, ...] = ()) -> bytes:
    """One page of 612 x 792 points that draws `content` in Helvetica.

    `page` and `catalog` go into their dictionaries; `more` are further objects, from 6 on.
    """
    box = "" if "/MediaBox" in page else "/MediaBox [0 0 612 792]"
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {catalog} >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R {box} /Contents 4 0 R {page}"
        " /Resources << /Font << /F 5 0 R >> >> >>",
        f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        *more,
    ]
    return assemble(objects)


def bomb(size: int) -> bytes:
    """A small document whose page content unpacks to `size` bytes."""
    packed = zlib.compress(b" " * size, 1).decode("latin-1")
    length = len(packed)
    return assemble(
        [
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R >>",
            f"<< /Length {length} /Filter /FlateDecode >>\nstream\n{packed}\nendstream",
        ]
    )


def text(x: float, y: float, words: str, size: float = 10) -> str:
    """Content that shows `words` with its baseline starting at `x`, `y` of user space."""
    return f"BT /F {size} Tf {x} {y} Td ({words}) Tj ET\n"


def scanned(document: bytes, turn: int = 0, skew: float = 0) -> bytes:
    """The first page of `document` as a picture alone, without a letter of text.

    The paper lies `turn` degrees clockwise on the glass, and `skew` degrees on top of that.
    """
    page = pypdfium2.PdfDocument(document)[0]
    picture = page.render(scale=SCANNER_DPI / 72).to_pil().convert("L")
    picture = picture.rotate(-skew, resample=Image.Resampling.BICUBIC, fillcolor=255)
    picture = picture.rotate(-turn, expand=True)
    file = io.BytesIO()
    picture.save(file, "PDF", resolution=SCANNER_DPI)
    return file.getvalue()


def stamped(document: bytes, content: str) -> bytes:
    """`document` with more drawn over its first page, in Helvetica."""
    file = io.BytesIO()
    with pikepdf.open(io.BytesIO(document)) as opened:
        font = opened.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Font,
                Subtype=pikepdf.Name.Type1,
                BaseFont=pikepdf.Name.Helvetica,
            )
        )
        opened.pages[0].add_resource(font, pikepdf.Name.Font, pikepdf.Name.F)
        # In brackets, so that what the page set for its own drawing does not count here.
        opened.pages[0].contents_add(b"q\n", prepend=True)
        opened.pages[0].contents_add(b"Q\n" + content.encode())
        opened.save(file)
    return file.getvalue()


def joined(*documents: bytes) -> bytes:
    """The pages of all `documents` in one."""
    file = io.BytesIO()
    with pikepdf.new() as whole:
        for document in documents:
            with pikepdf.open(io.BytesIO(document)) as opened:
                whole.pages.extend(opened.pages)
        whole.save(file)
    return file.getvalue()
