"""Values that firmware and drivers write where they know nothing, and that must never identify a machine.

Every pattern is anchored at both ends of the normalised value, so that a real serial number that merely contains one
of them is kept. A site adds its own values with ``JunkValues.with_more``.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from assets.inventory.row import clean_mac

MIN_SERIAL_LENGTH = 4

_SEPARATORS = re.compile(r"[\s\-_./:,(){}]+")
_ASCENDING = "01234567890123456789012345678901234567890"
_DESCENDING = _ASCENDING[::-1]
_COUNTED = re.compile(r"(?:SYS|SN|MB|SERIAL)?(\d{4,})")
_SERIAL_PATTERNS = (
    re.compile(r"(?:SYSTEM|CHASSIS|BASEBOARD|BOARD)?SERIAL(?:NUM(?:B(?:ER)?)?)?X*"),
    # What net-snmp builds as an engine id: random and time octets followed by four zero octets.
    re.compile(r"(?:80001F8880)?[0-9A-F]{16}0{8}"),
)
_SERIALS = (
    "N/A|NA|(null string)|null|(null)|INVALID|EVAL|IATPASS|none|To Be Filled By O.E.M.|Tulip Computers"
    "|Unknow|Unknown|empty|Not Specified|Not Available|Not Applicable|OEM_Serial|SystemSerialNumb|Default string|OEM"
    "|Not Settable|Undefined|System Serial|To Be Filled|No Asset Tag|Asset Tag"
)
_UUIDS = (
    "03000200-0400-0500-0006-000700080009|00020003-0004-0005-0006-000700080009|6AB5B300-538D-1014-9FB5-B0684D007B53"
    "|01010101-0101-0101-0101-010101010101|12345678-1234-5678-90AB-CDDEEFAABBCC|12345678-1234-1234-1234-123456789ABC"
)
_MACS = (
    "00:00:00:00:00:00|ff:ff:ff:ff:ff:ff|0a:00:27:00:00:00|20:41:53:59:4e:ff|33:50:6f:45:30:30|50:50:54:50:30:30"
    "|02:80:37:ec:02:00|00:a0:c6:00:00:00|fe:ff:ff:ff:ff:ff"
)
_MAC_PREFIXES = "00:50:56:c0:|00:00:5e:00:01:|00:00:5e:00:02:|00:00:0c:07:ac:|00:00:0c:9f:f|00:05:73:a0:0|00:07:b4:0"
_NAMES = "localhost|localhost.localdomain|localhost6|(none)|none|unknown|noname|unnamed|default|hostname|localdomain"
_MAKES = (
    "System manufacturer|System Product Name|Product Name|All Series|To Be Filled By O.E.M.|Default string"
    "|Not Specified|Not Applicable|Not Available|None|N/A|Unknown|Undefined|empty|INVALID|OEM|Manufacturer"
    "|System Version|Type1Family|Type2 - Board Manufacturer|Base Board Manufacturer|Chassis Manufacture|(null)|x.x"
)


def normalised(text: str) -> str:
    """Upper case without blanks and separators: the form in which identifying values are compared."""
    return _SEPARATORS.sub("", text).upper()


def _set(text: str) -> frozenset[str]:
    return frozenset(normalised(value) for value in text.split("|"))


@dataclass(frozen=True, slots=True)
class JunkValues:
    """The lists behind the checks, each in normalised form; the prefixes are the beginnings of hardware addresses."""

    serials: frozenset[str] = _set(_SERIALS)
    uuids: frozenset[str] = _set(_UUIDS)
    names: frozenset[str] = _set(_NAMES)
    makes: frozenset[str] = _set(_MAKES)
    macs: frozenset[str] = frozenset(_MACS.split("|"))
    mac_prefixes: tuple[str, ...] = tuple(_MAC_PREFIXES.split("|"))

    def with_more(
        self,
        *,
        serials: Iterable[str] = (),
        uuids: Iterable[str] = (),
        names: Iterable[str] = (),
        makes: Iterable[str] = (),
        macs: Iterable[str] = (),
    ) -> "JunkValues":
        """The same lists with a site's own values added, in any spelling."""
        return replace(
            self,
            serials=self.serials | {normalised(value) for value in serials},
            uuids=self.uuids | {normalised(value) for value in uuids},
            names=self.names | {normalised(value) for value in names},
            makes=self.makes | {normalised(value) for value in makes},
            macs=self.macs | {clean_mac(value) for value in macs if clean_mac(value)},
        )

    def is_junk_serial(self, normalised_serial: str) -> bool:
        """Whether a normalised serial number says nothing."""
        return (
            len(normalised_serial) < MIN_SERIAL_LENGTH
            or len(set(normalised_serial)) == 1
            or normalised_serial in self.serials
            or _is_counted(normalised_serial)
            or any(pattern.fullmatch(normalised_serial) for pattern in _SERIAL_PATTERNS)
        )

    def is_junk_uuid(self, digits: str) -> bool:
        """Whether 32 upper-case hex digits are a placeholder: a listed value or one octet repeated."""
        return digits in self.uuids or digits == digits[:2] * 16

    def is_junk_mac(self, mac: str) -> bool:
        """Whether a hardware address is a placeholder, or shared by design (host-only networks, VRRP, HSRP, GLBP)."""
        return mac in self.macs or mac.startswith(self.mac_prefixes)


DEFAULT_JUNK = JunkValues()


def _is_counted(serial: str) -> bool:
    """Digits in counting order, up or down, also behind the usual prefixes."""
    found = _COUNTED.fullmatch(serial)
    return found is not None and any(found[1] in digits for digits in (_ASCENDING, _DESCENDING))
