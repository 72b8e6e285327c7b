"""Which files of tickets a page may show, and how: pictures, excerpts of texts, PDF documents without active content."""

import re

from itsm.kernel import files
from itsm.tickets.models import Attachment

PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
TEXTS = frozenset({"application/json", "application/xml", "application/x-yaml", "application/sql"})
TEXT_NAMES = (".txt", ".log", ".csv", ".json", ".xml", ".yaml", ".yml", ".ini", ".conf", ".md", ".sql")
LONGEST_EXCERPT = 8_000
LARGEST_PDF = 20 * 1024 * 1024
_ACTIVE = re.compile(rb"/(?:JavaScript|JS|Launch|OpenAction|AA|EmbeddedFile|RichMedia|XFA|SubmitForm)\b")


def form_of(row: Attachment) -> str:
    """`picture`, `text`, `pdf`, or empty for a file that is only downloaded."""
    if row.media_type in PICTURES:
        return "picture"
    if row.media_type == "application/pdf" and row.size_bytes <= LARGEST_PDF:
        return "pdf"
    is_text = row.media_type.startswith("text/") or row.media_type in TEXTS
    return "text" if is_text or row.name.lower().endswith(TEXT_NAMES) else ""


def excerpt(row: Attachment) -> tuple[str, bool]:
    """The beginning of a text file, and whether there is more; bytes that are no text become signs of that."""
    with files.open_file(row.sha256) as stream:
        content = stream.read(LONGEST_EXCERPT + 1)
    text = content[:LONGEST_EXCERPT].decode("utf-8", errors="replace").replace("\x00", "�")
    return text, len(content) > LONGEST_EXCERPT


def is_plain_pdf(row: Attachment) -> bool:
    """Whether a PDF says that it is one and names nothing that runs, opens or sends by itself.

    Names may be hidden in compressed parts: the browser's own viewer, which runs nothing in our origin, is the second wall.
    """
    with files.open_file(row.sha256) as stream:
        content = stream.read()
    return content.startswith(b"%PDF-") and _ACTIVE.search(content) is None
