"""Reading messages: every message gives a result or a named refusal, and the values are right."""

import base64
import hashlib
import json
import time
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from itsm.channels.mail.addresses import MailAddress, parse_addresses
from itsm.channels.mail.charset import decode_text
from itsm.channels.mail.headers import decode_words, parameters
from itsm.channels.mail.html_text import html_to_text, safe_html
from itsm.channels.mail.json_lines import as_json, parse_lines
from itsm.channels.mail.message import NO_SUBJECT, NO_TEXT
from itsm.channels.mail.parse import MailLimits, MailRefused, ParsedMail, parse_mail

SAMPLES = Path(__file__).resolve().parents[3] / ".." / "shared" / "samples" / "mail"
TALON = sorted((SAMPLES / "talon").glob("*.eml"))
needs_samples = pytest.mark.skipif(not TALON, reason="the shared samples do not lie beside the checkout")
TOKENS = [b"filename*0*=", b"filename*=utf-8''", b"%C3%A4", b";", b'"', b"=?utf-8?q?", b"=?iso-2022-jp?b?", b"?="]
TOKENS += [
    b"<",
    b">",
    b"@",
    b"charset=utf-7",
    b"charset=hz",
    b"charset=idna",
    b"\xe4",
    b"\xed\xa0\x80",
    b"\x1b$B",
    b"\0",
]
TOKENS += [b"31 Dec 9999 23:59:59 -2359"]
PDF = b"%PDF-1.4 not really"


def mail(*headers: str, body: str | bytes = "Hello\n", sender: str = "Anna Berg <anna@example.com>") -> bytes:
    lines = [f"From: {sender}", "Message-ID: <one@example.com>", *headers]
    content = body.encode() if isinstance(body, str) else body
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def multipart(*parts: str, kind: str = "mixed", headers: tuple[str, ...] = ()) -> bytes:
    body = "".join(f"--BOUND\r\n{part}\r\n" for part in parts) + "--BOUND--\r\n"
    return mail("MIME-Version: 1.0", f'Content-Type: multipart/{kind}; boundary="BOUND"', *headers, body=body)


def attached(content: bytes, *headers: str) -> str:
    encoded = base64.encodebytes(content).decode()
    return "\r\n".join((*headers, "Content-Transfer-Encoding: base64", "", encoded))


def text_part(text: str, subtype: str = "plain") -> str:
    return f"Content-Type: text/{subtype}; charset=utf-8\r\n\r\n{text}"


RICH = multipart(
    "Content-Type: multipart/alternative; boundary=IN\r\n\r\n--IN\r\n"
    + text_part("Hej på dig")
    + "\r\n--IN\r\n"
    + text_part('<p>Hej på <b>dig</b></p><img src="cid:logo@x">', "html")
    + "\r\n--IN--",
    attached(
        b"\x89PNG", "Content-Type: image/png; name=logo.png", "Content-ID: <logo@x>", "Content-Disposition: inline"
    ),
    attached(
        PDF, "Content-Type: application/pdf", 'Content-Disposition: attachment; filename="=?utf-8?Q?r=C3=A4kning.pdf?="'
    ),
    headers=(
        "To: Desk <desk@example.org>, =?utf-8?Q?Bj=C3=B6rn?= <bjorn@example.org>",
        "Cc: c@example.org",
        "Reply-To: other@example.com",
        "Delivered-To: desk@example.org",
        "Date: Mon, 02 Apr 2012 09:57:58 -0400 (EDT)",
        "Subject: =?iso-8859-1?Q?Sk=E4rmen_=E4r?= =?utf-8?B?IHRyYXNpZw==?=",
        "In-Reply-To: <first@example.org>",
        "References: <zero@example.org>\r\n <first@example.org>",
    ),
)


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


class TestCharsets:
    @pytest.mark.parametrize(
        ("text", "sent_as", "declared"),
        [
            ("Grüße aus München", "cp1252", None),
            ("It’s “broken” – €5", "cp1252", "iso-8859-1"),
            ("x€", "cp1252", "windows-1252"),
            ("Skärmen är trasig", "latin-1", "utf-8"),
            ("Skärmen är trasig", "utf-8", "us-ascii"),
            ("Skärmen är trasig", "utf-8", "iso-8859-1"),
            ("Skärmen är trasig", "utf-8-sig", None),
            ("Skärmen är trasig", "latin-1", "x-unknown"),
            ("Привет, принтер не работает", "koi8-r", "koi8-r"),
            ("Привет, принтер не работает", "koi8-r", None),
            ("Привет, принтер не работает", "cp1251", "windows-1251"),
            ("Привет, принтер не работает", "cp1251", None),
            ("Καλημέρα ο εκτυπωτής", "cp1253", None),
            ("打印机不工作，请帮忙", "gb18030", "gb2312"),
            ("打印机不工作，请帮忙", "gb18030", None),
            ("印表機壞了請幫忙", "big5", "big5"),
            ("プリンターが動きません。", "iso2022_jp", "iso-2022-jp"),
            ("①髙橋のプリンター", "cp932", "iso-2022-jp"),
            ("プリンターが動きません。", "cp932", "shift_jis"),
            ("プリンターが動きません。", "cp932", None),
            ("プリンターが動きません。", "euc-jp", None),
            ("한글 테스트입니다", "cp949", "ks_c_5601-1987"),
            ("چاپگر کار نمی‌کند", "utf-8", None),
            ("abc åäö", "utf-16", "utf-16"),
        ],
    )
    def test_no_mojibake_where_the_bytes_are_good(self, text: str, sent_as: str, declared: str | None) -> None:
        header = f"Content-Type: text/plain; charset={declared}" if declared else "Content-Type: text/plain"
        raw = mail(header, "Content-Transfer-Encoding: base64", body=base64.encodebytes(text.encode(sent_as)))
        assert parse_mail(raw).text == text

    def test_vendor_characters_in_seven_bit_japanese(self) -> None:
        assert decode_text(b"\x1b$B-!\x1b(B x", "iso-2022-jp").text == "① x"

    def test_wrong_or_unknown_charset_leaves_a_note(self) -> None:
        for declared in ("utf-8", "x-unknown"):
            raw = mail(f"Content-Type: text/plain; charset={declared}", body="Skärm".encode("latin-1"))
            parsed = parse_mail(raw)
            assert (parsed.text, parsed.charset_ok) == ("Skärm", False)
            assert "cp1252" in parsed.notes[0]

    def test_control_bytes_never_come_out(self) -> None:
        parsed = parse_mail(
            mail("Content-Type: text/plain; charset=utf-8", body=b"a\0b\x07c\xed\xa0\x80\x1b[31m\td\r\ne")
        )
        assert not set(parsed.text) & {chr(code) for code in (*range(9), *range(11, 32), 127)}
        assert parsed.text.startswith("abc")
        assert "\td\ne" in parsed.text

    @given(
        st.binary(max_size=200),
        st.sampled_from([None, "utf-8", "iso-2022-jp", "utf-7", "gb18030", "utf-16", "nonsense", "\0", "ö"]),
    )
    @settings(max_examples=150, deadline=None)
    def test_any_bytes_give_text_that_can_be_stored(self, data: bytes, declared: str | None) -> None:
        text = decode_text(data, declared).text
        assert "\0" not in text
        text.encode("utf-8")


class TestBodies:
    def test_no_body(self) -> None:
        parsed = parse_mail(b"From: a@example.com\nSubject: s\n")
        assert (parsed.text, parsed.html, parsed.text_or_placeholder) == ("", None, NO_TEXT)

    def test_whole_mail_is_one_file(self) -> None:
        raw = mail(
            "Content-Type: application/pdf; name=a.pdf",
            "Content-Transfer-Encoding: base64",
            body=base64.encodebytes(PDF),
        )
        parsed = parse_mail(raw)
        assert parsed.text == ""
        assert [(item.name, item.content) for item in parsed.attachments] == [("a.pdf", PDF)]

    def test_only_an_attachment(self) -> None:
        parsed = parse_mail(multipart(attached(PDF, "Content-Type: application/pdf; name=a.pdf")))
        assert (parsed.text_or_placeholder, len(parsed.attachments)) == (NO_TEXT, 1)

    def test_empty_text_beside_html(self) -> None:
        parsed = parse_mail(multipart(text_part(" \r\n"), text_part("<p>Hi<br>there</p>", "html"), kind="alternative"))
        assert (parsed.text, parsed.reply_text) == ("Hi\nthere", "Hi\nthere")

    def test_html_only_becomes_text(self) -> None:
        head = "<head><title>T</title><style>p{}</style></head>"
        html = f"<html>{head}<body><p>One &amp; two</p><ul><li>a</li><li>b</li></ul><script>x</script></body>"
        assert parse_mail(mail("Content-Type: text/html", body=html)).text == "One & two\n\n- a\n- b"

    def test_html_spread_over_parts_of_an_alternative(self) -> None:
        inner = "Content-Type: multipart/mixed; boundary=IN\r\n\r\n" + "".join(
            f"--IN\r\n{part}\r\n"
            for part in (
                text_part("<p>a</p>", "html"),
                attached(PDF, "Content-Type: application/pdf; name=a.pdf"),
                text_part("<p>b</p>", "html"),
            )
        )
        parsed = parse_mail(multipart(text_part("a and b"), inner + "--IN--", kind="alternative"))
        assert parsed.text == "a and b"
        assert parsed.html == "<p>a</p>\n<p>b</p>"
        assert len(parsed.attachments) == 1

    def test_texts_of_a_mixed_mail_are_joined(self) -> None:
        parsed = parse_mail(
            multipart(text_part("one"), attached(PDF, "Content-Type: application/pdf"), text_part("two"))
        )
        assert parsed.text == "one\n\ntwo"
        assert parsed.attachments[0].name == "attachment-1.pdf"

    def test_missing_blank_line_between_headers_and_body(self) -> None:
        parsed = parse_mail(b"From: a@example.com\nSubject: s\nThis is the text.\nMore.")
        assert (parsed.subject, parsed.text) == ("s", "This is the text.\nMore.")

    @pytest.mark.parametrize("lead", [b"\r\n\r\n", b"From a@example.com Mon Apr  2 18:22:10 2012\n"])
    def test_lines_before_the_headers(self, lead: bytes) -> None:
        assert parse_mail(lead + mail("Subject: s")).subject == "s"

    def test_bare_carriage_returns(self) -> None:
        assert parse_mail(b"From: a@example.com\rSubject: s\r\rText").text == "Text"

    @pytest.mark.parametrize(
        "raw",
        [
            b"From: a@example.com\nContent-Type: multipart/mixed\n\nText",
            b"From: a@example.com\nContent-Type: multipart/mixed; boundary=nowhere\n\nText",
            b"From: a@example.com\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nText",
            b"From: a@example.com\nContent-Type: ;;;\n\nText",
            b"From: a@example.com\nContent-Type: text\nContent-Transfer-Encoding: rot13\n\nText",
            b"Content-Type: multipart/a; boundary=b\n\n--b\nContent-Type: multipart/c; boundary=c\n\n--c\n\nText\n--b",
        ],
    )
    def test_broken_structure_keeps_the_text(self, raw: bytes) -> None:
        assert parse_mail(raw).text.strip() == "Text"

    def test_cut_base64_gives_what_is_there(self) -> None:
        encoded = base64.b64encode(b"Hello there").decode()[:-3]
        assert parse_mail(mail("Content-Transfer-Encoding: base64", body=encoded)).text == "Hello the"


class TestAttachments:
    @pytest.mark.parametrize(
        ("disposition", "name"),
        [
            ("attachment; filename*=utf-8''%C3%A4.pdf", "ä.pdf"),
            ("attachment;\r\n filename*0*=utf-8''%C3;\r\n filename*1*=%A4;\r\n filename*2=.pdf", "ä.pdf"),
            ("attachment; filename*1=b.pdf; filename*0=a", "ab.pdf"),
            ('attachment; filename="=?utf-8?B?w6Q=?=.pdf"', "ä.pdf"),
            ("attachment; filename=a b c.pdf; size=3", "a b c.pdf"),
            ('attachment; filename="x\\"y;z.pdf"', 'x"y;z.pdf'),
            ('attachment; filename="cut.pdf', "cut.pdf"),
            ('attachment; filename="../../etc/passwd"', "passwd"),
            ('attachment; filename="C:\\\\temp\\\\a.pdf"', "a.pdf"),
            ('attachment; filename="a\u202efdp.exe"', "afdp.exe"),
            ("attachment", "attachment-1.pdf"),
        ],
    )
    def test_names(self, disposition: str, name: str) -> None:
        part = attached(PDF, "Content-Type: application/pdf", f"Content-Disposition: {disposition}")
        assert parse_mail(multipart(part)).attachments[0].name == name

    def test_raw_eight_bit_name(self) -> None:
        part = attached(PDF, "Content-Type: application/pdf", "Content-Disposition: attachment; filename=NAME")
        raw = multipart(part).replace(b"NAME", "räkning.pdf".encode("latin-1"))
        assert parse_mail(raw).attachments[0].name == "räkning.pdf"

    def test_raw_eight_bit_name_in_extended_form(self) -> None:
        found = parameters("attachment; filename*=utf-8''\udcc3\udca4%C3%A4; name=\ud800")
        assert found == {"filename": "ää", "name": "?"}

    def test_equal_names_are_both_kept(self) -> None:
        part = attached(PDF, "Content-Type: application/pdf; name=a.pdf")
        assert [item.name for item in parse_mail(multipart(part, part)).attachments] == ["a.pdf", "a.pdf"]

    def test_enclosed_message_is_kept_whole_and_not_read(self) -> None:
        inner = "From: x@example.com\r\nSubject: Inner/one\r\nAuto-Submitted: auto-replied\r\n\r\ninner text"
        parsed = parse_mail(multipart(text_part("outer"), f"Content-Type: message/rfc822\r\n\r\n{inner}"))
        assert parsed.text == "outer"
        assert (parsed.attachments[0].name, parsed.attachments[0].content) == ("Inner-one.eml", inner.encode())
        assert not parsed.auto_submitted

    def test_tnef_is_kept_as_it_is(self) -> None:
        parsed = parse_mail(
            multipart(
                text_part("x"), attached(b"\x78\x9f\x3e\x22", "Content-Type: application/ms-tnef; name=winmail.dat")
            )
        )
        assert (parsed.attachments[0].name, parsed.attachments[0].content) == ("winmail.dat", b"\x78\x9f\x3e\x22")

    def test_uuencoded_file_is_taken_out_of_the_text(self) -> None:
        body = "Look:\n\nbegin 644 hello.txt\n+:&5L;&\\@=V]R;&0`\n`\nend\nBye"
        parsed = parse_mail(mail(body=body))
        assert parsed.text == "Look:\n\nBye"
        assert (parsed.attachments[0].name, parsed.attachments[0].content[:11]) == ("hello.txt", b"hello world")

    def test_words_that_look_like_uuencode_stay(self) -> None:
        for body in ("begin 644 things\nand then nothing", "begin 644 x\n#AAA"):
            assert parse_mail(mail(body=body)).text == body

    def test_text_file_is_an_attachment(self) -> None:
        part = "Content-Type: text/plain; name=log.txt\r\nContent-Disposition: inline\r\n\r\n[INC0000123]"
        parsed = parse_mail(multipart(text_part("see log"), part))
        assert (parsed.text, parsed.attachments[0].name) == ("see log", "log.txt")

    def test_thirty_megabytes_are_read_or_left_out_by_the_limit(self) -> None:
        content = bytes(range(256)) * (30 * 4096)
        encoded = base64.encodebytes(content)
        head = b"--b\nContent-Type: application/zip; name=a.zip\nContent-Transfer-Encoding: base64\n\n"
        raw = (
            b"From: a@example.com\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nHello\n"
            + head
            + encoded
            + b"--b--\n"
        )
        digest = hashlib.sha256(content).hexdigest()
        del content, encoded
        tracemalloc.start()
        started = time.monotonic()
        left_out = parse_mail(raw)
        seconds = time.monotonic() - started
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert seconds < 5
        assert len(raw) > 40_000_000
        assert peak + len(raw) < 200 * 1024 * 1024
        assert (left_out.text, left_out.attachments) == ("Hello", ())
        assert (left_out.left_out[0].name, left_out.left_out[0].content, left_out.left_out[0].sha256) == (
            "a.zip",
            b"",
            digest,
        )
        assert as_json(left_out)["attachments"][0]["size_bytes"] == 30 * 1024 * 1024
        kept = parse_mail(raw, MailLimits(attachments_bytes=40 * 1024 * 1024))
        assert (kept.attachments[0].sha256, len(kept.attachments[0].content)) == (digest, 30 * 1024 * 1024)


class TestHtml:
    @pytest.mark.parametrize(
        "source",
        [
            "<script>alert(1)</script>",
            '<img src=x onerror="alert(1)">',
            '<a href="javascript:alert(1)">x</a>',
            "<svg><script>alert(1)</script></svg>",
            '<math><mi xlink:href="javascript:alert(1)">x</mi></math>',
            '<div style="background:url(javascript:alert(1))">x</div>',
            '<iframe src="https://example.com"></iframe><form action="/x"><input></form>',
            '<a href="data:text/html,<script>alert(1)</script>">x</a>',
            '<style>@import "https://example.com/x.css"</style>',
            '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
        ],
    )
    def test_nothing_that_runs(self, source: str) -> None:
        safe = safe_html(source).lower()
        assert not [
            word
            for word in ("<script", "onerror=", "javascript:", "<iframe", "<form", "style=", "data:", "@import")
            if word in safe.replace("&lt;", "")
        ]

    def test_remote_images_are_not_loaded_and_own_ones_stay(self) -> None:
        safe = safe_html(
            '<img src="https://example.com/pixel.gif"><img src="cid:logo@x" alt="L"><td background="https://example.com/b.png">'
        )
        assert "example.com" not in safe
        assert 'src="cid:logo@x"' in safe

    def test_images_keep_their_place_in_the_text(self) -> None:
        assert html_to_text('<p>Before</p><img src="cid:a@x"><p>After</p>') == "Before\n\n[cid:a@x]\nAfter"

    def test_links_open_nothing_by_themselves(self) -> None:
        assert 'rel="noopener noreferrer nofollow"' in safe_html('<a href="https://example.com">x</a>')

    def test_embedded_pictures_do_not_push_the_text_out(self) -> None:
        html = '<img src="data:image/png;base64,' + "A" * 2_000_000 + '"><p>The text</p>'
        assert parse_mail(mail("Content-Type: text/html", body=html)).text == "The text"


class TestBounds:
    @pytest.mark.parametrize(
        "raw",
        [
            b"To: " + b", ".join(b'"A, B" <a%d@example.com>' % number for number in range(20_000)) + b"\n\nx",
            b"To: " + b'\\"' * 100_000 + b"\n\nx",
            b"Subject: " + b"=?a?q?x" * 30_000 + b"\n\nx",
            b"Content-Type: text/plain" + b";" * 100_000 + b"\n\nx",
            b"Content-Type: text/html\n\n" + b"<div>" * 150_000,
            b"Content-Type: text/html\n\n" + b"<blockquote>x</blockquote>a" * 18_000,
            b"Content-Type: multipart/mixed; boundary=a\n\n" + b"--ab\n" * 500_000,
            b"From: a@example.com\n\n" + b"From: a\n" * 100_000,
            b"From: a@example.com\n\n" + b"> a\n\nb\n" * 100_000,
            b"From: a@example.com\n\n" + b"begin 644 a\n#AAAA\n" * 50_000,
            b"X: y\n" * 1_000_000,
        ],
        ids=[
            "recipients",
            "quotes",
            "words",
            "semicolons",
            "deep html",
            "quoted html",
            "boundaries",
            "labels",
            "quoted",
            "uu",
            "headers",
        ],
    )
    def test_hostile_mail_takes_no_more_than_five_seconds(self, raw: bytes) -> None:
        started = time.monotonic()
        parse_mail(raw)
        assert time.monotonic() - started < 5

    def test_long_text_is_cut_with_a_note(self) -> None:
        parsed = parse_mail(mail(body="x" * 5000), MailLimits(text_bytes=1000))
        assert len(parsed.text) == 1000
        assert "cut at 1000" in parsed.notes[0]


def _attempt(raw: bytes) -> ParsedMail | None:
    try:
        return parse_mail(raw)
    except MailRefused:
        return None


class TestNeverRaises:
    def test_cut_at_every_fiftieth_byte(self) -> None:
        for cut in range(0, len(RICH), 50):
            assert _attempt(RICH[:cut]) is not None or cut == 0

    @needs_samples
    @pytest.mark.samples
    @pytest.mark.parametrize("path", TALON, ids=lambda path: path.stem)
    def test_samples_cut_at_every_fiftieth_byte(self, path: Path) -> None:
        raw = path.read_bytes()[:20_000]
        for cut in range(50, len(raw), 50):
            assert _attempt(raw[:cut]) is not None

    @given(st.binary(max_size=600))
    @settings(max_examples=200, deadline=None)
    def test_any_bytes(self, raw: bytes) -> None:
        parsed = _attempt(raw)
        assert parsed is None or json.dumps(as_json(parsed))

    @given(st.data())
    @settings(max_examples=200, deadline=None)
    def test_damaged_mail(self, data: st.DataObject) -> None:
        position = data.draw(st.integers(0, len(RICH)))
        length = data.draw(st.integers(0, 40))
        damaged = RICH[:position] + data.draw(st.binary(max_size=60)) + RICH[position + length :]
        parsed = _attempt(damaged)
        assert parsed is None or json.dumps(as_json(parsed), ensure_ascii=False).encode()

    @given(
        st.text(max_size=80),
        st.sampled_from(
            [
                "From",
                "To",
                "Subject",
                "Date",
                "Content-Type",
                "Content-Disposition",
                "Message-ID",
                "References",
                "Content-Transfer-Encoding",
            ]
        ),
    )
    @settings(max_examples=200, deadline=None)
    def test_any_header_value(self, value: str, name: str) -> None:
        parsed = _attempt(f"{name}: {value}\n\ntext".encode("utf-8", "replace"))
        assert parsed is not None
        assert "\n" not in parsed.subject

    @given(
        st.lists(st.one_of(st.sampled_from(TOKENS), st.binary(max_size=4)), max_size=8),
        st.sampled_from([b"Content-Type", b"Content-Disposition", b"From", b"Subject", b"Date"]),
    )
    @settings(max_examples=200, deadline=None)
    def test_header_values_out_of_meaningful_pieces(self, pieces: list[bytes], name: bytes) -> None:
        value = b"".join(pieces).replace(b"\n", b"")
        parsed = _attempt(
            name + b": multipart/mixed; boundary=b; " + value + b"\n\n--b\n" + name + b": " + value + b"\n\nx"
        )
        assert parsed is None or json.dumps(as_json(parsed), ensure_ascii=False).encode()

    @given(st.text(max_size=80))
    @settings(max_examples=150, deadline=None)
    def test_any_parameters(self, value: str) -> None:
        assert all("\n" not in text and "\0" not in text for text in parameters(f"attachment; {value}").values())


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
