"""What a file is, by its first bytes; its name and what the sender says about it are only claims."""

from collections.abc import Sequence
from pathlib import PurePath

UNKNOWN = "application/octet-stream"
MARKUP, PROGRAM = "text/html", "application/x-executable"
READ_BYTES = 1024

SIGNATURES: Sequence[tuple[int, bytes, str]] = (  # offset, bytes, media type
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"MZ", PROGRAM),
    (0, b"\x7fELF", PROGRAM),
    (0, b"#!/", PROGRAM),
)
MARKUP_BEGINNINGS = (b"<!doctype html", b"<html", b"<script", b"<svg", b"<?php", b"<head", b"<body", b"<iframe")
ENDINGS = {
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "image/gif": (".gif",),
    "image/webp": (".webp",),
    "application/pdf": (".pdf",),
}
# Endings of files that people open without a second thought; plain text may begin with anything.
PICTURES = {"bmp", "gif", "heic", "jfif", "jpe", "jpeg", "jpg", "png", "tif", "tiff", "webp", "mp3", "mp4"}
OFFICE = {"doc", "docx", "odp", "ods", "odt", "pdf", "ppt", "pptx", "rtf", "xls", "xlsx"}
DOCUMENTS = frozenset(PICTURES | OFFICE)


def sniff(content: bytes) -> str:
    """The media type that the first bytes tell, `application/octet-stream` when they tell none."""
    head = content[:READ_BYTES]
    for offset, mark, media_type in SIGNATURES:
        if head[offset : offset + len(mark)] == mark:
            return media_type
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    is_markup = text.startswith(MARKUP_BEGINNINGS) or (text.startswith(b"<?xml") and b"<svg" in text)
    return MARKUP if is_markup else UNKNOWN


def is_disguised(name: str, content: bytes) -> bool:
    """Whether a program or a page that runs scripts goes under the name of a picture or a document."""
    return PurePath(name).suffix.lower().lstrip(".") in DOCUMENTS and sniff(content) in {MARKUP, PROGRAM}


def settled_type(name: str, claimed: str, content: bytes) -> str:
    """The media type to keep: that of the content where the name agrees with it.

    What only claims to be one of the types that can be told by their content is kept as plain bytes.
    """
    found = sniff(content)
    if found in ENDINGS:
        return found if PurePath(name).suffix.lower() in ENDINGS[found] else UNKNOWN
    return UNKNOWN if claimed in ENDINGS or found in {MARKUP, PROGRAM} else claimed or UNKNOWN
