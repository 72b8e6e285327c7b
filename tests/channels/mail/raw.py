"""Raw messages, made line by line for tests of reading them."""

import base64
from pathlib import Path

import pytest

SAMPLES = Path(__file__).resolve().parents[3] / ".." / "shared" / "samples" / "mail"
TALON = sorted((SAMPLES / "talon").glob("*.eml"))
needs_samples = pytest.mark.skipif(not TALON, reason="the shared samples do not lie beside the checkout")
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
