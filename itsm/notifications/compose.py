"""From an outbox row to the bytes of a mail. Rules: R9, R11, R32."""

import re
from collections.abc import Mapping
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from itsm.kernel import files
from itsm.kernel.outbox import OutboxMessage
from itsm.kernel.runtime import settings
from itsm.kernel.text import _
from itsm.notifications.threads import issue_message_id

AUTOMATIC = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
ID_HEADERS = ("Message-ID", "In-Reply-To", "References")
_BREAKS = re.compile("[\u0000-\u001f\u007f-\u009f\u2028\u2029]+")
_DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]*/[a-z0-9][a-z0-9.+-]*")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]+>")

_environment = ImmutableSandboxedEnvironment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    undefined=StrictUndefined,
    autoescape=False,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.globals["_"] = _


def render_text(name: str, values: Mapping[str, Any]) -> str:
    """A text of `templates/mail/<name>.txt` in the language of the moment."""
    return _environment.get_template(f"mail/{name}.txt").render(values).strip() + "\n"


def safe_header(value: str) -> str:
    """A header value without line breaks, control characters and direction overrides. Rule: R32."""
    return _DIRECTION.sub("", _BREAKS.sub(" ", value)).strip()


def sender_header(name: str, address: str) -> str:
    """A From value out of a display name and an address."""
    return str(Address(safe_header(name).replace("\\", " ").replace('"', "'"), addr_spec=address))


def envelope_sender(payload: Mapping[str, Any]) -> str:
    """MAIL FROM of a mail: the bounce address, else null for what a rule sends and our own address for an answer.

    Rule: R11 (RFC 3834 3.3).
    """
    configured = settings()
    if configured.mail_bounce_address:
        return configured.mail_bounce_address
    return configured.mail_from if payload.get("by_person") else ""


def message_id_of(row: OutboxMessage) -> str:
    """The Message-ID of a row, the same at every attempt, so that a repeat can be recognised."""
    given = str(row.payload.get("headers", {}).get("Message-ID", ""))
    return given or issue_message_id("outbox", str(row.id), "m")


def build(row: OutboxMessage) -> bytes:
    """The mail as it goes over the wire.

    Raises ValueError when a header cannot be written (an address with foreign characters, for instance).
    """
    payload = row.payload
    message = EmailMessage(policy=SMTP)
    message["From"] = _address(
        payload.get("sender") or sender_header(settings().organisation_name, settings().mail_from)
    )
    message["To"] = _address(row.recipient)
    message["Subject"] = safe_header(payload["subject"])[:500]
    message["Date"] = format_datetime(row.created_at)
    for name, value in _headers(payload).items():
        message[name] = safe_header(value)
    message.set_content(payload["text"], cte=_encoding(payload["text"]))
    if payload.get("html"):
        message.add_alternative(payload["html"], subtype="html", cte="quoted-printable")
    for attachment in payload.get("attachments", ()):
        _attach(message, attachment)
    return _id_lines(row) + message.as_bytes()


def _headers(payload: Mapping[str, Any]) -> dict[str, str]:
    """Further headers; what a rule sends is marked as automatic, a person's answer is not. Rule: R9."""
    given = {name: value for name, value in payload.get("headers", {}).items() if name not in ID_HEADERS}
    return given if payload.get("by_person") else AUTOMATIC | given


def _address(value: str) -> Address:
    plain = safe_header(value)
    name, bracket, rest = plain.rpartition("<")
    written = rest.removesuffix(">").strip() if bracket else plain
    try:
        address = Address(addr_spec=written)
    except (MessageError, IndexError) as error:
        raise ValueError(f"{written!r} is no mail address") from error
    return Address(name.strip().strip('"'), address.username, address.domain)


def _id_lines(row: OutboxMessage) -> bytes:
    """The headers that hold Message-IDs, one identifier a line: the library would encode long ones."""
    headers = {**row.payload.get("headers", {}), "Message-ID": message_id_of(row)}
    lines = []
    for name in ID_HEADERS:
        identifiers = _MESSAGE_ID.findall(str(headers.get(name, "")))
        if identifiers:
            lines.append(f"{name}: " + "\r\n ".join(identifiers) + "\r\n")
    return "".join(lines).encode("ascii")


def _encoding(text: str) -> str:
    foreign = sum(not letter.isascii() for letter in text)
    return "base64" if foreign * 4 > len(text) else "quoted-printable"


def _attach(message: EmailMessage, attachment: Mapping[str, str]) -> None:
    media_type = attachment.get("media_type", "").lower()
    if not _MEDIA_TYPE.fullmatch(media_type) or media_type.startswith(("message/", "multipart/")):
        media_type = "application/octet-stream"
    kind, _slash, subtype = media_type.partition("/")
    name = safe_header(attachment["name"])
    message.add_attachment(files.read(attachment["sha256"]), maintype=kind, subtype=subtype, filename=name)
