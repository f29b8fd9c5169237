"""PDFs for tests, written by hand: a page a text, in the smallest form that readers accept."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pypdf


def pdf_of(pages: Sequence[str]) -> bytes:
    """A PDF with one line of text on each page."""
    objects: list[bytes] = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count %d /Kids [%s] >>"
        % (len(pages), b" ".join(b"%d 0 R" % (4 + 2 * number) for number in range(len(pages)))),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, text in enumerate(pages):
        escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)").encode("latin-1")
        content = b"BT /F1 12 Tf 72 720 Td (%s) Tj ET" % escaped
        objects += [
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R"
            b" /Resources << /Font << /F1 3 0 R >> >> >>" % (5 + 2 * number),
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        ]
    return _file(objects)


def encrypted_pdf(pages: Sequence[str], *, password: str) -> bytes:
    """The same, encrypted. An empty password lets everybody read and only restricts what readers may do."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf_of(pages)))
    writer.encrypt(user_password=password, owner_password="owner", algorithm="AES-256")  # noqa: S106
    encrypted = io.BytesIO()
    writer.write(encrypted)
    return encrypted.getvalue()


def _file(objects: Sequence[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)
