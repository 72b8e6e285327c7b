"""Reading messages: sender, subject, identity and date."""

from datetime import UTC, datetime

import pytest

from itsm.channels.mail.addresses import MailAddress, parse_addresses
from itsm.channels.mail.headers import decode_words
from itsm.channels.mail.json_lines import as_json
from itsm.channels.mail.message import NO_SUBJECT
from itsm.channels.mail.parse import parse_mail
from tests.channels.mail.raw import mail


class TestSender:
    @pytest.mark.parametrize(
        ("value", "name", "address"),
        [
            ("Smith, John <john@example.com>", "Smith, John", "john@example.com"),
            ('"Smith, John" <john@example.com>', "Smith, John", "john@example.com"),
            ("=?utf-8?Q?Smith,_J=C3=B6n?= <j@example.com>", "Smith, Jön", "j@example.com"),
            ("=?utf-8?q?Anna B?= <a@example.com>", "Anna B", "a@example.com"),
            ('"=?utf-8?B?w7bDpA==?=" <a@example.com>', "öä", "a@example.com"),
            ("a@example.com (Anna)", "Anna", "a@example.com"),
            ("<a@example.com", "", "a@example.com"),
            ("'a@example.com' <a@example.com>", "a@example.com", "a@example.com"),
            ("root@server01", "", "root@server01"),
        ],
    )
    def test_address_is_found(self, value: str, name: str, address: str) -> None:
        assert parse_mail(mail(sender=value)).sender == MailAddress(name, address)

    @pytest.mark.parametrize(
        "value", ["", "Anna", "<>", "anna at example.com", "@", "a@b..c", "undisclosed-recipients:;"]
    )
    def test_rubbish_is_marked_invalid(self, value: str) -> None:
        parsed = parse_mail(mail(sender=value))
        assert parsed.sender is None
        assert parsed.sender_reason is not None
        assert as_json(parsed)["from"] is None

    def test_of_several_the_first_valid(self) -> None:
        parsed = parse_mail(b"From: Nobody\nFrom: A <a@example.com>\nFrom: b@example.com\n\nx")
        assert parsed.sender == MailAddress("A", "a@example.com")

    def test_raw_eight_bit_name(self) -> None:
        for charset in ("utf-8", "latin-1"):
            assert parse_mail("From: Björn <b@example.com>\n\nx".encode(charset)).sender == MailAddress(
                "Björn", "b@example.com"
            )

    def test_missing_from_takes_sender(self) -> None:
        assert parse_mail(b"Sender: a@example.com\n\nx").sender == MailAddress("", "a@example.com")

    def test_recipients_with_semicolons_groups_and_names_with_commas(self) -> None:
        found = parse_addresses("Team: a@example.com; Berg, Anna <b@example.com>, rubbish, c@example.com;")
        assert [mailbox.address for mailbox in found] == ["a@example.com", "b@example.com", "c@example.com"]

    @pytest.mark.parametrize("header", ["", "To: \r\n", "To: undisclosed-recipients:;\r\n", "To: rubbish\r\n"])
    def test_no_valid_recipient_is_accepted(self, header: str) -> None:
        parsed = parse_mail(f"From: a@example.com\r\n{header}\r\nHello".encode())
        assert parsed.to == ()
        assert parsed.text == "Hello"


class TestSubject:
    @pytest.mark.parametrize(
        "value",
        [
            "=?utf-8?q?a=0d=0aBcc:_x@example.com?=",
            "=?utf-8?B?YQ0KQmNjOiB4QGV4YW1wbGUuY29t?=",
            "a\r\n\tBcc: x@example.com",
            "a=?utf-8?q?=00=E2=80=AE_?= Bcc: x@example.com",
        ],
    )
    def test_no_line_breaks_nul_or_bidi_overrides(self, value: str) -> None:
        subject = parse_mail(mail(f"Subject: {value}")).subject
        assert "Bcc: x@example.com" in subject
        assert not set(subject) & set("\r\n\0\u202e\u2066")

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ("=?utf-8?B?w7Y=?= =?utf-8?B?w6Q=?=", "öä"),
            ("=?utf-8?Q?=C3?= =?utf-8?Q?=B6l?=", "öl"),
            ("=?utf-8?Q?What??= next", "What? next"),
            ("=?koi8-r?B?8NLJ18XU?=", "Привет"),
            ("=?gb2312?B?suLK1A==?=", "测试"),
            ("=?iso-2022-jp?B?GyRCJUYlOSVIGyhC?=", "テスト"),
            ("=?utf-8*en?Q?a?=", "a"),
            ("=?utf-8?q?cut", "=?utf-8?q?cut"),
            ("Caf\udce9 raw", "Café raw"),
        ],
    )
    def test_encoded_words(self, value: str, expected: str) -> None:
        assert decode_words(value) == expected

    def test_title_comes_from_the_text_and_is_bounded(self) -> None:
        assert parse_mail(mail(body="\nThe printer burns\nreally")).title == "The printer burns"
        assert parse_mail(mail(body="")).title == NO_SUBJECT
        parsed = parse_mail(mail("Subject: " + "x" * 3000))
        assert len(parsed.title) == 255
        assert len(parsed.subject) == 3000


class TestMessageId:
    def test_missing_is_stable_over_another_route(self) -> None:
        first = parse_mail(b"Received: by a\nFrom: a@example.com\nSubject: s\n\nx").message_id
        second = parse_mail(b"Received: by b\nReceived: by c\nFrom: a@example.com\nSubject: s\n\nx").message_id
        other = parse_mail(b"From: a@example.com\nSubject: s\n\ny").message_id
        assert first == second != other
        assert first.endswith("@missing.invalid>")

    def test_of_two_the_first(self) -> None:
        assert parse_mail(b"Message-ID: <a@x>\nMessage-ID: <b@x>\n\nx").message_id == "<a@x>"
        assert parse_mail(b"Message-ID: <a@x> <b@x>\n\nx").message_id == "<a@x>"

    def test_without_brackets_and_folded(self) -> None:
        assert parse_mail(b"Message-ID: a@x\n\nx").message_id == "<a@x>"
        assert parse_mail(b"Message-ID: <abc\n def@x>\n\nx").message_id == "<abcdef@x>"


class TestDate:
    @pytest.mark.parametrize("value", ["", "yesterday", "Mon, 99 Foo 20123 99:99:99", "Mon, 1 Jan 0000 00:00:00 +9999"])
    def test_rubbish_is_none(self, value: str) -> None:
        assert parse_mail(mail(f"Date: {value}")).date is None

    def test_no_zone_is_utc(self) -> None:
        parsed = parse_mail(mail("Date: Mon, 2 Apr 2012 10:00:00 -0000"))
        assert parsed.date == datetime(2012, 4, 2, 10, tzinfo=UTC)
