"""Text out of bytes: the declared charset, then detection, then a reading that always succeeds."""

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass

import charset_normalizer

_ALIASES = {
    "ansi": "cp1252",
    "big5": "big5hkscs",
    "cp-850": "cp850",
    "euc-kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso-8859-11": "cp874",
    "iso-8859-8-i": "iso8859_8",
    "iso-8859-9": "cp1254",
    "ks_c_5601-1987": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "tis-620": "cp874",
    "unicode-1-1-utf-7": "utf_7",
    "utf8mb4": "utf_8",
    "win-1251": "cp1251",
    "windows-31j": "cp932",
    "windows-949": "cp949",
    "windows1251": "cp1251",
    "x-mac-roman": "mac_roman",
    "x-sjis": "cp932",
}
_WESTERN = frozenset({"ascii", "iso8859-1", "cp1252", "iso8859-15"})
_MULTIBYTE = frozenset({"cp932", "cp949", "gb18030", "big5hkscs", "euc_jp", "iso2022_jp"})
_NOT_FOR_TEXT = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"})
_DETECTION_BYTES = 20_000
_UTF8_SEQUENCE = re.compile(rb"[\xc2-\xf4][\x80-\xbf]+")
_JIS_SEGMENT = re.compile(rb"\x1b(\$[@B]|\([BJI])([^\x1b]*)")
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_BIDI = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\u061c]")


@dataclass(frozen=True)
class DecodedText:
    """Text with the charset that gave it; `matches` is False when that is not the one declared."""

    text: str
    charset: str
    matches: bool


def decode_text(data: bytes, declared: str | None) -> DecodedText:
    """Decode bytes of any quality, control characters removed and line ends made LF.

    A missing declaration matches when the bytes are ASCII or UTF-8.
    """
    text, charset, matches = _decode(data, _codec_name(declared), declared=declared)
    return DecodedText(clean_text(text), charset, matches)


def clean_text(text: str) -> str:
    """Remove NUL, control characters and lone surrogates; every line end becomes LF."""
    return _UNWANTED.sub(
        "", text.replace("\r\n", "\n").replace("\r", "\n").replace("\x85", "\n").removeprefix("\ufeff")
    )


def clean_line(text: str) -> str:
    """One line without CR, LF, NUL, other controls and bidi overrides, safe to stand in a header. Rule: R32."""
    return " ".join(_BIDI.sub("", clean_text(text)).split())


def _codec_name(declared: str | None) -> str | None:
    if not declared:
        return None
    name = declared.strip().strip("\"'").lower()[:60]
    try:
        codec = codecs.lookup(_ALIASES.get(name, name))
    except (LookupError, ValueError):
        return None
    is_usable = codec._is_text_encoding and codec.name not in _NOT_FOR_TEXT  # noqa: SLF001  (there is no public form)
    return codec.name if is_usable else None


def _decode(data: bytes, codec: str | None, *, declared: str | None) -> tuple[str, str, bool]:
    if data.startswith(codecs.BOM_UTF8):
        return data[3:].decode("utf-8", "replace"), "utf-8", codec in (None, "utf-8")
    if codec is not None and (found := _as_declared(data, codec)) is not None:
        return found
    text, charset = _detect(data)
    return text, charset, not declared and charset in ("ascii", "utf-8")


def _as_declared(data: bytes, codec: str) -> tuple[str, str, bool] | None:
    if _is_really_utf8(data, codec):
        return data.decode("utf-8"), "utf-8", False
    if codec.startswith("iso2022_jp"):
        return _japanese(data)
    for candidate in _readings(codec):
        text = _strictly(data, candidate)
        if text is not None:
            return text, candidate, True
    return _cut_short(data, codec)


def _readings(codec: str) -> tuple[str, ...]:
    """ISO 8859-1 is read as its superset with the typographic quotes, as every mail program does."""
    return ("cp1252", "latin-1") if codec == "iso8859-1" else (codec,)


def _is_really_utf8(data: bytes, codec: str) -> bool:
    if codec in _MULTIBYTE or codec.startswith(("utf", "iso2022")):
        return False
    sequences = len(_UTF8_SEQUENCE.findall(data[:_DETECTION_BYTES]))
    needed = 1 if codec in _WESTERN else 4
    return sequences >= needed and _strictly(data, "utf-8") is not None


def _strictly(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeError, ValueError):
        return None


def _cut_short(data: bytes, codec: str) -> tuple[str, str, bool] | None:
    """A multi-byte text whose only fault is a character cut in two, or a few bad bytes in a long text."""
    if codec not in _MULTIBYTE and not codec.startswith("utf"):
        return None
    text = data.decode(codec, "replace")
    good = sum(character > "\x7f" for character in text) - text.count("\ufffd")
    is_readable = text.count("\ufffd") * 20 <= good or text[:-1].count("\ufffd") == 0 < good
    return (text, codec, False) if is_readable else None


def _japanese(data: bytes) -> tuple[str, str, bool]:
    """ISO-2022-JP as it is sent: with the vendor characters of code page 932, or with plain code page 932 bytes."""
    if any(byte >= 0x80 for byte in data):
        text = _strictly(data, "cp932")
        return (text, "cp932", False) if text is not None else (*_detect(data), False)
    text = _strictly(data, "iso2022_jp")
    return (text, "iso-2022-jp", True) if text is not None else (_jis_by_code_page(data), "iso-2022-jp", True)


def _jis_by_code_page(data: bytes) -> str:
    first = data.find(b"\x1b")
    head = data[: first if first >= 0 else len(data)].decode("ascii", "replace")
    return head + "".join(_jis_segment(match[1], match[2]) for match in _JIS_SEGMENT.finditer(data))


def _jis_segment(escape: bytes, body: bytes) -> str:
    if escape.startswith(b"$"):
        pairs = zip(body[::2], body[1::2], strict=False)
        return b"".join(_shifted(high, low) for high, low in pairs).decode("cp932", "replace")
    if escape == b"(I":
        return bytes(byte | 0x80 for byte in body).decode("cp932", "replace")
    return body.decode("ascii", "replace")


def _shifted(high: int, low: int) -> bytes:
    """One JIS X 0208 pair as Shift_JIS bytes."""
    if not (0x21 <= high <= 0x7E and 0x21 <= low <= 0x7E):
        return b"?"
    lead = (high + 1) // 2 + (0x70 if high < 0x5F else 0xB0)
    trail = low + (0x1F if low < 0x60 else 0x20) if high % 2 else low + 0x7E
    return bytes((lead, trail))


def _detect(data: bytes) -> tuple[str, str]:
    if data.isascii() and b"\x1b$" not in data:
        return data.decode("ascii"), "ascii"
    if (text := _strictly(data, "utf-8")) is not None and not data.isascii():
        return text, "utf-8"
    if data.isascii():
        return _jis_by_code_page(data), "iso-2022-jp"
    charset = _detected_charset(data[:_DETECTION_BYTES])
    text = _strictly(data, charset)
    return (text, charset) if text is not None else (data.decode(charset, "replace"), charset)


def _detected_charset(data: bytes) -> str:
    high = sum(byte >= 0x80 for byte in data)
    letters = sum(chr(byte).isalpha() for byte in data if byte < 0x80)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if high < 4 or high * 3 <= letters:
        return _western(data)
    for charset, is_plausible in _PLAUSIBLE.items():
        text = data.decode(charset, "ignore")
        if data.decode(charset, "replace").count("\ufffd") <= 1 and is_plausible(text):
            return charset
    best = charset_normalizer.from_bytes(data).best()
    return best.encoding if best is not None else _western(data)


def _western(data: bytes) -> str:
    return "cp1252" if _strictly(data, "cp1252") is not None else "latin-1"


def _share(text: str, first: str, last: str) -> float:
    """Share of the non-ASCII characters that lie between two characters."""
    wanted = sum(first <= character <= last for character in text)
    return wanted / max(1, sum(character > "\x7f" for character in text))


def _is_kana(text: str) -> bool:
    return _share(text, "\u3041", "\u30ff") >= 0.3


def _is_hangul(text: str) -> bool:
    return _share(text, "\uac00", "\ud7a3") >= 0.95


def _is_cyrillic(text: str) -> bool:
    """Mostly Cyrillic, with more small letters than capitals: the charsets for Cyrillic swap the two."""
    lower = sum("а" <= character <= "я" for character in text)
    upper = sum("А" <= character <= "Я" for character in text)
    return _share(text, "А", "я") >= 0.8 and lower >= upper


def _is_greek(text: str) -> bool:
    """Greek with an accent; the rare ΰ and an ς inside a word are what Cyrillic looks like when read as Greek."""
    has_accent = any(character in "άέήίόύώ" for character in text)
    return has_accent and _share(text, "Ά", "ώ") >= 0.85 and not re.search(r"ΰ|ς\w", text)


def _is_common_simplified(text: str) -> bool:
    return _share_of_lead_bytes(text, "gb18030", 0xB0, 0xD7) >= 0.7


def _is_common_traditional(text: str) -> bool:
    return _share_of_lead_bytes(text, "big5", 0xA4, 0xC6) >= 0.7


def _share_of_lead_bytes(text: str, charset: str, first: int, last: int) -> float:
    han = [character for character in text if "\u4e00" <= character <= "\u9fff"]
    leads = [character.encode(charset, "replace")[0] for character in han]
    return sum(first <= lead <= last for lead in leads) / max(1, sum(character > "\x7f" for character in text))


_PLAUSIBLE: dict[str, Callable[[str], bool]] = {
    "euc_jp": _is_kana,
    "cp932": _is_kana,
    "cp949": _is_hangul,
    "cp1253": _is_greek,
    "cp1251": _is_cyrillic,
    "koi8_r": _is_cyrillic,
    "gb18030": _is_common_simplified,
    "big5": _is_common_traditional,
}
