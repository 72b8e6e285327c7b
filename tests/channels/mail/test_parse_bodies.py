"""Reading messages: character sets, bodies, and what becomes of HTML."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from itsm.channels.mail.charset import decode_text
from itsm.channels.mail.html_text import html_to_text, safe_html
from itsm.channels.mail.message import NO_TEXT
from itsm.channels.mail.parse import parse_mail
from tests.channels.mail.raw import PDF, attached, mail, multipart, text_part
from tests.properties import examples


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
    @settings(max_examples=examples(150), deadline=None)
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

    def test_what_is_left_open_does_not_multiply(self) -> None:
        left_open = "".join(f"<b id={number}>" for number in range(500))
        source = f"<p>{left_open}</p>" + "<p>word" * 1000
        assert len(safe_html(source)) < 2 * len(source)
        assert html_to_text(source).split() == ["word"] * 1000

    def test_long_mails_with_many_fonts_stay_as_they_are(self) -> None:
        source = "".join(f'<p><font color="#{number % 9}">word</font> <b>bold</b></p>' for number in range(4000))
        assert safe_html(source) == source

    def test_links_open_nothing_by_themselves(self) -> None:
        assert 'rel="noopener noreferrer nofollow"' in safe_html('<a href="https://example.com">x</a>')

    def test_embedded_pictures_do_not_push_the_text_out(self) -> None:
        html = '<img src="data:image/png;base64,' + "A" * 2_000_000 + '"><p>The text</p>'
        assert parse_mail(mail("Content-Type: text/html", body=html)).text == "The text"
