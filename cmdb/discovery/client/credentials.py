"""Credentials for SNMP v1, v2c and v3; their secrets never appear in a representation."""

from dataclasses import dataclass, field
from typing import Literal

from cmdb.discovery.errors import DiscoveryFailure

AuthProtocol = Literal["MD5", "SHA", "SHA-224", "SHA-256", "SHA-384", "SHA-512"]
PrivProtocol = Literal["DES", "AES", "AES-192", "AES-256"]
AUTH_PROTOCOLS: tuple[str, ...] = ("MD5", "SHA", "SHA-224", "SHA-256", "SHA-384", "SHA-512")
PRIV_PROTOCOLS: tuple[str, ...] = ("DES", "AES", "AES-192", "AES-256")
_KEY_MIN_LENGTH = 8


class InvalidCredential(DiscoveryFailure):
    """A credential that no agent could accept; the text names the field."""


@dataclass(frozen=True, slots=True)
class V1Credential:
    """A community for SNMP v1."""

    community: str = field(repr=False)

    def __post_init__(self) -> None:
        _check_community(self.community)

    def __str__(self) -> str:
        return "v1 community"


@dataclass(frozen=True, slots=True)
class V2Credential:
    """A community for SNMP v2c."""

    community: str = field(repr=False)

    def __post_init__(self) -> None:
        _check_community(self.community)

    def __str__(self) -> str:
        return "v2c community"


@dataclass(frozen=True, slots=True)
class V3Credential:
    """A user of SNMP v3 with optional authentication and privacy; ``context`` names another view of the device.

    Keys are passphrases of at least eight characters. Rule: RFC 3414 section 11.2.
    """

    user: str
    auth_protocol: AuthProtocol | None = None
    auth_key: str = field(default="", repr=False)
    priv_protocol: PrivProtocol | None = None
    priv_key: str = field(default="", repr=False)
    context: str = ""

    def __post_init__(self) -> None:
        if not self.user or len(self.user.encode()) > 32:
            raise InvalidCredential("user must have 1 to 32 octets")
        if self.priv_protocol is not None and self.auth_protocol is None:
            raise InvalidCredential("priv_protocol needs an auth_protocol")
        _check_key("auth", self.auth_protocol, self.auth_key, AUTH_PROTOCOLS)
        _check_key("priv", self.priv_protocol, self.priv_key, PRIV_PROTOCOLS)

    def __str__(self) -> str:
        return f"v3 user {self.user}"


Credential = V1Credential | V2Credential | V3Credential


def _check_community(community: str) -> None:
    if not 0 < len(community.encode()) <= 255:
        raise InvalidCredential("community must have 1 to 255 octets")


def _check_key(kind: str, protocol: str | None, key: str, known: tuple[str, ...]) -> None:
    if protocol is None:
        if key:
            raise InvalidCredential(f"{kind}_key needs an {kind}_protocol")
        return
    if protocol not in known:
        raise InvalidCredential(f"{kind}_protocol must be one of {', '.join(known)}")
    if len(key) < _KEY_MIN_LENGTH:
        raise InvalidCredential(f"{kind}_key must have at least {_KEY_MIN_LENGTH} characters")
