"""The bytes of a mail: headers that cannot be forged, identifiers that stay whole, texts in every script."""

import pytest
from flask import Flask
from jinja2.exceptions import SecurityError, UndefinedError

from itsm.kernel import files
from itsm.kernel.db import session
from itsm.kernel.outbox import OutboxMessage, queue_mail
from itsm.notifications import compose
from tests.channels.mail.letters import sent_form

LONG_ID = f"<incident.INC0000001.answered-{'9' * 60}.{'a' * 32}@desk.example.org>"


def row(**facts: object) -> OutboxMessage:
    values = {"to": "ana@example.org", "subject": "Hello", "text": "Text", "event_key": "k"} | facts
    queue_mail(**values)  # type: ignore[arg-type]  # the facts of one test
    return session.query(OutboxMessage).filter_by(event_key=values["event_key"]).one()


@pytest.mark.parametrize("bad", ["a\r\nBcc: x@example.org", "a\nBcc: x@example.org", "a\u2028Bcc: x@example.org"])
def test_no_line_break_enters_a_header(app: Flask, bad: str) -> None:
    mail = sent_form(row(subject=bad, headers={"X-Note": bad}, sender=compose.sender_header(bad, "desk@desk.test")))
    assert mail["Bcc"] is None
    assert all("\n" not in str(value) for value in mail.values())
    assert mail["From"].addresses[0].addr_spec == "desk@desk.test"


def test_controls_become_blanks() -> None:
    assert compose.safe_header(" a\x00\x85b\tc ") == "a b c"


def test_direction_overrides_are_taken_out_and_persian_stays(app: Flask) -> None:
    mail = sent_form(row(subject="\u202e[INC0000001] می\u200cشود"))
    assert mail["Subject"] == "[INC0000001] می\u200cشود"


def test_identifiers_are_never_folded_or_encoded(app: Flask) -> None:
    raw = compose.build(row(headers={"Message-ID": LONG_ID, "In-Reply-To": LONG_ID, "References": f"{LONG_ID} <b@c>"}))
    assert f"Message-ID: {LONG_ID}\r\n".encode() in raw
    assert f"In-Reply-To: {LONG_ID}\r\n".encode() in raw
    assert f"References: {LONG_ID}\r\n <b@c>\r\n".encode() in raw
    assert max(len(line) for line in raw.split(b"\r\n")) < 998


def test_an_identifier_cannot_carry_a_header(app: Flask) -> None:
    raw = compose.build(row(headers={"In-Reply-To": "<a@b>\r\nBcc: x@example.org"}))
    assert b"Bcc" not in raw


def test_a_plain_row_has_a_stable_message_id_of_ours(app: Flask) -> None:
    one = row()
    first, second = sent_form(one)["Message-ID"], sent_form(one)["Message-ID"]
    assert first == second == compose.message_id_of(one)
    assert first.startswith(f"<outbox.{one.id}.m.")


@pytest.mark.parametrize("text", ["Hello å ñ ά", "سلام، حال شما چطور است؟", "x" * 5000, "a\n.\nb\n..c", ""])
def test_texts_come_back_as_written(app: Flask, text: str) -> None:
    assert sent_form(row(text=text)).get_content().replace("\r\n", "\n").rstrip("\n") == text


def test_html_and_files_go_along(app: Flask) -> None:
    sha256 = files.store(b"%PDF-1.7")
    attachments = [
        {"name": "brev å\r\n.pdf", "sha256": sha256, "media_type": "application/pdf"},
        {"name": "x.eml", "sha256": sha256, "media_type": "message/rfc822"},
    ]
    mail = sent_form(row(html="<p>Hi</p>", attachments=attachments))
    names = [(part.get_filename(), part.get_content_type(), part.get_content()) for part in mail.iter_attachments()]
    assert names == [
        ("brev å .pdf", "application/pdf", b"%PDF-1.7"),
        ("x.eml", "application/octet-stream", b"%PDF-1.7"),
    ]


@pytest.mark.parametrize("address", ["", "no address", "ä@example.org", "a@b@c", "a b@example.org"])
def test_addresses_that_cannot_be_written(app: Flask, address: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        compose.build(row(to=address))


def test_templates_are_confined(app: Flask) -> None:
    environment = compose._environment
    with pytest.raises(SecurityError):
        environment.from_string("{{ ''.__class__.__mro__ }}").render()
    with pytest.raises(UndefinedError):
        compose.render_text("opened", {})
