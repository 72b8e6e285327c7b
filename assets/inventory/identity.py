"""What of an inventory may identify the machine: cleaned keys, with everything that is junk left out.

An IP address, a host id derived from one and a name alone are never keys of identity; a name is kept for review only.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from assets.inventory.junk import DEFAULT_JUNK, JunkValues, normalised
from assets.inventory.model import AgentKind, Inventory, NetworkInterface
from assets.inventory.row import clean_mac, clean_text

_LOCALLY_ADMINISTERED = 0x02
_GROUP = 0x01
_UUID_DIGITS = re.compile(r"[0-9A-F]{32}")
_LEGAL_FORM = re.compile(
    r"[\s,.]+(?:inc|incorporated|corp|corporation|co|company|ltd|limited|llc|gmbh|ag|s\.?a|international|"
    r"computer|computers|technologies|technology|electronics)\.?$"
)
_MAKERS = {
    "hewlett packard": "hp",
    "hewlett packard enterprise": "hpe",
    "international business machines": "ibm",
    "dell emc": "dell",
    "asustek": "asus",
    "micro star": "msi",
    "cisco systems": "cisco",
}
# A container or jail reads the firmware of its host, so serial number and UUID are the host's.
_SHARES_FIRMWARE = frozenset(
    [
        "bsdjail",
        "docker",
        "lxc",
        "lxd",
        "openvz",
        "virtuozzo",
        "podman",
        "systemd-nspawn",
        "solariszone",
        "zone",
        "vserver",
    ]
)
_VIRTUAL_TYPES = frozenset(
    [
        "loopback",
        "bridge",
        "virtual",
        "alias",
        "bond",
        "bonding",
        "aggregate",
        "dialup",
        "tunnel",
        "tun",
        "tap",
        "vlan",
        "ppp",
    ]
)
_VIRTUAL_MAKER_PREFIXES = (
    "00:50:56:",
    "00:0c:29:",
    "00:05:69:",
    "00:1c:14:",
    "00:15:5d:",
    "00:16:3e:",
    "00:1c:42:",
    "08:00:27:",
)
_VIRTUAL_NAME = re.compile(
    r"(?:lo|br|virbr|docker|veth|vnet|tun|tap|bond|team|dummy|ifb|wg|zt|cni|flannel|vmnet|vboxnet)[-_\d].*|lo|docker\d+"
)
_VIRTUAL_WORDS = re.compile(
    r"\b(?:virtual|vmware|virtualbox|hyper-v|wan miniport|tap-windows|tap adapter|loopback|vpn|anyconnect|bluetooth|"
    r"teredo|isatap|6to4|wintun|wireguard|kernel debug)\b"
)
_ADAPTER_WORDS = re.compile(r"\b(?:usb|dock|docking|port replicator|rndis|thunderbolt)\b")
_USB_INTERFACE_NAME = re.compile(r"(?:en|wl|ww)p\d+s\d+(?:f\d+)?u\d.*|enx[0-9a-f]{12}|usb\d+")
_USB_DRIVERS = frozenset(
    [
        "r8152",
        "r8153_ecm",
        "rtl8150",
        "ax88179_178a",
        "asix",
        "aqc111",
        "cdc_ether",
        "cdc_ncm",
        "cdc_mbim",
        "cdc_eem",
        "cdc_subset",
        "smsc75xx",
        "smsc95xx",
        "lan78xx",
        "rndis_host",
        "ipheth",
        "dm9601",
        "mcs7830",
        "pegasus",
        "sr9700",
        "sr9800",
        "ch9200",
        "qmi_wwan",
    ]
)
_HP_SCANNED_SERIAL = re.compile(r"S([A-Z0-9]{10})")

SerialSource = Literal["system", "enclosure", "mainboard", ""]


@dataclass(frozen=True, slots=True)
class IdentityKeys:
    """The keys of one inventory, strongest first; an empty one is not known.

    ``source_id`` binds the agent: its own id, or else its device id. ``serial`` is upper case without separators and
    ``serial_source`` says which part it belongs to, ``maker`` is the manufacturer in the form for comparison, ``uuid``
    lower case with dashes, ``macs`` the hardware addresses that count as evidence, sorted.
    """

    agent_kind: AgentKind
    source_id: str
    serial: str = ""
    serial_source: SerialSource = ""
    maker: str = ""
    uuid: str = ""
    macs: tuple[str, ...] = ()
    name: str = ""
    domain: str = ""

    @property
    def has_strong_key(self) -> bool:
        """Whether a serial number, UUID or hardware address was left after cleaning."""
        return bool(self.serial or self.uuid or self.macs)


def clean_serial(text: str, *, manufacturer: str = "", junk: JunkValues = DEFAULT_JUNK) -> str:
    """A serial number in the form for comparison, or empty when it says nothing.

    HP's bar codes put an S before the ten signs of a serial number; some tools type it in, so it is dropped.
    """
    serial = normalised(clean_text(text))
    if junk.is_junk_serial(serial):
        return ""
    scanned = _HP_SCANNED_SERIAL.fullmatch(serial) if maker_of(manufacturer) in ("hp", "hpe") else None
    return scanned[1] if scanned else serial


def clean_uuid(text: str, *, junk: JunkValues = DEFAULT_JUNK) -> str:
    """A UUID in lower case with dashes, or empty when it is malformed or a placeholder in either byte order."""
    digits = normalised(text)
    if not _UUID_DIGITS.fullmatch(digits):
        return ""
    uuid = _dashed(digits.lower())
    if junk.is_junk_uuid(digits) or junk.is_junk_uuid(swapped_uuid(uuid).replace("-", "").upper()):
        return ""
    return uuid


def swapped_uuid(uuid: str) -> str:
    """The same UUID with the octets of its first three groups reversed, as old SMBIOS and WMI disagree on them."""
    groups = uuid.split("-")
    swapped = ["".join(reversed([group[at : at + 2] for at in range(0, len(group), 2)])) for group in groups[:3]]
    return "-".join(swapped + groups[3:])


def is_same_uuid(first: str, second: str) -> bool:
    """Whether two cleaned UUIDs are equal, also in the other byte order; an empty one equals nothing."""
    return bool(first) and first in (second, swapped_uuid(second))


def clean_name(text: str, *, junk: JunkValues = DEFAULT_JUNK) -> str:
    """A host name in lower case without its domain, or empty when every machine could have it."""
    name = clean_text(text).lower()
    is_junk = normalised(name) in junk.names or normalised(name.split(".")[0]) in junk.names
    return "" if is_junk else name.split(".")[0]


def clean_make(text: str, *, junk: JunkValues = DEFAULT_JUNK) -> str:
    """A manufacturer or model as written, or empty when firmware left its placeholder."""
    make = clean_text(text)
    return "" if normalised(make) in junk.makes else make


def maker_of(manufacturer: str) -> str:
    """A manufacturer in the form for comparison: lower case, without legal form, with one name for each house."""
    name = clean_make(manufacturer).lower().replace("-", " ") if manufacturer else ""
    while (shorter := _LEGAL_FORM.sub("", name).rstrip(" ,.")) != name:
        name = shorter
    return _MAKERS.get(name, name)


def evidence_macs(networks: Iterable[NetworkInterface], *, junk: JunkValues = DEFAULT_JUNK) -> tuple[str, ...]:
    """The hardware addresses that may count as evidence of identity, sorted.

    Left out are virtual interfaces and those of virtual machines, USB and dock adapters (they move between
    computers), management controllers, and whatever ``is_evidence_mac`` refuses.
    """
    macs = {
        network.mac
        for network in networks
        if is_evidence_mac(network.mac, junk=junk) and not _is_virtual(network) and not _is_adapter(network)
    }
    return tuple(sorted(macs))


def is_evidence_mac(mac: str, *, junk: JunkValues = DEFAULT_JUNK) -> bool:
    """Whether a hardware address is one device's own: globally administered, not a group's, not shared by design."""
    cleaned = clean_mac(mac)
    if not cleaned or int(cleaned[:2], 16) & (_LOCALLY_ADMINISTERED | _GROUP):
        return False
    return not junk.is_junk_mac(cleaned)


def identity_keys(inventory: Inventory, *, junk: JunkValues = DEFAULT_JUNK) -> IdentityKeys:
    """Reduce an inventory to the keys that may identify its machine.

    A missing serial number falls back to that of the enclosure, then of the mainboard. Containers and jails have no
    serial number and no UUID of their own. Rule: INV-24.
    """
    has_firmware = inventory.virtual_system.lower().replace(" ", "") not in _SHARES_FIRMWARE
    serial, source = _best_serial(inventory, junk) if has_firmware else ("", "")
    full_name = inventory.fqdn if "." in inventory.fqdn else inventory.name
    return IdentityKeys(
        agent_kind=inventory.agent_kind,
        source_id=inventory.agent_id or inventory.device_id,
        serial=serial,
        serial_source=source,
        maker=maker_of(inventory.manufacturer),
        uuid=clean_uuid(inventory.uuid, junk=junk) if has_firmware else "",
        macs=_macs(inventory, junk),
        name=clean_name(inventory.name or inventory.fqdn, junk=junk),
        domain=(inventory.domain or full_name.partition(".")[2]).lower(),
    )


def _best_serial(inventory: Inventory, junk: JunkValues) -> tuple[str, SerialSource]:
    candidates: tuple[tuple[str, SerialSource], ...] = (
        (inventory.serial, "system"),
        (inventory.enclosure_serial, "enclosure"),
        (inventory.mainboard_serial, "mainboard"),
    )
    for text, source in candidates:
        if serial := clean_serial(text, manufacturer=inventory.manufacturer, junk=junk):
            return serial, source
    return "", ""


def _macs(inventory: Inventory, junk: JunkValues) -> tuple[str, ...]:
    """Network gear is known by the address of its chassis; its ports' addresses are often shared or borrowed."""
    if inventory.kind == "computer":
        return evidence_macs(inventory.networks, junk=junk)
    return (inventory.mac,) if is_evidence_mac(inventory.mac, junk=junk) else ()


def _is_virtual(network: NetworkInterface) -> bool:
    words = f"{network.name} {network.model}".lower()
    return (
        network.is_virtual is True
        or network.is_management
        or network.type in _VIRTUAL_TYPES
        or network.mac.startswith(_VIRTUAL_MAKER_PREFIXES)
        or _VIRTUAL_NAME.fullmatch(network.name.lower()) is not None
        or _VIRTUAL_WORDS.search(words) is not None
    )


def _is_adapter(network: NetworkInterface) -> bool:
    words = f"{network.name} {network.model}".lower()
    return (
        network.driver.lower() in _USB_DRIVERS
        or network.pnp_id.upper().startswith("USB\\")
        or _USB_INTERFACE_NAME.fullmatch(network.name.lower()) is not None
        or _ADAPTER_WORDS.search(words) is not None
    )


def _dashed(digits: str) -> str:
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
