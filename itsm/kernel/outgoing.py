"""Requests to addresses that people typed, which never reach an inside address, however it is written.

The name is resolved once, every address that it stands for is checked, and the connection goes to a checked address: a
name that answers differently the second time gains nothing. Redirects are not followed and proxies are not asked.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from config.settings import networks_of
from itsm.kernel.errors import Invalid
from itsm.kernel.runtime import settings
from itsm.kernel.text import _

STEP_SECONDS = 10.0
WHOLE_SECONDS = 30.0
ANSWER_OCTETS = 4096
LONGEST_URL = 2000
_TRANSLATED = tuple(ipaddress.IPv6Network(each) for each in ("64:ff9b::/96", "64:ff9b:1::/48", "::/96"))

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Refused(Exception):
    """The address is one that must not be reached from here."""


class Unreachable(Exception):
    """Nobody answered at the address, or what came back is no answer."""


@dataclass(frozen=True)
class Answer:
    """What the other side said: HTTP status and the beginning of its text."""

    status: int
    text: str


@dataclass(frozen=True)
class _Target:
    secure: bool
    host: str
    port: int
    path: str


def check_url(field: str, url: str) -> str:
    """The address as it is kept; raises `Invalid` when it cannot be one that is posted to."""
    try:
        target = _target(url)
    except ValueError as error:
        raise Invalid.field(field, _("Write an address like https://host/path, without a user name.")) from error
    literal = _literal(target.host)
    if literal is not None and not is_allowed(literal):
        raise Invalid.field(field, _("This address lies inside and is not reached from here."))
    return url.strip()


def _target(url: str) -> _Target:
    parts = urlsplit(url.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.password is not None:
        raise ValueError("not an address of the web")
    if len(url) > LONGEST_URL or any(ord(letter) <= 0x20 or ord(letter) > 0x7E for letter in url.strip()):
        raise ValueError("not an address of the web")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    secure = parts.scheme == "https"
    return _Target(secure, parts.hostname, parts.port or (443 if secure else 80), path)


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def is_allowed(address: Address) -> bool:
    """Whether an address may be reached: public ones, and those in the networks of the setting `outgoing_networks`."""
    if any(address in network for network in networks_of(settings().outgoing_networks)):
        return True
    inner = embedded(address)
    if inner is not None:
        return is_allowed(inner)
    if isinstance(address, ipaddress.IPv6Address) and address.is_site_local:
        return False  # fec0::/10 is out of use but still within houses, and counted as global
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def embedded(address: Address) -> Address | None:
    """The IPv4 address that an IPv6 one stands for (mapped, 6to4, Teredo, NAT64), or None."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if address.teredo:
        return address.teredo[1]
    if any(address in network for network in _TRANSLATED):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, all of which may be reached; raises `Refused` or `Unreachable`."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"{host}: {error}") from error
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    for each in addresses:
        if not is_allowed(ipaddress.ip_address(each)):
            raise Refused(f"{host} is the inside address {each}")
    if not addresses:
        raise Unreachable(f"{host} has no address")
    return addresses


class _Pinned(http.client.HTTPConnection):
    """A connection to one address that was checked, whatever the host's name says now."""

    def __init__(self, target: _Target, address: str) -> None:
        super().__init__(target.host, target.port, timeout=STEP_SECONDS)
        self.address = address

    def connect(self) -> None:
        self.sock = socket.create_connection((self.address, self.port), STEP_SECONDS)


class _PinnedTls(_Pinned):
    """The same with TLS; the certificate must be the host's."""

    default_port = http.client.HTTPS_PORT

    def connect(self) -> None:
        super().connect()
        self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)


def post(url: str, *, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Post to an address and read the beginning of the answer; at most 30 seconds once its name is looked up.

    Looking it up takes as long as the system's resolver is patient.
    Raises `Refused` for an inside address and `Unreachable` when no answer came.
    """
    status, octets = _ask("POST", url, body=body, headers=headers, most_octets=ANSWER_OCTETS)
    return Answer(status, octets.decode("utf-8", "replace"))


def fetch(url: str, *, most_octets: int) -> tuple[int, bytes]:
    """Get what lies at an address: HTTP status and content, bounded in time as `post` is.

    Of a content longer than `most_octets` one octet more is answered, so that the caller can tell. Raises as `post` does.
    """
    # Compressed content would have no bound of its own.
    headers = {"Accept-Encoding": "identity", "User-Agent": "itsm"}
    return _ask("GET", url, body=None, headers=headers, most_octets=most_octets + 1)


def _ask(
    method: str, url: str, *, body: bytes | None, headers: Mapping[str, str], most_octets: int
) -> tuple[int, bytes]:
    try:
        target = _target(url)
    except ValueError as error:
        raise Refused(str(error)) from error
    address = resolve(target.host, target.port)[0]
    connection = (_PinnedTls if target.secure else _Pinned)(target, address)
    limit = threading.Timer(WHOLE_SECONDS, _cut, [connection])
    limit.start()
    try:
        connection.request(method, target.path, body=body, headers=dict(headers))
        response = connection.getresponse()
        return response.status, response.read(most_octets)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unreachable(f"{target.host}: {type(error).__name__}: {error}") from error
    finally:
        limit.cancel()
        connection.close()


def _cut(connection: Any) -> None:
    """End a connection whose other side answers a letter at a time."""
    held = connection.sock
    if held is not None:
        held.shutdown(socket.SHUT_RDWR)
