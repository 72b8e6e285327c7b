"""Parsed mails as the plain values that `itsm mail parse` prints."""

from collections.abc import Iterable, Iterator
from typing import Any

from itsm.channels.mail.addresses import MailAddress
from itsm.channels.mail.message import MailAttachment, ParsedMail
from itsm.channels.mail.parse import MailLimits, MailRefused, parse_mail


def as_json(parsed: ParsedMail) -> dict[str, Any]:
    """One mail as JSON values; `html` is the sanitised form, attachments left out for their size are listed too."""
    return {
        "message_id": parsed.message_id,
        "in_reply_to": parsed.in_reply_to,
        "references": list(parsed.references),
        "date": parsed.date.isoformat() if parsed.date else None,
        "from": _mailbox(parsed.sender) if parsed.sender else None,
        "to": [_mailbox(mailbox) for mailbox in parsed.to],
        "cc": [_mailbox(mailbox) for mailbox in parsed.cc],
        "reply_to": _mailbox(parsed.reply_to[0]) if parsed.reply_to else None,
        "subject": parsed.subject,
        "charset_ok": parsed.charset_ok,
        "text": parsed.text,
        "reply_text": parsed.reply_text,
        "html": parsed.safe_html,
        "auto_submitted": parsed.auto_submitted,
        "auto_reason": parsed.auto_reason,
        "bounce": parsed.bounce is not None,
        "attachments": [_attachment(attachment) for attachment in (*parsed.attachments, *parsed.left_out)],
    }


def parse_lines(
    files: Iterable[tuple[str | None, bytes]], limits: MailLimits | None = None
) -> Iterator[dict[str, Any]]:
    """One result for each raw message, in order: its values with `file`, or `file` and `error` for a refusal."""
    for name, raw in files:
        try:
            yield {"file": name, **as_json(parse_mail(raw, limits))}
        except MailRefused as refusal:
            yield {"file": name, "error": str(refusal)}


def _mailbox(mailbox: MailAddress) -> dict[str, str]:
    return {"name": mailbox.name, "address": mailbox.address}


def _attachment(attachment: MailAttachment) -> dict[str, Any]:
    return {
        "name": attachment.name,
        "media_type": attachment.media_type,
        "size_bytes": attachment.size_bytes,
        "sha256": attachment.sha256,
        "inline": attachment.inline,
    }
