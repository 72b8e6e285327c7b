"""Who is connected to whom: what devices heard on their ports becomes relations, and goes after two runs of silence.

Rule: D2. LLDP and CDP name the neighbour; a bridge's table names end stations only on ports without such a neighbour.
A neighbour that is not known becomes a placeholder when it has a chassis MAC address, by which it is merged with the
device as soon as that is read. Of two connected devices the source is the one further from the core.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, or_, select, update

from cmdb.discovery.facts import DeviceFacts, Neighbour
from cmdb.discovery.identification import RETIRED, RecordedMeanwhile, is_evidence, is_mac
from cmdb.discovery.models import DeviceRecord, NeighbourSighting
from cmdb.models import Ci, CiKey, Relation
from cmdb.services import bind_keys, change_state, create_ci, find_by_keys, relate, unrelate
from itsm.kernel.actor import Actor
from itsm.kernel.db import session

CONNECTS: Final = "connects_to"
ORIGIN: Final = "snmp"
MISSED_MOST: Final = 2
PLACEHOLDER_CLASS: Final = "network_device"
_NEAR_CORE: Final = {
    "router": 3,
    "firewall": 3,
    "load_balancer": 3,
    "switch": 2,
    "network_device": 2,
    "access_point": 1,
}


@dataclass(frozen=True)
class _Seen:
    """One neighbour of this run and its item, when it has one."""

    protocol: str
    local_port: str
    chassis_id: str
    port: str
    name: str = ""
    address: str = ""
    description: str = ""
    ci_id: int | None = None

    @property
    def digest(self) -> str:
        """What makes it the same neighbour in the next run."""
        parts = f"{self.protocol}\x00{self.local_port}\x00{self.chassis_id}\x00{self.port}"
        return hashlib.sha256(parts.encode()).hexdigest()


def store(actor: Actor, ci: Ci, facts: DeviceFacts, *, at: datetime) -> bool:
    """Keep what a device heard and settle its relations; answers whether neighbours came or went."""
    seen = {one.digest: one for one in [*_announced(actor, ci, facts), *_stations(ci, facts)]}
    known = {
        row.digest: row for row in session.scalars(select(NeighbourSighting).where(NeighbourSighting.ci_id == ci.id))
    }
    came = [_note(ci, known.get(digest), one, at) for digest, one in seen.items()]
    gone = [_miss(row) for digest, row in known.items() if digest not in seen and _was_read(row.protocol, facts)]
    session.flush()
    related = _settle_relations(actor, ci)
    return any(came) or any(gone) or related


def _announced(actor: Actor, ci: Ci, facts: DeviceFacts) -> list[_Seen]:
    return [_announcement(actor, ci, one) for one in facts.neighbours if one.chassis_id or one.name]


def _announcement(actor: Actor, ci: Ci, one: Neighbour) -> _Seen:
    neighbour = _find(one) or _placeholder(actor, one)
    is_other = neighbour is not None and neighbour.id != ci.id and neighbour.state != RETIRED
    return _Seen(
        protocol=one.protocol,
        local_port=one.local_port[:255],
        chassis_id=one.chassis_id[:255],
        port=(one.port or one.port_description)[:255],
        name=one.name[:255],
        address=one.address or "",
        description=one.description,
        ci_id=neighbour.id if neighbour is not None and is_other else None,
    )


def _find(one: Neighbour) -> Ci | None:
    """The item of a neighbour: by its chassis address, else the only device read so far that has its name."""
    if is_mac(one.chassis_id):
        matches = [match for match in find_by_keys([("mac", one.chassis_id)]) if match.strong]
        if len(matches) == 1:
            return session.get(Ci, matches[0].ci_id)
    if not one.name:
        return None
    named = select(Ci).join(DeviceRecord, DeviceRecord.ci_id == Ci.id).where(DeviceRecord.name == one.name)
    found = session.scalars(named.where(Ci.state != RETIRED).limit(2)).all()
    return found[0] if len(found) == 1 else None


def _placeholder(actor: Actor, one: Neighbour) -> Ci | None:
    if not is_mac(one.chassis_id) or not is_evidence(one.chassis_id):
        return None
    said = {
        "unmanaged": True,
        "mac_address": one.chassis_id,
        "ip_address": one.address,
        "system_description": one.description,
    }
    attributes = {name: value for name, value in said.items() if value}
    name = one.name or one.chassis_id
    ci = create_ci(actor, class_key=PLACEHOLDER_CLASS, name=name[:255], origin=ORIGIN, attributes=attributes)
    if bind_keys(ci, [("mac", one.chassis_id)]):
        raise RecordedMeanwhile(one.chassis_id)
    return ci


def _stations(ci: Ci, facts: DeviceFacts) -> list[_Seen]:
    """End stations that are configuration items, on ports where no neighbour announces itself."""
    uplinks = {one.local_index for one in facts.neighbours}
    names = {one.index: one.name or one.description for one in facts.interfaces}
    ports = [one for one in facts.bridge if one.interface_index is not None and one.interface_index not in uplinks]
    owners = _owners({mac for port in ports for mac in port.macs})
    return [
        _Seen("bridge", names.get(port.interface_index or 0, str(port.bridge_port))[:255], mac, "", ci_id=owners[mac])
        for port in ports
        for mac in port.macs
        if owners.get(mac, ci.id) != ci.id
    ]


def _owners(macs: Iterable[str]) -> dict[str, int]:
    wanted = sorted(macs)
    found: dict[str, int] = {}
    for start in range(0, len(wanted), 500):
        keys = [f"mac:{mac}" for mac in wanted[start : start + 500]]
        statement = select(CiKey.value, CiKey.ci_id).join(Ci, Ci.id == CiKey.ci_id)
        rows = session.execute(statement.where(CiKey.strong_key.in_(keys), Ci.state != RETIRED))
        found |= {row.value: row.ci_id for row in rows}
    return found


def _note(ci: Ci, row: NeighbourSighting | None, one: _Seen, at: datetime) -> bool:
    is_new = row is None
    if row is None:
        row = NeighbourSighting(ci_id=ci.id, digest=one.digest, protocol=one.protocol, local_port=one.local_port)
        row.chassis_id, row.port = one.chassis_id, one.port
        session.add(row)
    row.name, row.address, row.description = one.name, one.address, one.description
    row.neighbour_ci_id, row.missed, row.seen_at = one.ci_id or row.neighbour_ci_id, 0, at
    return is_new


def _miss(row: NeighbourSighting) -> bool:
    row.missed += 1
    if row.missed < MISSED_MOST:
        return False
    session.delete(row)
    return True


def _was_read(protocol: str, facts: DeviceFacts) -> bool:
    """Whether silence about a neighbour means something: its table was read to the end."""
    return not any(one.table.startswith(protocol) or "budget" in one.text for one in facts.errors)


def _settle_relations(actor: Actor, ci: Ci) -> bool:
    ends = select(NeighbourSighting.ci_id, NeighbourSighting.neighbour_ci_id).where(
        NeighbourSighting.neighbour_ci_id.is_not(None),
        or_(NeighbourSighting.ci_id == ci.id, NeighbourSighting.neighbour_ci_id == ci.id),
    )
    wanted = {row.neighbour_ci_id if row.ci_id == ci.id else row.ci_id for row in session.execute(ends)} - {ci.id}
    present = _relations_of(ci)
    for other_id, relation in present.items():
        if other_id not in wanted and relation.origin == ORIGIN:
            unrelate(actor, relation)
    for other_id in sorted(wanted):
        _relate(actor, ci, other_id, present.get(other_id))
    lost = any(one.origin == ORIGIN for other_id, one in present.items() if other_id not in wanted)
    return lost or bool(wanted - present.keys())


def _relations_of(ci: Ci) -> dict[int, Relation]:
    either = or_(Relation.source_id == ci.id, Relation.target_id == ci.id)
    rows = session.scalars(select(Relation).where(Relation.type_key == CONNECTS, either))
    return {row.target_id if row.source_id == ci.id else row.source_id: row for row in rows}


def _relate(actor: Actor, ci: Ci, other_id: int, present: Relation | None) -> None:
    if present is not None:
        relate(actor, source_id=present.source_id, target_id=present.target_id, type_key=CONNECTS, origin=ORIGIN)
        return
    other = session.get(Ci, other_id)
    if other is not None:
        source, target = sorted((ci, other), key=_nearness)
        relate(actor, source_id=source.id, target_id=target.id, type_key=CONNECTS, origin=ORIGIN)


def _nearness(ci: Ci) -> tuple[int, int]:
    """How near the core an item is by its class; among equals the one that was recorded first counts as nearer."""
    return _NEAR_CORE.get(ci.class_key, 0), -ci.id


def absorb(actor: Actor, placeholder: Ci, ci: Ci) -> None:
    """Merge a placeholder into the item that it turned out to be: sightings, relations and keys move, it is retired."""
    moved = update(NeighbourSighting).where(NeighbourSighting.neighbour_ci_id == placeholder.id)
    session.execute(moved.values(neighbour_ci_id=ci.id))
    for relation in _relations_of(placeholder).values():
        unrelate(actor, relation)
    session.execute(delete(CiKey).where(CiKey.ci_id == placeholder.id))
    change_state(actor, placeholder, RETIRED)
