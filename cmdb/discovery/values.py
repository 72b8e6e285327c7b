"""Reading what devices put into SNMP values: texts, MAC addresses, chassis and port identifiers, serial numbers."""

import re
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from cmdb.discovery.client import Value

TEXT_MAX_LENGTH: Final = 1000
_SERIAL_MAX_LENGTH: Final = 64
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_MAC_TEXT: Final = re.compile(r"(?:[0-9a-f]{2}[:\- ]){5}[0-9a-f]{2}|(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}|[0-9a-f]{12}", re.I)
_NO_SERIAL: Final = frozenset(
    {
        "",
        "0123456789",
        "123456789",
        "chassis serial number",
        "default string",
        "empty",
        "invalid",
        "n/a",
        "na",
        "none",
        "not applicable",
        "not available",
        "not specified",
        "null",
        "(null)",
        "serial",
        "serial number",
        "system serial number",
        "to be filled by o.e.m.",
        "unknown",
        "xxxxxxxxxxx",
    }
)


def text(value: Value | None, *, limit: int = TEXT_MAX_LENGTH) -> str:
    """Return readable text of bounded length; octets that are not UTF-8 are read as Latin-1, control signs dropped."""
    if value is None:
        return ""
    if isinstance(value, bytes):
        value = _decoded(value[: limit * 4])
    return _CONTROL.sub("", str(value)).strip()[:limit].strip()


def _decoded(octets: bytes) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def number(value: Value | None) -> int | None:
    """Return a whole number, also from text that holds one."""
    if isinstance(value, int | float):
        return int(value)
    cleaned = text(value, limit=20)
    return int(cleaned) if re.fullmatch(r"-?[0-9]{1,19}", cleaned) else None


def mac(value: Value | None) -> str | None:
    """Return a MAC address as ``aa:bb:cc:dd:ee:ff`` from six octets or from its usual spellings, else None.

    All zeros and the broadcast address are no addresses of a device.
    """
    if not isinstance(value, bytes):
        return None
    digits = value.hex() if len(value) == 6 else _mac_digits(value)
    if digits is None or digits in ("0" * 12, "f" * 12):
        return None
    return ":".join(digits[start : start + 2] for start in range(0, 12, 2))


def _mac_digits(octets: bytes) -> str | None:
    spelled = text(octets, limit=32)
    return re.sub(r"[^0-9a-f]", "", spelled.lower()) if _MAC_TEXT.fullmatch(spelled) else None


def is_group_mac(address: str) -> bool:
    """Whether a MAC address is a multicast or broadcast address."""
    return bool(int(address[:2], 16) & 1)


def network_address(value: Value | None) -> str | None:
    """Return the address of a ``networkAddress`` identifier: one octet of family, then the address.

    The octets come raw or spelled in hexadecimal (``010A382071`` is 10.56.32.113).
    """
    if not isinstance(value, bytes):
        return None
    spelled = text(value, limit=40)
    if re.fullmatch(r"(?:01[0-9A-Fa-f]{8}|02[0-9A-Fa-f]{32})", spelled):
        value = bytes.fromhex(spelled)
    return packed_address(value[1:]) if value[:1] in (b"\x01", b"\x02") else None


def packed_address(octets: bytes) -> str | None:
    """Return the text of 4 or 16 octets; the unspecified address is none."""
    if len(octets) == 4:
        address: IPv4Address | IPv6Address = IPv4Address(octets)
    elif len(octets) == 16:
        address = IPv6Address(octets)
    else:
        return None
    return None if address.is_unspecified else str(address)


def identifier(value: Value | None, *, kind: str) -> str:
    """Return a chassis or port identifier as text; ``kind`` is mac, address, or anything else for text.

    What does not fit its declared kind is read as text, or in hexadecimal when it is none.
    """
    if kind == "mac" and (address := mac(value)):
        return address
    if kind == "address" and (address := network_address(value)):
        return address
    if isinstance(value, bytes):
        return text(value, limit=255) if _is_text(value) else value[:64].hex(":")
    return text(value, limit=255)


def _is_text(octets: bytes) -> bool:
    try:
        return octets.rstrip(b"\x00").decode().isprintable()
    except UnicodeDecodeError:
        return False


def serial(value: Value | None) -> str | None:
    """Return a serial number, or None for the placeholders that devices send in its place."""
    cleaned = text(value, limit=_SERIAL_MAX_LENGTH)
    is_repeated = len(set(cleaned.upper())) <= 1
    if len(cleaned) < 4 or is_repeated or cleaned.lower() in _NO_SERIAL or not cleaned.isprintable():
        return None
    return cleaned
