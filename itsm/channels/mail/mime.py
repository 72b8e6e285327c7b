"""The tree of parts of a message, by position in the raw bytes: nothing is copied, depth and number are bounded."""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from itsm.channels.mail.headers import (
    HEADER_BLOCK_BYTES,
    MailHeaders,
    decode_base64,
    media_type,
    parameters,
    parse_headers,
)

_FIELD_LINE = re.compile(rb"[!-9;-~]+[ \t]*:|[ \t]+\S")
_UU_BLOCK = re.compile(
    rb"^begin [0-7]{3,4} ([^\r\n]{1,255})\r?\n((?:[ -`][^\r\n]{0,90}\r?\n)+)end[ \t\r]*(?:\n|\Z)", re.M
)


class MailRefused(Exception):
    """The one way in which reading fails: `reason` is a stable word, `detail` a sentence for people."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class MailLimits:
    """What one message may cost; bytes and counts.

    `attachments_bytes` is the total kept of one mail: those beyond it are named, measured and left out. Rule: R29.
    """

    raw_bytes: int = 64 * 1024 * 1024
    attachments_bytes: int = 25 * 1024 * 1024
    text_bytes: int = 1024 * 1024
    depth: int = 25
    parts: int = 1000


@dataclass(frozen=True)
class Part:
    """One MIME part: its headers, the span of its still encoded body, and its children when it is a multipart."""

    headers: MailHeaders
    raw: bytes
    start: int
    end: int
    children: tuple["Part", ...] = ()
    default_type: str = "text/plain"

    @cached_property
    def media_type(self) -> str:
        """Lower-case type and subtype; a multipart that has no parts is read as plain text."""
        declared = next(iter(self.headers.raw("content-type")), None)
        found = media_type(declared) if declared is not None else self.default_type
        return "text/plain" if found.startswith("multipart/") and not self.children else found

    @cached_property
    def type_parameters(self) -> dict[str, str]:
        """Parameters of Content-Type."""
        return parameters(next(iter(self.headers.raw("content-type")), None))

    @cached_property
    def disposition(self) -> str:
        """`attachment`, `inline`, or empty when nothing is said."""
        value = next(iter(self.headers.raw("content-disposition")), "")
        return value.partition(";")[0].strip().lower()

    @cached_property
    def file_name(self) -> str:
        """The name as declared, decoded; empty when there is none."""
        named = parameters(next(iter(self.headers.raw("content-disposition")), None))
        return named.get("filename") or self.type_parameters.get("name", "")

    def content(self, limit: int | None = None) -> bytes:
        """The decoded bytes; with a limit, what the first so many encoded bytes give."""
        end = self.end if limit is None else min(self.end, self.start + limit)
        return _decoded(memoryview(self.raw)[self.start : end], self._transfer_encoding)

    @property
    def _transfer_encoding(self) -> str:
        return next(iter(self.headers.raw("content-transfer-encoding")), "").strip().lower().partition(";")[0]

    def walk(self) -> Iterator["Part"]:
        """This part and all below it, in the order of the message."""
        yield self
        for child in self.children:
            yield from child.walk()


def read_parts(raw: bytes, limits: MailLimits) -> Part:
    """The tree of a whole message.

    Raises MailRefused `too_deep` or `too_many_parts`. Rule: reading is bounded in time and memory.
    """
    counter = iter(range(limits.parts))
    return _part(raw, 0, len(raw), depth=limits.depth, counter=counter)


def extract_uuencoded(data: bytes) -> tuple[bytes, list[tuple[str, bytes]]]:
    """Text without its complete uuencoded files, and those files as name and content."""
    files: list[tuple[str, bytes]] = []

    def take(match: re.Match[bytes]) -> bytes:
        content = _uu_content(match[2])
        if content is None:
            return match[0]
        files.append((match[1].decode("utf-8", "surrogateescape"), content))
        return b""

    return (_UU_BLOCK.sub(take, data), files) if b"begin " in data else (data, files)


def header_end(raw: bytes, start: int, end: int) -> tuple[int, int]:
    """Where the header block stops and where the body begins, also when the empty line between them is missing."""
    position = start
    while position < end:
        newline = raw.find(b"\n", position, end)
        line_end = newline if newline >= 0 else end
        line = raw[position : min(line_end, position + 200)]
        if not line.strip():
            return position, min(line_end + 1, end)
        is_envelope = position == start and line.startswith((b"From ", b">From "))
        if not is_envelope and _FIELD_LINE.match(line) is None:
            return position, position
        position = line_end + 1
        if position - start > HEADER_BLOCK_BYTES:
            return start + HEADER_BLOCK_BYTES, _after_long_header(raw, position, end)
    return end, end


def _after_long_header(raw: bytes, position: int, end: int) -> int:
    found = re.compile(rb"\n\r?\n").search(raw, position - 1, end)
    return found.end() if found else end


def _part(
    raw: bytes, start: int, end: int, *, depth: int, counter: Iterator[int], default_type: str = "text/plain"
) -> Part:
    if next(counter, None) is None:
        raise MailRefused("too_many_parts", "The message has more MIME parts than are read.")
    if depth <= 0:
        raise MailRefused("too_deep", "The MIME parts are nested more deeply than is read.")
    block_end, body = header_end(raw, start, end)
    headers = parse_headers(_without_envelope(raw[start:block_end]))
    part = Part(headers, raw, body, end, default_type=default_type)
    spans = _child_spans(part)
    inner_type = "message/rfc822" if _declared_type(headers) == "multipart/digest" else "text/plain"
    children = tuple(
        _part(raw, first, last, depth=depth - 1, counter=counter, default_type=inner_type) for first, last in spans
    )
    return Part(headers, raw, body, end, children, default_type)


def _without_envelope(block: bytes) -> bytes:
    return block.partition(b"\n")[2] if block.startswith((b"From ", b">From ")) else block


def _declared_type(headers: MailHeaders) -> str:
    return media_type(next(iter(headers.raw("content-type")), None))


def _child_spans(part: Part) -> list[tuple[int, int]]:
    """Spans of the parts of a multipart; the last one reaches to the end when the closing boundary is missing."""
    boundary = part.type_parameters.get("boundary", "")
    if not _declared_type(part.headers).startswith("multipart/") or not boundary:
        return []
    literal = re.escape(boundary.encode("utf-8", "surrogateescape"))
    pattern = re.compile(rb"\n--" + literal + rb"(--)?[ \t\r]*(?:(?=\n)|\Z)")
    spans: list[tuple[int, int]] = []
    opened: int | None = None
    for match in pattern.finditer(part.raw, max(0, part.start - 1), part.end):
        if opened is not None:
            spans.append((opened, _before_line_end(part.raw, opened, match.start())))
        opened = None if match[1] else min(match.end() + 1, part.end)
        if match[1]:
            break
    return spans if opened is None else [*spans, (opened, part.end)]


def _before_line_end(raw: bytes, start: int, end: int) -> int:
    return max(start, end - 1 if raw[end - 1 : end] == b"\r" else end)


def _decoded(body: memoryview, encoding: str) -> bytes:
    if encoding == "base64":
        return decode_base64(body)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(body)
    if encoding in ("x-uuencode", "uuencode", "uue", "x-uue"):
        text, files = extract_uuencoded(bytes(body))
        return files[0][1] if files else text
    return bytes(body)


def _uu_content(body: bytes) -> bytes | None:
    try:
        return b"".join(binascii.a2b_uu(line) for line in body.splitlines() if line.strip(b"` "))
    except binascii.Error:
        return None
