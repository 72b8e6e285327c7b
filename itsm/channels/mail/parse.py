"""Reading a message: bytes in, a `ParsedMail` or one named refusal out.

The standard library's parser reads the header blocks. Parts, transfer encodings, charsets and
addresses are read by the modules beside this one, because the library copies a large message several times over, takes
long for hostile headers, and gives nothing at all for bodies whose charset it does not know.
"""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import escape
from mimetypes import MimeTypes

from itsm.channels.mail.addresses import MailAddress, addresses_of
from itsm.channels.mail.automatic import (
    automatic_reason,
    is_list_mail,
    read_bounce,
    read_calendar_reply,
    read_feedback,
    read_receipt,
    suppresses_answers,
)
from itsm.channels.mail.charset import clean_line, decode_text
from itsm.channels.mail.headers import MailHeaders, message_ids, parse_headers
from itsm.channels.mail.html_text import html_to_text, safe_html
from itsm.channels.mail.message import MailAttachment, ParsedMail
from itsm.channels.mail.mime import MailLimits, MailRefused, Part, extract_uuencoded, header_end, read_parts
from itsm.channels.mail.reply import visible_reply
from itsm.channels.mail.reply_phrases import FORWARD_SUBJECT

__all__ = ["MailLimits", "MailRefused", "ParsedMail", "parse_mail"]

REFERENCES = 200
HTML_ENCODED_FACTOR = 8  # pictures written into the HTML itself are dropped before its length counts
NAME_CHARACTERS = 200
_UNLISTED_TYPES = frozenset(
    {
        "text/x-amp-html",
        "message/delivery-status",
        "message/global-delivery-status",
        "message/feedback-report",
        "message/disposition-notification",
        "text/rfc822-headers",
        "message/global-headers",
    }
)
_MIME_TYPES = MimeTypes()
_BASE_NAME = re.compile(r"[^/\\]*$")
_IDENTITY_HEADERS = ("from", "to", "cc", "date", "subject", "in-reply-to")


@dataclass
class _Body:
    """What the parts of a message are collected into."""

    limits: MailLimits
    texts: list[str] = field(default_factory=list)
    has_plain: bool = False
    htmls: list[str | None] = field(default_factory=list)
    attachments: list[MailAttachment] = field(default_factory=list)
    left_out: list[MailAttachment] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    charset_ok: bool = True
    kept_bytes: int = 0


@dataclass(frozen=True)
class _Piece:
    """One passage of the body: its plain and its HTML form, either may be missing, either may be in several parts."""

    plain: tuple[Part, ...] = ()
    html: tuple[Part, ...] = ()


def parse_mail(raw: bytes, limits: MailLimits | None = None) -> ParsedMail:
    """Read one message.

    Raises MailRefused with reason `empty`, `too_large`, `too_deep` or `too_many_parts`, and nothing else for any bytes.
    Rule: every message gives a parsed result or a named refusal, in bounded time and memory.
    """
    limits = limits or MailLimits()
    data = _checked(raw, limits)
    root = read_parts(data, limits)
    body = _read_body(root, limits)
    return _assembled(data, root, body)


def _checked(raw: bytes, limits: MailLimits) -> bytes:
    if len(raw) > limits.raw_bytes:
        raise MailRefused("too_large", f"The message has {len(raw)} bytes; {limits.raw_bytes} are read.")
    if not raw.strip(b"\0 \t\r\n"):
        raise MailRefused("empty", "The message has no content.")
    if raw[:1] in b"\r\n":
        raw = raw.lstrip(b"\r\n")
    return raw if b"\n" in raw else raw.replace(b"\r", b"\n")


def _assembled(raw: bytes, root: Part, body: _Body) -> ParsedMail:
    headers = root.headers
    sender, sender_reason = _sender(headers)
    subject = headers.first("subject") or ""
    text = _text(body)
    html = _html(body)
    found_id = _ids(headers, "message-id")
    return ParsedMail(
        message_id=found_id[0] if found_id else _missing_message_id(raw, root),
        is_message_id_missing=not found_id,
        in_reply_to=next(iter(_ids(headers, "in-reply-to")), None),
        references=_ids(headers, "references")[-REFERENCES:],
        date=_date(headers.first("date")),
        sender=sender,
        sender_reason=sender_reason,
        reply_to=addresses_of(headers, "reply-to"),
        to=addresses_of(headers, "to"),
        cc=addresses_of(headers, "cc"),
        delivered_to=_delivered_to(headers),
        subject=subject,
        charset_ok=body.charset_ok,
        text=text,
        html=html,
        safe_html=safe_html(html) if html else None,
        reply_text=_reply_text(body, text, html, is_forward=FORWARD_SUBJECT.match(subject) is not None),
        attachments=tuple(body.attachments),
        left_out=tuple(body.left_out),
        auto_reason=automatic_reason(headers),
        suppressed=suppresses_answers(headers),
        is_list=is_list_mail(headers),
        bounce=read_bounce(root, headers, text),
        feedback=read_feedback(root, text),
        calendar_reply=read_calendar_reply(root),
        read_receipt=read_receipt(root),
        authentication_results=headers.values("authentication-results"),
        headers=headers,
        notes=tuple(body.notes),
    )


def _ids(headers: MailHeaders, name: str) -> tuple[str, ...]:
    """Identifiers of a field; a Message-ID or In-Reply-To without brackets is taken when it is one word with an @."""
    found: list[str] = []
    for value in headers.raw(name):
        bracketed = message_ids(value)
        bare = clean_line(value)
        found.extend(bracketed or ([f"<{bare}>"] if _is_bare_id(bare) else []))
    return tuple(dict.fromkeys(found))


def _is_bare_id(value: str) -> bool:
    return 3 <= len(value) <= 900 and "@" in value and not re.search(r"[\s<>]", value)


def _missing_message_id(raw: bytes, root: Part) -> str:
    """Stable for the same mail on another way: from its own headers and body, not from the trace of its delivery."""
    digest = hashlib.sha256()
    for name in _IDENTITY_HEADERS:
        digest.update("\0".join((name, *root.headers.raw(name))).encode("utf-8", "surrogateescape"))
    digest.update(memoryview(raw)[root.start : root.end])
    return f"<{digest.hexdigest()}@missing.invalid>"


def _sender(headers: MailHeaders) -> tuple[MailAddress | None, str | None]:
    mailboxes = addresses_of(headers, "from", "sender")
    if mailboxes:
        return mailboxes[0], None
    given = headers.first("from")
    if given is None:
        return None, "The message has no From."
    return None, f"From holds no valid address: {given[:200]!r}"


def _delivered_to(headers: MailHeaders) -> tuple[str, ...]:
    found = addresses_of(headers, "delivered-to", "x-delivered-to", "x-original-to", "envelope-to", "x-envelope-to")
    return tuple(mailbox.address for mailbox in found)


def _date(value: str | None) -> datetime | None:
    """The Date in UTC; one without a zone is taken as UTC."""
    try:
        found = parsedate_to_datetime((value or "")[:200])
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _read_body(root: Part, limits: MailLimits) -> _Body:
    body = _Body(limits)
    pieces: list[_Piece] = []
    files: list[Part] = []
    _sort(root, pieces, files, is_root=True)
    for piece in pieces:
        _add_piece(body, piece)
    referenced = "\n".join(html for html in body.htmls if html)
    for part in files:
        _attach_part(body, part, referenced)
    return body


def _sort(part: Part, pieces: list[_Piece], files: list[Part], *, is_root: bool = False) -> None:
    """Divide the parts into passages of the body and files, in the order of the message."""
    if part.media_type == "multipart/alternative":
        _sort_alternative(part, pieces, files)
    elif part.children:
        for child in part.children:
            _sort(child, pieces, files)
    elif _is_body_text(part, is_root=is_root):
        pieces.append(_Piece(html=(part,)) if part.media_type == "text/html" else _Piece(plain=(part,)))
    elif part.media_type not in _UNLISTED_TYPES:
        files.append(part)


def _sort_alternative(part: Part, pieces: list[_Piece], files: list[Part]) -> None:
    """Of alternatives the last plain and the last HTML form are taken; pictures and files beside them are kept."""
    plain: tuple[Part, ...] = ()
    html: tuple[Part, ...] = ()
    for child in part.children:
        inner: list[_Piece] = []
        _sort(child, inner, files)
        child_html = tuple(found for piece in inner for found in piece.html)
        child_plain = tuple(found for piece in inner for found in piece.plain)
        html = child_html or html
        plain = plain if child_html and plain else child_plain or plain
    pieces.append(_Piece(plain, html))


def _is_body_text(part: Part, *, is_root: bool) -> bool:
    if part.media_type not in ("text/plain", "text/html") or part.disposition == "attachment":
        return False
    return is_root or not part.file_name


def _add_piece(body: _Body, piece: _Piece) -> None:
    plain = "\n\n".join(_part_text(body, part) for part in piece.plain)
    html = "\n".join(_part_text(body, part) for part in piece.html)
    body.has_plain = body.has_plain or bool(plain.strip())
    body.texts.append(plain if plain.strip() or not html else html_to_text(html))
    body.htmls.append(html if html.strip() else None)


def _part_text(body: _Body, part: Part) -> str:
    limit = body.limits.text_bytes * (HTML_ENCODED_FACTOR if part.media_type == "text/html" else 1)
    if part.end - part.start > limit:
        body.notes.append(f"A text of {part.end - part.start} bytes was cut at {limit}.")
    data = part.content(limit)
    if part.media_type == "text/plain":
        data, files = extract_uuencoded(data)
        for name, content in files:
            _keep(body, name=decode_text(name.encode("utf-8", "surrogateescape"), None).text, content=content)
    declared = part.type_parameters.get("charset") or _charset_in_html(part, data)
    decoded = decode_text(data, declared)
    if not decoded.matches:
        body.charset_ok = False
        body.notes.append(f"Charset {declared or 'not declared'} was read as {decoded.charset}."[:200])
    return decoded.text


def _charset_in_html(part: Part, data: bytes) -> str | None:
    if part.media_type != "text/html":
        return None
    found = re.search(rb"<meta[^>]{0,200}charset=[\"']?([\w-]{2,40})", data[:4096], re.IGNORECASE)
    return found[1].decode("ascii", "replace") if found else None


def _text(body: _Body) -> str:
    return "\n\n".join(text.strip("\n").rstrip() for text in body.texts if text.strip())


def _html(body: _Body) -> str | None:
    """The HTML of all passages; a plain passage beside HTML ones is put in escaped."""
    if not any(body.htmls):
        return None
    pairs = zip(body.htmls, body.texts, strict=True)
    return "\n".join(html or f"<pre>{escape(text)}</pre>" for html, text in pairs if html or text.strip())


def _reply_text(body: _Body, text: str, html: str | None, *, is_forward: bool) -> str:
    return visible_reply(text if body.has_plain else "", html, is_forward=is_forward)


def _attach_part(body: _Body, part: Part, referenced: str) -> None:
    content = part.content()
    content_id = (next(iter(part.headers.values("content-id")), "") or "").strip().strip("<>") or None
    is_shown = content_id is not None and f"cid:{content_id}" in referenced
    is_inline_image = part.disposition == "inline" and part.media_type.startswith("image/")
    name = _shown_name(part) or (_enclosed_name(content) if part.media_type == "message/rfc822" else "")
    if not name and not content:
        return
    _keep(
        body,
        name=name,
        content=content,
        media_type=part.media_type,
        inline=is_shown or is_inline_image,
        content_id=content_id,
    )


def _shown_name(part: Part) -> str:
    return _safe_name(part.file_name)


def _safe_name(name: str) -> str:
    """The last component of a name, on one line; files are stored under our own name, this one is only shown."""
    found = _BASE_NAME.search(clean_line(name))
    return (found[0] if found else "").strip(". ")[-NAME_CHARACTERS:]


def _enclosed_name(content: bytes) -> str:
    data = content.lstrip(b"\r\n")
    subject = parse_headers(data[: header_end(data, 0, len(data))[0]]).first("subject") or ""
    return f"{_safe_name(subject.replace('/', '-'))[:100] or 'message'}.eml"


def _keep(
    body: _Body,
    *,
    name: str,
    content: bytes,
    media_type: str = "application/octet-stream",
    inline: bool = False,
    content_id: str | None = None,
) -> None:
    """Keep an attachment, or only its description once the limit of the mail is reached. Rule: R29."""
    number = len(body.attachments) + len(body.left_out) + 1
    shown = _safe_name(name) or f"attachment-{number}{_MIME_TYPES.guess_extension(media_type) or ''}"
    is_kept = body.kept_bytes + len(content) <= body.limits.attachments_bytes
    attachment = MailAttachment(
        name=shown,
        media_type=media_type,
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        inline=inline,
        content_id=clean_line(content_id) if content_id else None,
        content=content if is_kept else b"",
    )
    if is_kept:
        body.kept_bytes += len(content)
        body.attachments.append(attachment)
    else:
        body.left_out.append(attachment)
        body.notes.append(f"Attachment {shown} of {len(content)} bytes was left out.")
