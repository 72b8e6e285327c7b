"""Outgoing requests: inside addresses are refused however they are written, and the checked address is the one called."""

import http.server
import ipaddress
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from itsm.kernel import outgoing
from itsm.kernel.errors import Invalid
from itsm.kernel.outgoing import Refused, Unreachable, check_url, is_allowed, post, resolve

INSIDE = (
    "127.0.0.1", "127.8.9.10", "0.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254",
    "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fec0::1", "feff::1", "fc00::1", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "::7f00:1",
)  # fmt: skip
OUTSIDE = ("93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:93.184.215.14", "64:ff9b::5db8:d70e")


@pytest.mark.parametrize("text", INSIDE)
def test_inside_addresses_are_refused(app: Flask, text: str) -> None:
    del app
    assert not is_allowed(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", OUTSIDE)
def test_public_addresses_are_allowed(app: Flask, text: str) -> None:
    del app
    assert is_allowed(ipaddress.ip_address(text))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/", "http://127.1/",
        "http://localhost:9/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://169.254.169.254/latest/meta-data",
    ],
)  # fmt: skip
def test_nothing_is_sent_inside(app: Flask, url: str) -> None:
    del app
    with pytest.raises((Refused, Unreachable)):
        post(url, body=b"{}", headers={})


@pytest.mark.parametrize(
    "url", ["", "example.org", "file:///etc/passwd", "gopher://example.org/", "https://", "https://u:p@example.org/",
            "https://example.org/a b", "https://example.org/\r\nX: y", "https://example.org:99999/"],
)  # fmt: skip
def test_what_is_no_address_of_the_web_is_refused(app: Flask, url: str) -> None:
    del app
    with pytest.raises(Invalid):
        check_url("url", url)


def _answers(*addresses: str) -> Any:
    return lambda *_args, **_kinds: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 80)) for each in addresses]


def test_one_inside_address_among_others_is_refused(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    del app
    monkeypatch.setattr(socket, "getaddrinfo", _answers("93.184.215.14", "10.0.0.1"))
    with pytest.raises(Refused):
        resolve("example.org", 80)


def test_a_name_that_changes_its_mind_gains_nothing(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second look-up would answer with an inside address; there is no second look-up."""
    del app
    answers = iter([["93.184.215.14"], ["127.0.0.1"]])
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: _answers(*next(answers))())
    called: list[Any] = []

    def connect(address: Any, *_rest: Any) -> Any:
        called.append(address)
        raise OSError("nobody there")

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(Unreachable):
        post("http://rebind.example.org/hook", body=b"{}", headers={})
    assert called == [("93.184.215.14", 80)]


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.server.seen.append((self.path, self.headers["Host"], self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(302 if self.path == "/away" else 200)
        self.send_header("Location", "http://169.254.169.254/")
        self.end_headers()
        self.wfile.write(b"x" * 100_000)

    def log_message(self, *_arguments: Any) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Any]:
    server: Any = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.seen = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def open_app(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setitem(app.config, "ITSM", replace(app.config["ITSM"], outgoing_networks="127.0.0.0/8"))
    return app


def test_a_network_that_the_site_allows_is_reached(open_app: Flask, receiver: Any) -> None:
    del open_app
    address = f"http://localhost:{receiver.server_port}/hook?x=1"
    answer = post(address.replace("localhost", "127.0.0.1"), body=b'{"a":1}', headers={"X-A": "b"})
    assert (answer.status, len(answer.text)) == (200, outgoing.ANSWER_OCTETS)
    assert receiver.seen == [("/hook?x=1", f"127.0.0.1:{receiver.server_port}", b'{"a":1}')]


def test_redirects_are_not_followed(open_app: Flask, receiver: Any) -> None:
    del open_app
    assert post(f"http://127.0.0.1:{receiver.server_port}/away", body=b"", headers={}).status == 302
    assert len(receiver.seen) == 1
