"""Storing what was read from a device: its configuration item, its facts, its ports and its neighbours."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from cmdb.discovery import topology
from cmdb.discovery.facts import DeviceFacts, Interface
from cmdb.discovery.identification import (
    GENERIC_CLASSES,
    RETIRED,
    Identified,
    RecordedMeanwhile,
    class_of,
    identify,
    is_mac,
    is_placeholder,
    same_name,
    strong_keys,
    weak_key,
)
from cmdb.discovery.models import DeviceRecord
from cmdb.models import Ci
from cmdb.services import bind_keys, create_ci, edit_ci, record_facts
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.text import _

SOURCE: Final = "snmp"
INTERFACES_KEPT: Final = 4000
_PHYSICAL: Final = frozenset({6, 62, 69, 71, 117})  # IANAifType: Ethernet in its forms, wireless
Action = Literal["created", "updated", "unchanged"]


@dataclass(frozen=True)
class Recorded:
    """The item of a device, what was done, and hints for a person; one that was left alone is not connected either."""

    ci: Ci
    action: Action
    notes: tuple[str, ...] = ()
    left_alone: bool = False


def record_device(actor: Actor, facts: DeviceFacts, *, at: datetime, site_id: int | None = None) -> Recorded:
    """Create or update the configuration item of a device, without its neighbours.

    A run records all its devices before it connects the first, so that none needs a placeholder for another.
    """
    found = identify(facts)
    if found.ci is None:
        return _created(actor, facts, at=at, site_id=site_id)
    if found.conflict:
        return Recorded(found.ci, "unchanged", (found.conflict,), left_alone=True)
    if found.ci.state == RETIRED:
        text = _("“%(name)s” is retired but still answers. It was left as it is.", name=found.ci.name)
        return Recorded(found.ci, "unchanged", (str(text),), left_alone=True)
    return _updated(actor, found, found.ci, facts, at)


def _created(actor: Actor, facts: DeviceFacts, *, at: datetime, site_id: int | None) -> Recorded:
    class_key = class_of(facts)
    alike = same_name(facts, class_key)
    ci = create_ci(
        actor,
        class_key=class_key,
        name=_name(facts),
        origin=SOURCE,
        attributes=_attributes(facts),
        serial=facts.serial or "",
        site_id=site_id,
    )
    ci.last_seen_at = at
    notes = _bind(ci, facts)
    if notes:
        _refuse_double(ci, facts)
    if alike is not None:
        text = _(
            "“%(name)s” (number %(id)s) was written down by hand. If it is this device, give it the serial number "
            "or retire one of the two.",
            name=alike.name,
            id=alike.id,
        )
        notes.append(str(text))
    _keep_record(ci, facts, at)
    return Recorded(ci, "created", tuple(notes))


def _refuse_double(ci: Ci, facts: DeviceFacts) -> None:
    """Keys are taken by an item that was not there before this one was made: it is the same device."""
    other = identify(facts).ci
    if other is not None and other.id != ci.id:
        raise RecordedMeanwhile(facts.address)


def _updated(actor: Actor, found: Identified, ci: Ci, facts: DeviceFacts, at: datetime) -> Recorded:
    changed = _settle_class(actor, ci, facts)
    if found.absorbed is not None:
        topology.absorb(actor, found.absorbed, ci)
        changed = True
    said = _attributes(facts) | ({"serial": facts.serial} if facts.serial else {})
    if facts.name:
        said["name"] = facts.name[:255]
    if "unmanaged" in ci.attributes.get("discovered", {}):
        said["unmanaged"] = False
    changed = bool(record_facts(actor, ci, source=SOURCE, facts=said, at=at)) or changed
    notes = _bind(ci, facts)
    _keep_record(ci, facts, at)
    return Recorded(ci, "updated" if changed else "unchanged", tuple(notes))


def _settle_class(actor: Actor, ci: Ci, facts: DeviceFacts) -> bool:
    """Give a placeholder, or an item that discovery could not place so far, the class that is known now."""
    class_key = class_of(facts)
    is_open = is_placeholder(ci) or (ci.origin == SOURCE and ci.class_key in GENERIC_CLASSES)
    if not is_open or class_key == ci.class_key or class_key in GENERIC_CLASSES:
        return False
    edit_ci(actor, ci, version=None, changes={"class_key": class_key})
    return True


def _name(facts: DeviceFacts) -> str:
    described = " ".join(part for part in (facts.vendor, facts.model, facts.address) if part)
    return (facts.name or described)[:255]


def _attributes(facts: DeviceFacts) -> dict[str, Any]:
    """What the device says, as attributes; silence takes nothing away."""
    said: dict[str, Any] = {
        "manufacturer": facts.vendor,
        "model": facts.model,
        "firmware": facts.firmware,
        "location": facts.location,
        "contact": facts.contact,
        "ip_address": facts.address,
        "mac_address": facts.chassis_id if is_mac(facts.chassis_id) else None,
        "sys_object_id": facts.system.object_id,
        "system_description": facts.system.description,
        "ports": sum(one.type in _PHYSICAL for one in facts.interfaces),
    }
    return {name: value for name, value in (said | _appliance(facts)).items() if value not in (None, "")}


def _appliance(facts: DeviceFacts) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if facts.printer is not None:
        said["page_count"] = facts.printer.page_count
    if facts.ups is not None:
        said |= {"charge_percent": facts.ups.charge_percent, "runtime_seconds": facts.ups.runtime_seconds}
    return said


def _bind(ci: Ci, facts: DeviceFacts) -> list[str]:
    taken = bind_keys(ci, [*strong_keys(facts), *([("name", facts.name)] if facts.name else [])])
    return [
        str(_("Another item is known by the same %(kind)s %(value)s.", kind=kind, value=value)) for kind, value in taken
    ]


def _keep_record(ci: Ci, facts: DeviceFacts, at: datetime) -> None:
    record = session.get(DeviceRecord, ci.id)
    if record is None:
        record = DeviceRecord(ci_id=ci.id)
        session.add(record)
    record.address, record.name, record.seen_at = facts.address, facts.name[:255], at
    record.chassis_id = (facts.chassis_id or "")[:255] or None
    record.weak_key = weak_key(facts)
    record.interfaces = [_interface(one) for one in facts.interfaces[:INTERFACES_KEPT]]
    session.flush()


def _interface(one: Interface) -> dict[str, Any]:
    return {
        "index": one.index,
        "name": one.name or one.description,
        "alias": one.alias,
        "type": one.type,
        "speed_bps": one.speed_bps,
        "mac": one.mac,
        "admin": one.admin_status,
        "oper": one.oper_status,
        "addresses": list(one.addresses),
    }
