"""Bodies on the wire: bounded decompression by magic number, and answers in the coding of the request."""

import gzip
import zlib
from enum import Enum
from typing import Literal

from itsm.kernel.text import Message, _

MAX_RAW_BYTES = 16 * 1024 * 1024
MAX_INFLATED_BYTES = 64 * 1024 * 1024
MAX_RATIO = 200
RATIO_FLOOR_BYTES = 1024 * 1024

_PEEK_BYTES = 256
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_INVISIBLE = b" \t\r\n\0"

BodyFormat = Literal["json", "xml"]


class InventoryRefused(ValueError):  # it is an answer to an agent, named for what happened
    """What an agent sent cannot be taken; ``field`` names the part that is wrong, ``reason`` also says why."""

    def __init__(self, field: str, message: Message) -> None:
        super().__init__(field, message)
        self.field = field
        self.reason: Message = _("%(field)s: %(message)s", field=field, message=message)

    def __str__(self) -> str:
        return str(self.reason)


class Coding(Enum):
    """Compression of a body; the value is the media type that agents expect with it, None for the format's own."""

    PLAIN = None
    ZLIB = "application/x-compress-zlib"
    GZIP = "application/x-compress-gzip"
    DEFLATE = "application/x-deflate"


_WINDOW_BITS = {Coding.ZLIB: zlib.MAX_WBITS, Coding.GZIP: 16 + zlib.MAX_WBITS, Coding.DEFLATE: -zlib.MAX_WBITS}


def inflate(body: bytes) -> tuple[bytes, Coding]:
    """Decompress a body, whatever its headers say.

    The coding is told by the first bytes, because agents name it in different and sometimes wrong ways. Raises
    InventoryRefused for an empty, oversized, truncated or unreadable body and for one that inflates beyond
    ``MAX_RATIO`` times its size (with a floor of ``RATIO_FLOOR_BYTES``) or ``MAX_INFLATED_BYTES``.
    """
    if not body:
        raise InventoryRefused("body", _("is empty"))
    if len(body) > MAX_RAW_BYTES:
        raise InventoryRefused("body", _("is larger than %(number)s bytes", number=MAX_RAW_BYTES))
    coding = coding_of(body)
    if coding is Coding.PLAIN:
        return body, coding
    return _inflate_bounded(body, coding), coding


def coding_of(body: bytes) -> Coding:
    """Tell the coding of a body from its first bytes; whatever is neither known nor text counts as raw deflate."""
    if body[:2] == b"\x1f\x8b":
        return Coding.GZIP
    if _has_zlib_header(body):
        return Coding.ZLIB
    return Coding.PLAIN if _first_sign(body) in (b"{", b"[", b"<", b"") else Coding.DEFLATE


def deflate(data: bytes, coding: Coding) -> bytes:
    """Compress an answer in the given coding."""
    if coding is Coding.ZLIB:
        # The default level matters: agents search an answer for the header bytes 78 9C, which only that level writes.
        return zlib.compress(data)
    if coding is Coding.GZIP:
        return gzip.compress(data, mtime=0)
    if coding is Coding.DEFLATE:
        compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        return compressor.compress(data) + compressor.flush()
    return data


def sniff(data: bytes) -> BodyFormat:
    """Tell JSON from XML by the first visible sign, or raise InventoryRefused."""
    sign = _first_sign(data)
    if sign == b"{":
        return "json"
    if sign == b"<":
        return "xml"
    raise InventoryRefused("body", _("is neither a JSON object nor an XML document"))


def _has_zlib_header(body: bytes) -> bool:
    return len(body) >= 2 and body[0] & 0x0F == 8 and body[0] >> 4 <= 7 and (body[0] << 8 | body[1]) % 31 == 0


def _first_sign(data: bytes) -> bytes:
    head = data[:_PEEK_BYTES]
    for mark in _BYTE_ORDER_MARKS:
        head = head.removeprefix(mark)
    return head.lstrip(_INVISIBLE)[:1]


def _inflate_bounded(body: bytes, coding: Coding) -> bytes:
    allowed = min(MAX_INFLATED_BYTES, max(RATIO_FLOOR_BYTES, MAX_RATIO * len(body)))
    decompressor = zlib.decompressobj(wbits=_WINDOW_BITS[coding])
    try:
        data = decompressor.decompress(body, allowed + 1)
    except zlib.error:
        raise InventoryRefused("body", _("is not valid %(coding)s data", coding=coding.name.lower())) from None
    if len(data) > allowed:
        raise InventoryRefused("body", _("inflates to more than %(number)s bytes", number=allowed))
    if not decompressor.eof:
        raise InventoryRefused("body", _("is cut off: the compressed data ends too early"))
    if decompressor.unused_data.strip(_INVISIBLE):
        raise InventoryRefused("body", _("has other data after the compressed data"))
    if not data:
        raise InventoryRefused("body", _("is empty"))
    return data
