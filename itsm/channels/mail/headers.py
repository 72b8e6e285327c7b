"""Header fields of messages as they really arrive: encoded words, raw eight-bit text, parameters over several lines.

The standard library splits the fields; their values are decoded here. Its own value parser (`policy.default`, which
runs unasked for Content-Type) needs half a minute for a hostile value and gives up on encoded words that are cut,
filled with blanks or split inside a character.
"""

import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from email import policy
from email.parser import BytesHeaderParser
from urllib.parse import unquote_to_bytes

from itsm.channels.mail.charset import clean_line, decode_text

HEADER_BLOCK_BYTES = 256 * 1024
VALUE_CHARACTERS = 64 * 1024
PARAMETER_CHARACTERS = 16 * 1024
ENCODED_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?(.{0,3000}?)\?=", re.DOTALL)
_BETWEEN_WORDS = re.compile(r"(\?=)[ \t\r\n]+(?==\?[^?\s]{1,60}\?[bBqQ]\?)")
_PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*("(?:[^"\\]|\\.)*"?|[^;]*)', re.DOTALL)
_CONTINUED = re.compile(r"^(.+?)(?:\*(\d{1,4}))?(\*?)$")
_MESSAGE_ID = re.compile(r"<([^<>]{1,1000})>")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")


@dataclass(frozen=True)
class MailHeaders:
    """Header fields in their order: pairs of lower-case name and raw value (8-bit bytes as surrogates)."""

    fields: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> "MailHeaders":
        """Build from names in any case and plain values."""
        return cls(tuple((name.lower(), value) for name, value in pairs))

    def raw(self, name: str) -> tuple[str, ...]:
        """Every raw value of a field, bounded in length, topmost first."""
        return tuple(value[:VALUE_CHARACTERS] for field, value in self.fields if field == name)

    def values(self, name: str) -> tuple[str, ...]:
        """Every value of a field, decoded, each on one line."""
        return tuple(decode_words(value) for value in self.raw(name))

    def first(self, name: str) -> str | None:
        """The topmost value of a field, decoded; None when the field is absent."""
        return next(iter(self.values(name)), None)


def parse_headers(block: bytes) -> MailHeaders:
    """Read a header block; a block beyond 256 KB is read that far."""
    message = BytesHeaderParser(policy=policy.compat32).parsebytes(block[:HEADER_BLOCK_BYTES])
    return MailHeaders.of((name, str(value)) for name, value in message.raw_items())


def decode_words(value: str) -> str:
    """Decode encoded words and raw eight-bit text of a header value into one clean line. Rule: R32."""
    joined = _BETWEEN_WORDS.sub(r"\1", eight_bit_text(value))
    return clean_line(_decode_runs(joined))


def eight_bit_text(value: str) -> str:
    """A raw header value with its eight-bit bytes read as UTF-8 or, failing that, as detected."""
    if value.isascii():
        return value
    return decode_text(_value_bytes(value), None).text


def message_ids(value: str) -> tuple[str, ...]:
    """Every `<…>` identifier of a header value, blanks from folding removed."""
    return tuple(
        f"<{compact}>" for found in _MESSAGE_ID.findall(clean_line(value)) if (compact := found.replace(" ", ""))
    )


def media_type(value: str | None) -> str:
    """The lower-case `type/subtype` of a Content-Type value, `text/plain` when it is missing or malformed."""
    found = re.match(r"\s*([!#$&^_.+\w-]{1,100}/[!#$&^_.+\w-]{1,100})", value or "")
    return found[1].lower() if found else "text/plain"


def parameters(value: str | None) -> dict[str, str]:
    """Parameters of a Content-Type or Content-Disposition value. Rule: RFC 2231, RFC 5987."""
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for name, text in _PARAMETER.findall(";" + (value or "")[:PARAMETER_CHARACTERS].partition(";")[2]):
        found = _CONTINUED.match(name.lower())
        if found:
            pieces.setdefault(found[1], []).append((int(found[2] or 0), bool(found[3]), _unquoted(text)))
    return {name: _joined(parts) for name, parts in pieces.items()}


def decode_base64(data: bytes | memoryview) -> bytes:
    """Decode base64 that may be cut or carry foreign characters: what can be read is given."""
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        compact = _NOT_BASE64.sub(b"", data)
        return binascii.a2b_base64(compact[: len(compact) // 4 * 4] + _last_group(compact))


def _last_group(compact: bytes) -> bytes:
    rest = compact[len(compact) // 4 * 4 :]
    return rest + b"=" * (4 - len(rest)) if len(rest) > 1 else b""


def _value_bytes(value: str) -> bytes:
    """The bytes that arrived; surrogates that stand for none become question marks."""
    try:
        return value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return value.encode("utf-8", "replace")


def _decode_runs(text: str) -> str:
    """Decode encoded words; adjacent ones of one charset are joined as bytes, for mailers that split characters."""
    result: list[str] = []
    pending: list[bytes] = []
    charset, position = "", 0
    for match in ENCODED_WORD.finditer(text):
        name = match[1].split("*")[0].lower()
        if pending and (match.start() > position or name != charset):
            result.append(decode_text(b"".join(pending), charset).text)
            pending = []
        result.append(text[position : match.start()])
        pending.append(_word_bytes(match[2], match[3]))
        charset, position = name, match.end()
    if pending:
        result.append(decode_text(b"".join(pending), charset).text)
    return "".join(result) + text[position:]


def _word_bytes(encoding: str, body: str) -> bytes:
    data = body.encode("utf-8", "replace")
    if encoding in "bB":
        return decode_base64(data)
    return binascii.a2b_qp(data, header=True)


def _unquoted(text: str) -> str:
    text = text.strip()
    if not text.startswith('"'):
        return text
    return re.sub(r"\\(.)", r"\1", text[1:].removesuffix('"'))


def _joined(parts: list[tuple[int, bool, str]]) -> str:
    ordered = sorted(parts, key=lambda part: part[0])
    if not any(is_extended for _, is_extended, _ in ordered):
        return decode_words("".join(text for _, _, text in ordered) if len(ordered) > 1 else ordered[0][2])
    charset, first = _charset_prefix(ordered[0][2]) if ordered[0][1] else ("", ordered[0][2])
    texts = [first, *(text for _, _, text in ordered[1:])]
    data = b"".join(
        unquote_to_bytes(_value_bytes(text)) if is_extended else _value_bytes(text)
        for (_, is_extended, _), text in zip(ordered, texts, strict=True)
    )
    return clean_line(decode_text(data, charset).text)


def _charset_prefix(text: str) -> tuple[str, str]:
    pieces = text.split("'", 2)
    return (pieces[0], pieces[2]) if len(pieces) == 3 else ("", text)
