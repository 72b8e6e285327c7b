"""The text of files: what is there is read, what is broken or made to harm ends bounded and is said to be unreadable."""

import io
import zipfile
import zlib

import pytest

from itsm.search import reading
from itsm.search.reading import Unreadable, form_of, text_of

WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def docx(document: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", document)
    return target.getvalue()


def paragraph(*texts: str) -> str:
    runs = "".join(f"<w:r><w:t>{text}</w:t></w:r>" for text in texts)
    return f"<w:document {WORD}><w:body><w:p>{runs}</w:p><w:p><w:r><w:t>end</w:t></w:r></w:p></w:body></w:document>"


def pdf(stream: bytes, *, pages: str = "[3 0 R]") -> bytes:
    packed = zlib.compress(stream)
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids {pages}/Count 1>>".encode(),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Filter/FlateDecode/Length %d>>stream\n%b\nendstream" % (len(packed), packed),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    body, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(b"%010d 00000 n \n" % len(body))
        body += b"%d 0 obj%b endobj\n" % (number, part)
    table = b"xref\n0 6\n0000000000 65535 f \n" + b"".join(places)
    return body + table + b"trailer<</Root 1 0 R/Size 6>>\nstartxref\n%d\n%%%%EOF" % len(body)


@pytest.mark.parametrize(
    ("form", "content", "text"),
    [
        ("text", "Ärende\r\n två".encode(), "Ärende två"),
        ("text", "Ärende".encode("cp1252"), "Ärende"),
        ("text", "چاپگر".encode("utf-16"), "چاپگر"),
        ("html", b"<p>toner &amp; <b>zebra</b></p><script>steal()</script>", "toner & zebra"),
        ("docx", docx(paragraph("ze", "bra")), "zebra end"),
        ("pdf", pdf(b"BT /F 9 Tf 9 9 Td (zebra manual) Tj ET"), "zebra manual"),
    ],
)
def test_what_a_file_says(form: str, content: bytes, text: str) -> None:
    assert text_of(form, content) == text


@pytest.mark.parametrize(
    ("form", "content"),
    [
        ("text", b"MZ\x00\x01\x02"),
        ("docx", b"PK\x03\x04 broken"),
        ("docx", docx("a" * (reading.LARGEST_PART + 1))),
        ("docx", docx("<a>" * 1000 + "</a>" * 1000)),
        ("docx", docx('<!DOCTYPE a [<!ENTITY b "bbbb">]><a>&b;</a>')),
        ("pdf", b"%PDF-1.4 broken"),
        ("text", b"a" * (reading.LARGEST_FILE + 1)),
        ("html", b"<p>" + b"".join(b"<b id=%d>" % number for number in range(4000)) + b"</p>" + b"<p>x" * 10_000),
    ],
    ids=["program", "broken docx", "zip bomb", "too deep", "entities", "broken pdf", "too large", "left open"],
)
def test_broken_and_hostile_files_are_unreadable(form: str, content: bytes) -> None:
    with pytest.raises(Unreadable):
        text_of(form, content)


def test_a_file_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SECONDS", 0.01)
    with pytest.raises(Unreadable):
        text_of("pdf", pdf(b"BT (slow) Tj ET"))


def test_a_pdf_whose_pages_hold_themselves_ends() -> None:
    with pytest.raises(Unreadable):
        text_of("pdf", pdf(b"", pages="[2 0 R]"))


def test_forms_go_by_name_and_content() -> None:
    assert form_of("a.PDF", "application/pdf") == "pdf"
    assert form_of("a.pdf", "application/octet-stream") == ""
    assert form_of("a.docx", "application/zip") == "docx"
    assert form_of("a.log", "application/octet-stream") == "text"
    assert form_of("a.png", "image/png") == ""
