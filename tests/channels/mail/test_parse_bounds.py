"""Reading messages: limits are kept, and no bytes whatever raise anything but a refusal."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from itsm.channels.mail.headers import parameters
from itsm.channels.mail.json_lines import as_json
from itsm.channels.mail.parse import MailLimits, MailRefused, ParsedMail, parse_mail
from tests.channels.mail.raw import RICH, TALON, mail, needs_samples
from tests.properties import examples, grows_in_step

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


class TestBounds:
    @pytest.mark.parametrize(
        ("hostile", "size"),
        [
            (
                lambda n: b"To: " + b", ".join(b'"A, B" <a%d@example.com>' % number for number in range(n)) + b"\n\nx",
                20_000,
            ),
            (lambda n: b"To: " + b'\\"' * n + b"\n\nx", 100_000),
            (lambda n: b"Subject: " + b"=?a?q?x" * n + b"\n\nx", 30_000),
            (lambda n: b"Content-Type: text/plain" + b";" * n + b"\n\nx", 100_000),
            (lambda n: b"Content-Type: text/html\n\n" + b"<div>" * n, 150_000),
            (lambda n: b"Content-Type: text/html\n\n" + b"<blockquote>x</blockquote>a" * n, 18_000),
            (lambda n: b"Content-Type: multipart/mixed; boundary=a\n\n" + b"--ab\n" * n, 500_000),
            (lambda n: b"From: a@example.com\n\n" + b"From: a\n" * n, 100_000),
            (lambda n: b"From: a@example.com\n\n" + b"> a\n\nb\n" * n, 100_000),
            (lambda n: b"From: a@example.com\n\n" + b"begin 644 a\n#AAAA\n" * n, 50_000),
            (lambda n: b"X: y\n" * n, 1_000_000),
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
    def test_hostile_mail_costs_no_more_than_its_length(self, hostile: Callable[[int], bytes], size: int) -> None:
        assert grows_in_step(lambda part: parse_mail(hostile(part)), size)

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
    @settings(max_examples=examples(200), deadline=None)
    def test_any_bytes(self, raw: bytes) -> None:
        parsed = _attempt(raw)
        assert parsed is None or json.dumps(as_json(parsed))

    @given(st.data())
    @settings(max_examples=examples(200), deadline=None)
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
    @settings(max_examples=examples(200), deadline=None)
    def test_any_header_value(self, value: str, name: str) -> None:
        parsed = _attempt(f"{name}: {value}\n\ntext".encode("utf-8", "replace"))
        assert parsed is not None
        assert "\n" not in parsed.subject

    @given(
        st.lists(st.one_of(st.sampled_from(TOKENS), st.binary(max_size=4)), max_size=8),
        st.sampled_from([b"Content-Type", b"Content-Disposition", b"From", b"Subject", b"Date"]),
    )
    @settings(max_examples=examples(200), deadline=None)
    def test_header_values_out_of_meaningful_pieces(self, pieces: list[bytes], name: bytes) -> None:
        value = b"".join(pieces).replace(b"\n", b"")
        parsed = _attempt(
            name + b": multipart/mixed; boundary=b; " + value + b"\n\n--b\n" + name + b": " + value + b"\n\nx"
        )
        assert parsed is None or json.dumps(as_json(parsed), ensure_ascii=False).encode()

    @given(st.text(max_size=80))
    @settings(max_examples=examples(150), deadline=None)
    def test_any_parameters(self, value: str) -> None:
        assert all("\n" not in text and "\0" not in text for text in parameters(f"attachment; {value}").values())
