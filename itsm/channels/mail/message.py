"""The values that reading a mail gives."""

from dataclasses import dataclass
from datetime import datetime

from itsm.channels.mail.addresses import MailAddress
from itsm.channels.mail.headers import MailHeaders

TITLE_CHARACTERS = 255
NO_TEXT = "(This message has no text.)"
NO_SUBJECT = "(no subject)"


@dataclass(frozen=True)
class MailAttachment:
    """A file of a mail; `content` is empty when it was left out, size and hash are still those of the file."""

    name: str
    media_type: str
    size_bytes: int
    sha256: str
    inline: bool
    content_id: str | None
    content: bytes


@dataclass(frozen=True)
class BounceRecipient:
    """One recipient of a delivery report: `action` as in RFC 3464, `status` such as `5.1.1` (may be empty)."""

    address: str
    action: str
    status: str
    diagnostic: str

    @property
    def is_permanent_failure(self) -> bool:
        """Whether the address is to be marked and automatic mail to it held. Rule: R18, R19."""
        return self.action == "failed" and self.status.startswith("5")


@dataclass(frozen=True)
class BounceReport:
    """A delivery report. `kind` is the worst action: failed, delayed, delivered, relayed, expanded or unknown."""

    kind: str
    recipients: tuple[BounceRecipient, ...]
    original_message_id: str | None

    @property
    def is_failure(self) -> bool:
        """False for notices of delay and of success. Rule: R19."""
        return self.kind == "failed"


@dataclass(frozen=True)
class FeedbackReport:
    """A complaint about one of our mails. Rule: R35 (RFC 5965)."""

    feedback_type: str
    recipients: tuple[str, ...]
    original_message_id: str | None


@dataclass(frozen=True)
class CalendarReply:
    """An answer to an invitation; `status` is the first PARTSTAT, such as `ACCEPTED`. Rule: R36."""

    uid: str | None
    status: str | None


@dataclass(frozen=True)
class ReadReceipt:
    """A disposition notification, such as `displayed`. Rule: R36 (RFC 8098)."""

    disposition: str
    original_message_id: str | None


@dataclass(frozen=True)
class ParsedMail:
    """One message as read.

    `sender` is None with a `sender_reason`. `html` is as received and must not be shown; `safe_html` may. `left_out`
    are attachments beyond the limit of one mail. `auto_reason` says why no answer may go out; `suppressed` that the
    sender asked for none although a person writes. `notes` trace what had to be guessed or cut.
    """

    message_id: str
    is_message_id_missing: bool
    in_reply_to: str | None
    references: tuple[str, ...]
    date: datetime | None
    sender: MailAddress | None
    sender_reason: str | None
    reply_to: tuple[MailAddress, ...]
    to: tuple[MailAddress, ...]
    cc: tuple[MailAddress, ...]
    delivered_to: tuple[str, ...]
    subject: str
    charset_ok: bool
    text: str
    html: str | None
    safe_html: str | None
    reply_text: str
    attachments: tuple[MailAttachment, ...]
    left_out: tuple[MailAttachment, ...]
    auto_reason: str | None
    suppressed: bool
    is_list: bool
    bounce: BounceReport | None
    feedback: FeedbackReport | None
    calendar_reply: CalendarReply | None
    read_receipt: ReadReceipt | None
    authentication_results: tuple[str, ...]
    headers: MailHeaders
    notes: tuple[str, ...]

    @property
    def auto_submitted(self) -> bool:
        """Whether a machine sent it, as far as its headers say."""
        return self.auto_reason is not None

    @property
    def title(self) -> str:
        """The subject, or the first line of the text when there is none, at most 255 characters."""
        first_line = next((line.strip() for line in self.reply_text.splitlines() if line.strip()), "")
        return (self.subject or first_line or NO_SUBJECT)[:TITLE_CHARACTERS]

    @property
    def text_or_placeholder(self) -> str:
        """The text, never empty."""
        return self.text if self.text.strip() else NO_TEXT
