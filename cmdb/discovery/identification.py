"""Which configuration item a device is: strong keys first, a name never.

Rule: D1. The serial number (of the same vendor), then the chassis' MAC address, then an interface's MAC address that
belongs to a placeholder or to a computer known by its agent; for devices without any of these, address, name and
object identifier together. Where strong keys belong to two items, nothing is written.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from cmdb.classes import load
from cmdb.discovery.facts import DeviceFacts
from cmdb.discovery.models import DeviceRecord
from cmdb.discovery.values import is_group_mac
from cmdb.models import Ci, CiKey
from cmdb.services import find_by_keys
from cmdb.services.facts import DISCOVERED
from itsm.kernel.db import session
from itsm.kernel.text import _

Key = tuple[str, str]
_CLASSES: Final = {
    "switch": "switch",
    "router": "router",
    "firewall": "firewall",
    "printer": "printer",
    "ups": "ups",
    "server": "server",
    "access_point": "access_point",
    "storage": "storage",
}
GENERIC_CLASSES: Final = frozenset({"device", "network_device"})
RETIRED: Final = "retired"
_SHARED_MACS: Final = ("00:00:5e:00:01", "00:00:0c:07:ac", "00:50:56:c0", "00:00:0c:9f")  # VRRP, HSRP, VMware host nets
_SAME_VENDOR: Final = ({"hp", "hpe", "hewlett", "hewlettpackard", "aruba"},)
_LOCALLY_ADMINISTERED: Final = 0x02


class RecordedMeanwhile(Exception):
    """Another transaction recorded the same device between looking and writing; the whole unit is worked again."""


@dataclass(frozen=True)
class Identified:
    """The item that a device is, or None for a new one; `conflict` says why nothing may be written."""

    ci: Ci | None = None
    absorbed: Ci | None = None  # a placeholder of the same device, found by another key
    conflict: str = ""


def class_of(facts: DeviceFacts) -> str:
    """The class for a device; of unknown kind, what bridges or announces itself is a network device."""
    is_network = bool(facts.neighbours or facts.bridge or facts.chassis_id)
    return _CLASSES.get(facts.kind, "network_device" if is_network else "device")


def is_evidence(mac: str) -> bool:
    """Whether a MAC address was given by a maker to one device: neither group, local nor shared between devices."""
    if is_group_mac(mac) or int(mac[:2], 16) & _LOCALLY_ADMINISTERED:
        return False
    return not mac.startswith(_SHARED_MACS)


def is_mac(text: str | None) -> bool:
    """Whether an identifier is a MAC address as `values.mac` writes it."""
    return text is not None and len(text) == 17 and text.count(":") == 5


def strong_keys(facts: DeviceFacts) -> list[Key]:
    """What a device is known by for good: its serial number and its chassis' MAC address."""
    keys = [("serial", facts.serial)] if facts.serial else []
    if facts.chassis_id is not None and is_mac(facts.chassis_id) and is_evidence(facts.chassis_id):
        keys.append(("mac", facts.chassis_id))
    return keys


def weak_key(facts: DeviceFacts) -> str | None:
    """Address, name and object identifier together, for a device that has no strong key."""
    if strong_keys(facts):
        return None
    return f"{facts.address}|{facts.name}|{facts.system.object_id}"[:255]


def is_placeholder(ci: Ci) -> bool:
    """Whether the item stands for a neighbour that was heard of and never read."""
    return ci.origin == "snmp" and ci.attributes.get(DISCOVERED, {}).get("unmanaged") is True


def identify(facts: DeviceFacts) -> Identified:
    """Find the item of a device."""
    by_serial = _by_serial(facts)
    by_chassis = _without(_by_keys(facts, [key for key in strong_keys(facts) if key[0] == "mac"]), by_serial)
    if by_serial is not None:
        return _both(by_serial, by_chassis)
    if by_chassis is not None:
        return Identified(by_chassis)
    return Identified(_by_interface(facts) or _by_weak_key(facts))


def _without(found: Ci | None, other: Ci | None) -> Ci | None:
    return None if found is other else found


def _both(by_serial: Ci, by_chassis: Ci | None) -> Identified:
    if by_chassis is None or by_chassis.state == RETIRED:
        return Identified(by_serial)
    if is_placeholder(by_chassis):
        return Identified(by_serial, absorbed=by_chassis)
    text = _(
        "The serial number belongs to “%(first)s” and the chassis address to “%(second)s”. "
        "Nothing was written; look which one is right.",
        first=by_serial.name,
        second=by_chassis.name,
    )
    return Identified(by_serial, conflict=str(text))


def _by_serial(facts: DeviceFacts) -> Ci | None:
    if not facts.serial:
        return None
    bound = _cis(match.ci_id for match in find_by_keys([("serial", facts.serial)]))
    fitting = [ci for ci in bound or _typed_serial(facts.serial) if not _other_vendor(ci, facts.vendor)]
    in_use = [ci for ci in fitting if ci.state != RETIRED] or fitting
    return in_use[0] if len(in_use) == 1 else None


def _typed_serial(serial: str) -> Sequence[Ci]:
    """Devices whose serial number a person or an import wrote down."""
    spellings = {serial, serial.upper(), serial.lower()}
    below = load().keys_below("device")
    return session.scalars(select(Ci).where(Ci.serial.in_(spellings), Ci.class_key.in_(below)).order_by(Ci.id)).all()


def _by_keys(facts: DeviceFacts, keys: Sequence[Key]) -> Ci | None:
    found = _cis(match.ci_id for match in find_by_keys(keys))
    fitting = [ci for ci in found if not _contradicts(ci, facts)]
    return fitting[0] if len(fitting) == 1 else None


def _by_interface(facts: DeviceFacts) -> Ci | None:
    """A placeholder of this device, or the computer that an agent reported with one of these network cards."""
    macs = sorted({one.mac for one in facts.interfaces if one.mac and is_evidence(one.mac)})[:200]
    found = _cis(match.ci_id for match in find_by_keys([("mac", mac) for mac in macs]))
    fitting = [ci for ci in found if not _contradicts(ci, facts) and (is_placeholder(ci) or _is_audited(ci, facts))]
    return fitting[0] if len(fitting) == 1 else None


def _is_audited(ci: Ci, facts: DeviceFacts) -> bool:
    return ci.origin == "agent" and facts.kind in {"server", "other"}


def _by_weak_key(facts: DeviceFacts) -> Ci | None:
    weak = f"{facts.address}|{facts.name}|{facts.system.object_id}"[:255]
    ci_id = session.scalar(select(DeviceRecord.ci_id).where(DeviceRecord.weak_key == weak))
    ci = session.get(Ci, ci_id) if ci_id is not None else None
    return None if ci is None or _contradicts(ci, facts) else ci


def _contradicts(ci: Ci, facts: DeviceFacts) -> bool:
    other_serial = bool(ci.serial and facts.serial) and ci.serial.lower() != str(facts.serial).lower()
    return other_serial or _other_vendor(ci, facts.vendor)


def _other_vendor(ci: Ci, vendor: str | None) -> bool:
    known, said = _first_word(ci.attributes.get("manufacturer")), _first_word(vendor)
    if not known or not said or known == said:
        return False
    return not any({known, said} <= names for names in _SAME_VENDOR)


def _first_word(vendor: str | None) -> str:
    words = (vendor or "").lower().replace("-", "").replace(",", " ").split()
    return words[0] if words else ""


def _cis(ids: Iterable[int]) -> list[Ci]:
    wanted = list(ids)
    return list(session.scalars(select(Ci).where(Ci.id.in_(wanted)).order_by(Ci.id))) if wanted else []


def same_name(facts: DeviceFacts, class_key: str) -> Ci | None:
    """An item of the same name and class that a person wrote down and that nothing identifies yet."""
    if not facts.name:
        return None
    bound = select(CiKey.ci_id).where(CiKey.strong_key.is_not(None))
    statement = select(Ci).where(
        Ci.name_key == facts.name.lower()[:255],
        Ci.class_key == class_key,
        Ci.origin == "hand",
        Ci.state != RETIRED,
        Ci.id.not_in(bound),
    )
    return session.scalars(statement.order_by(Ci.id).limit(1)).first()
