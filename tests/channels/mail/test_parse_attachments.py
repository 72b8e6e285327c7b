"""Reading messages: attachments."""

import base64
import hashlib
import tracemalloc

import pytest

from itsm.channels.mail.headers import parameters
from itsm.channels.mail.json_lines import as_json
from itsm.channels.mail.parse import MailLimits, parse_mail
from tests.channels.mail.raw import PDF, attached, mail, multipart, text_part


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
        left_out = parse_mail(raw)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
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
