"""Reading messages: every message gives a result or a named refusal, and the values are right."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from itsm.channels.mail.addresses import MailAddress
from itsm.channels.mail.json_lines import as_json, parse_lines
from itsm.channels.mail.parse import MailLimits, MailRefused, parse_mail
from tests.channels.mail.raw import PDF, RICH, TALON, mail, needs_samples


class TestFields:
    parsed = parse_mail(RICH)

    def test_identity_and_references(self) -> None:
        assert self.parsed.message_id == "<one@example.com>"
        assert self.parsed.in_reply_to == "<first@example.org>"
        assert self.parsed.references == ("<zero@example.org>", "<first@example.org>")

    def test_people_and_date(self) -> None:
        assert self.parsed.sender == MailAddress("Anna Berg", "anna@example.com")
        assert self.parsed.to == (MailAddress("Desk", "desk@example.org"), MailAddress("Björn", "bjorn@example.org"))
        assert self.parsed.cc == (MailAddress("", "c@example.org"),)
        assert self.parsed.reply_to == (MailAddress("", "other@example.com"),)
        assert self.parsed.delivered_to == ("desk@example.org",)
        assert self.parsed.date == datetime(2012, 4, 2, 13, 57, 58, tzinfo=UTC)

    def test_text_html_and_subject(self) -> None:
        assert self.parsed.subject == "Skärmen är trasig"
        assert self.parsed.text == "Hej på dig"
        assert self.parsed.html == '<p>Hej på <b>dig</b></p><img src="cid:logo@x">'
        assert self.parsed.charset_ok
        assert self.parsed.notes == ()

    def test_attachments(self) -> None:
        logo, bill = self.parsed.attachments
        assert (logo.name, logo.media_type, logo.inline, logo.content_id) == ("logo.png", "image/png", True, "logo@x")
        assert (bill.name, bill.size_bytes, bill.inline) == ("räkning.pdf", len(PDF), False)
        assert bill.content == PDF
        assert bill.sha256 == hashlib.sha256(PDF).hexdigest()

    def test_json_has_exactly_the_agreed_shape(self) -> None:
        shape = as_json(self.parsed)
        assert list(shape) == [
            "message_id", "in_reply_to", "references", "date", "from", "to", "cc", "reply_to", "subject", "charset_ok",
            "text", "reply_text", "html", "auto_submitted", "auto_reason", "bounce", "attachments",
        ]  # fmt: skip
        assert shape["from"] == {"name": "Anna Berg", "address": "anna@example.com"}
        assert shape["date"] == "2012-04-02T13:57:58+00:00"
        assert list(shape["attachments"][0]) == ["name", "media_type", "size_bytes", "sha256", "inline"]
        assert json.loads(json.dumps(shape)) == shape


def test_parse_lines_gives_one_result_a_message_and_refusals_by_name() -> None:
    results = list(parse_lines([("a.eml", mail()), (None, b""), ("c.eml", mail("Subject: c"))]))
    assert [result["file"] for result in results] == ["a.eml", None, "c.eml"]
    assert results[1] == {"file": None, "error": "empty: The message has no content."}
    assert results[2]["subject"] == "c"


class TestRefusals:
    @pytest.mark.parametrize("raw", [b"", b"\r\n\r\n", b"\0\0 \n"])
    def test_empty(self, raw: bytes) -> None:
        with pytest.raises(MailRefused) as refusal:
            parse_mail(raw)
        assert refusal.value.reason == "empty"

    def test_too_large(self) -> None:
        with pytest.raises(MailRefused) as refusal:
            parse_mail(mail(body="x" * 2000), MailLimits(raw_bytes=1000))
        assert refusal.value.reason == "too_large"

    def test_nested_multipart_bomb(self) -> None:
        layers = (f"Content-Type: multipart/mixed; boundary=b{number}\n\n--b{number}\n" for number in range(500))
        with pytest.raises(MailRefused) as refusal:
            parse_mail("".join(layers).encode())
        assert refusal.value.reason == "too_deep"

    def test_too_many_parts(self) -> None:
        with pytest.raises(MailRefused) as refusal:
            parse_mail(b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 50_000)
        assert refusal.value.reason == "too_many_parts"


@needs_samples
@pytest.mark.samples
@pytest.mark.parametrize("path", TALON, ids=lambda path: path.stem)
def test_samples_are_read(path: Path) -> None:
    parsed = parse_mail(path.read_bytes())
    assert parsed.sender is not None
    assert parsed.charset_ok
    assert parsed.reply_text.startswith("Hello")
    assert not parsed.auto_submitted
    assert parsed.attachments == ()
