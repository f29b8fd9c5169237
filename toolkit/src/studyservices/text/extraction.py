"""Get the text out of an upload. What a file is, is decided by its bytes; what it claims to be only has to agree."""

from __future__ import annotations

import codecs
import io
import re
import unicodedata

import pypdf
from pypdf.errors import PyPdfError

from studyservices.errors import UnreadableDocument

PDF = "application/pdf"
ACCEPTED_TYPES = (PDF, "text/plain", "text/markdown", "text/csv")
MAX_PAGES = 2000
MAX_CHARS = 5_000_000

_PDF_MAGIC = b"%PDF-"
_PDF_MAGIC_WITHIN_BYTES = 1024  # readers accept junk before the header, and such files exist
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LINE_END = re.compile(r"\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_TRAILING_SPACE = re.compile(r"[^\S\n]+(?=\n|\Z)")
_BLANK_LINES = re.compile(r"\n{3,}")


def is_pdf(data: bytes) -> bool:
    """Whether `data` begins as a PDF does."""
    return _PDF_MAGIC in data[:_PDF_MAGIC_WITHIN_BYTES]


def extract_text(data: bytes, content_type: str) -> str:
    """The text in `data`, normalised.

    Raises:
        UnreadableDocument: it is damaged, encrypted, not of `content_type`, too long, or holds no text.
    """
    if is_pdf(data):
        text = _pdf_text(data)
    elif content_type == PDF:
        raise UnreadableDocument("the file is not a PDF, though it was uploaded as one", hint="Upload the PDF itself.")
    else:
        text = _plain_text(data)
    text = normalise(text)
    if not text:
        raise UnreadableDocument("the file holds no text", hint="A scanned document must be run through OCR first.")
    if len(text) > MAX_CHARS:
        raise UnreadableDocument(f"the text is longer than {MAX_CHARS:,} characters", hint="Upload it in parts.")
    return text


def normalise(text: str) -> str:
    """One form for what looks the same: composed characters, `\\n` line ends, no control characters, no blank pages.

    Control characters must go for another reason too: PostgreSQL stores no NUL.
    """
    text = _CONTROL.sub("", _LINE_END.sub("\n", text))
    text = text.encode("utf-8", "replace").decode("utf-8")  # lone surrogates come out of broken PDF fonts
    text = _TRAILING_SPACE.sub("", unicodedata.normalize("NFC", text))
    return _BLANK_LINES.sub("\n\n", text).strip()


def _plain_text(data: bytes) -> str:
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableDocument(
            f"the file is not {encoding} text (byte {error.start})", hint="Save it as UTF-8, or upload a PDF."
        ) from error
    if "\x00" in text:
        raise UnreadableDocument("the file is binary, not text", hint="Upload plain text or a PDF.")
    return text


def _pdf_text(data: bytes) -> str:
    try:
        return _read_pages(data)
    except UnreadableDocument:
        raise
    except (PyPdfError, RecursionError) as error:
        raise UnreadableDocument(f"the PDF is damaged: {error}", hint="Export it anew and upload that.") from error
    except Exception as error:  # pypdf documents that a broken file may raise anything
        raise UnreadableDocument(
            f"the PDF cannot be read ({type(error).__name__}: {error})", hint="Export it anew and upload that."
        ) from error


def _read_pages(data: bytes) -> str:
    reader = pypdf.PdfReader(io.BytesIO(data))
    if reader.is_encrypted and not reader.decrypt(""):
        raise UnreadableDocument("the PDF is protected by a password", hint="Upload a copy without one.")
    if len(reader.pages) > MAX_PAGES:
        raise UnreadableDocument(f"the PDF has more than {MAX_PAGES:,} pages", hint="Upload it in parts.")
    pages: list[str] = []
    length = 0
    for page in reader.pages:
        pages.append(page.extract_text())
        length += len(pages[-1])
        if length > MAX_CHARS:
            break  # enough to be refused; the rest would only cost memory
    return "\n\n".join(pages)
