"""The text of files: plain text, HTML, PDF and DOCX. A file may be broken or made to harm, so every way is bounded.

HTML, PDF and DOCX are parsed by a process of their own, which ends after its seconds, memory or answer: whatever a file does to
the parser, the caller goes on. Run as a module this is that process: bytes in, text out.
"""

import html
import io
import resource
import subprocess
import sys
import zipfile
from pathlib import PurePath

import nh3

from itsm.kernel import media_types

LARGEST_FILE = 20 * 1024 * 1024
LARGEST_PLAIN = 1024 * 1024  # of a longer text file the beginning is read
LARGEST_PART = 16 * 1024 * 1024  # of a DOCX, unpacked
LONGEST_TEXT = 60_000
MOST_PAGES = 200
DEEPEST = 60
SECONDS = 20
MEMORY_BYTES = 768 * 1024 * 1024
MARKUP_ENDINGS = frozenset({".html", ".htm", ".xhtml"})
PLAIN_ENDINGS = frozenset(
    {".txt", ".log", ".csv", ".tsv", ".json", ".xml", ".yaml", ".yml", ".ini", ".conf", ".md", ".sql", ".eml"}
)
WORD_SPACE = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


class Unreadable(Exception):
    """The file is broken, locked or too much to read; reading it again would say the same."""


def form_of(name: str, media_type: str) -> str:
    """How a file is read: `pdf`, `docx`, `html`, `text`, or empty for one without text."""
    ending = PurePath(name).suffix.lower()
    if media_type == "application/pdf":
        return "pdf"
    if ending == ".docx":
        return "docx"
    if media_type == media_types.MARKUP or ending in MARKUP_ENDINGS:
        return "html"
    return "text" if media_type.startswith("text/") or ending in PLAIN_ENDINGS else ""


def text_of(form: str, content: bytes) -> str:
    """The text of a file, at most 60,000 letters; raises `Unreadable`."""
    if len(content) > LARGEST_FILE:
        raise Unreadable("too large")
    if form in ("pdf", "docx"):
        return _tidy(_parsed_apart(form, content))
    beginning = content[:LARGEST_PLAIN]
    return _tidy(_parsed_apart(form, beginning) if form == "html" else _decoded(beginning))


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    if b"\x00" in content:
        raise Unreadable("not a text")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The cut may lie within a letter; anything else is the eight bits of western Europe.
        whole = error.start > len(content) - 4
        return content.decode("utf-8", errors="ignore") if whole else content.decode("cp1252", errors="replace")


def _tidy(text: str) -> str:
    return " ".join(text.replace("\x00", " ").split())[:LONGEST_TEXT]


def _parsed_apart(form: str, content: bytes) -> str:
    command = [sys.executable, "-m", "itsm.search.reading", form]
    try:
        done = subprocess.run(  # noqa: S603 (our own module)
            command,
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a parser may warn without end
            timeout=SECONDS * 1.5,
            check=True,
        )
    except subprocess.SubprocessError as error:
        raise Unreadable(type(error).__name__) from error
    return done.stdout[: LONGEST_TEXT * 8].decode("utf-8", errors="ignore")


def _html_text(content: bytes) -> str:
    # Few letters may stand for very many elements: what is left open is opened anew in each paragraph.
    return html.unescape(nh3.clean(_decoded(content), tags=set()))


def _pdf_text(content: bytes) -> str:
    from pypdf import PdfReader

    parts: list[str] = []
    letters = 0
    for number, page in enumerate(PdfReader(io.BytesIO(content)).pages):
        if number >= MOST_PAGES or letters >= LONGEST_TEXT:
            break
        parts.append(page.extract_text())
        letters += len(parts[-1])
    return "\n".join(parts)


def _docx_text(content: bytes) -> str:
    from defusedxml.ElementTree import iterparse

    with zipfile.ZipFile(io.BytesIO(content)) as archive, archive.open("word/document.xml") as part:
        unpacked = part.read(LARGEST_PART + 1)
    if len(unpacked) > LARGEST_PART:
        raise Unreadable("too large unpacked")
    parts: list[str] = []
    letters = depth = 0
    for event, element in iterparse(io.BytesIO(unpacked), events=("start", "end"), forbid_dtd=True):
        depth += 1 if event == "start" else -1
        if depth > DEEPEST:
            raise Unreadable("too deep")
        if event == "start":
            continue
        said = _said(element)
        parts.append(said)
        letters += len(said)
        element.clear()
        if letters > LONGEST_TEXT:
            break
    return "".join(parts)


def _said(element: object) -> str:
    tag, text = getattr(element, "tag", ""), getattr(element, "text", None)
    if tag == f"{WORD_SPACE}t":
        return text or ""
    return "\n" if tag in {f"{WORD_SPACE}p", f"{WORD_SPACE}br", f"{WORD_SPACE}tab"} else ""


def main(form: str) -> int:
    """Read one file from standard input and write its text; 1 when it cannot be read."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        text = {"html": _html_text, "pdf": _pdf_text, "docx": _docx_text}[form](sys.stdin.buffer.read())
    except Exception:  # noqa: BLE001 (the process exists so that any fault ends here)
        return 1
    sys.stdout.buffer.write(text[:LONGEST_TEXT].encode("utf-8", errors="ignore"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
