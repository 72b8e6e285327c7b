"""Mail addresses out of header values of any quality. Nobody is created from rubbish."""

import re
from dataclasses import dataclass

from itsm.channels.mail.charset import clean_line
from itsm.channels.mail.headers import ENCODED_WORD, MailHeaders, decode_words, eight_bit_text

ADDRESSES_PER_FIELD = 500
_ADDRESS = re.compile(
    r'(?:[^\s@<>()",;:\\\[\]]{1,64}|"[^"\s\\@<>]{1,62}")'
    r"@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){0,20}[^\W_](?:[\w-]{0,61}[^\W_])?(?!\.?[\w@-]|\.\.)"
)
_SEPARATOR = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\Z)|<[^<>]*>|\([^()]*\)|[,;]', re.DOTALL)
_GROUP = re.compile(r'^[^<>"@,;]*:(?!//)')
_COMMENT = re.compile(r"\(([^()]*)\)")
_HIDDEN = re.compile("\ue000(\\d+)\ue001")


@dataclass(frozen=True)
class MailAddress:
    """One mailbox: the name as shown (may be empty) and the address as written."""

    name: str
    address: str


def parse_addresses(value: str) -> tuple[MailAddress, ...]:
    """Every valid mailbox of one raw header value, at most 500; pieces without an address are left out."""
    hidden: list[str] = []

    def hide(match: re.Match[str]) -> str:
        hidden.append(match[0])
        return f"\ue000{len(hidden) - 1}\ue001"

    text = ENCODED_WORD.sub(hide, _GROUP.sub("", _line_keeping_words(value)))
    found = (_mailbox(piece, hidden) for piece in _pieces(text))
    return tuple(mailbox for mailbox in found if mailbox is not None)[:ADDRESSES_PER_FIELD]


def addresses_of(headers: MailHeaders, *names: str) -> tuple[MailAddress, ...]:
    """Mailboxes of several fields, each address once, in the order of the fields."""
    seen: dict[str, MailAddress] = {}
    for name in names:
        for value in headers.raw(name):
            for mailbox in parse_addresses(value):
                seen.setdefault(mailbox.address.casefold(), mailbox)
    return tuple(seen.values())


def is_address(text: str) -> bool:
    """Whether a text is exactly one mail address, at most 254 characters."""
    return len(text) <= 254 and _ADDRESS.fullmatch(text) is not None and ".." not in text and not text.startswith(".")


def _line_keeping_words(value: str) -> str:
    """One clean line with raw eight-bit text decoded and encoded words left as they are."""
    return clean_line(eight_bit_text(value).replace("\ue000", "").replace("\ue001", ""))


def _pieces(text: str) -> list[str]:
    """Split at commas and semicolons outside quotes; a name with a bare comma is joined with its address."""
    pieces: list[str] = []
    start = 0
    waiting = ""
    cuts = [match.start() for match in _SEPARATOR.finditer(text) if match[0] in ",;"]
    for cut in [*cuts, len(text)]:
        piece = (waiting + text[start:cut]).strip()
        is_name_only = "@" not in piece and cut < len(text) and text[cut] == ","
        waiting = piece + ", " if piece and is_name_only and len(piece) < 200 else ""
        if not waiting and piece:
            pieces.append(piece)
        start = cut + 1
    return pieces


def _mailbox(piece: str, hidden: list[str]) -> MailAddress | None:
    before, bracket, inside = piece.rpartition("<")
    address = _bare(inside.partition(">")[0]) if bracket else None
    if address is not None:
        return MailAddress(_name(before, hidden), address)
    return _without_brackets(_HIDDEN.sub(lambda match: decode_words(hidden[int(match[1])]), piece))


def _without_brackets(text: str) -> MailAddress | None:
    comments = _COMMENT.findall(text)
    found = _ADDRESS.search(_COMMENT.sub(" ", text))
    if found is None or not is_address(found[0]):
        return None
    return MailAddress(clean_line(comments[0]) if comments else "", found[0])


def _bare(text: str) -> str | None:
    compact = text.strip().strip("'\"").replace(" ", "").removeprefix("mailto:").removesuffix(".")
    return compact if is_address(compact) else None


def _name(text: str, hidden: list[str]) -> str:
    shown = re.sub(r"\\(.)", r"\1", text.strip().rstrip("<").strip())
    words = _HIDDEN.sub(lambda match: hidden[int(match[1])], shown)
    return decode_words(words.replace('"', "")).strip("' ")
