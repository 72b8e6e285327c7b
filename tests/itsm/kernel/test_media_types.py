"""What a file is, by its first bytes and not by its name."""

import pytest

from itsm.kernel.media_types import is_disguised, settled_type

PNG, JPEG, PDF = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"%PDF-1.7"
UNKNOWN = "application/octet-stream"


@pytest.mark.parametrize(
    ("name", "claimed", "content", "kept"),
    [
        ("a.png", "image/png", PNG, "image/png"),
        ("a.PNG", "text/html", PNG, "image/png"),
        ("a.jpeg", "image/jpeg", JPEG, "image/jpeg"),
        ("a.webp", "image/webp", b"RIFF\0\0\0\0WEBP", "image/webp"),
        ("a.pdf", "application/pdf", PDF, "application/pdf"),
        ("a.png", "image/png", JPEG, UNKNOWN),
        ("a.png.html", "text/html", PNG, UNKNOWN),
        ("a.png", "image/png", b"<script>alert(1)</script>", UNKNOWN),
        ("a.gif", "image/gif", b"no picture at all", UNKNOWN),
        ("a.html", "text/html", b"<!DOCTYPE html><p>", UNKNOWN),
        ("a.svg", "image/svg+xml", b'<?xml version="1.0"?>\n<svg onload="x()">', UNKNOWN),
        ("a.txt", "text/plain", b"hello", "text/plain"),
        ("a.docx", "application/vnd.openxmlformats", b"PK\x03\x04", "application/vnd.openxmlformats"),
        ("a", "", b"", UNKNOWN),
    ],
)
def test_the_content_decides_where_it_can(name: str, claimed: str, content: bytes, kept: str) -> None:
    assert settled_type(name, claimed, content) == kept


@pytest.mark.parametrize(
    ("name", "content", "disguised"),
    [
        ("photo.png", b"<html><script>", True),
        ("photo.jpg", b"  \n<SVG onload=x>", True),
        ("photo.gif", b"\xef\xbb\xbf<!doctype HTML>", True),
        ("invoice.pdf", b"MZ\x90\x00", True),
        ("letter.docx", b"\x7fELF", True),
        ("sheet.xlsx", b"#!/bin/sh", True),
        ("page.html", b"<html>", False),
        ("setup.exe", b"MZ\x90\x00", False),
        ("log.txt", b"<html>", False),
        ("photo.png", PNG, False),
        ("photo.png", JPEG, False),
        ("invoice.pdf", PDF, False),
    ],
)
def test_programs_and_pages_under_the_name_of_a_document_are_recognised(
    name: str, content: bytes, disguised: bool
) -> None:
    assert is_disguised(name, content) is disguised
