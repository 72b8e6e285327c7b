"""Which CI an inventory belongs to. Rule: INV-29 to INV-34 (`docs/rules.md`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from assets.inventory.identity import IdentityKeys, is_same_uuid, swapped_uuid


@dataclass(frozen=True, slots=True)
class KnownKeys:
    """What is known to identify a CI: cleaned serial number, the part that it is of, maker and UUID; empty where unknown."""

    serial: str = ""
    serial_source: str = ""
    maker: str = ""
    uuid: str = ""


@dataclass(frozen=True, slots=True)
class Candidates:
    """CIs that came up for an inventory: by its agent's binding, by serial number, by UUID and by hardware address.

    `known` holds the keys of each of them.
    """

    bound: int | None = None
    by_serial: frozenset[int] = frozenset()
    by_uuid: frozenset[int] = frozenset()
    by_mac: frozenset[int] = frozenset()
    known: Mapping[int, KnownKeys] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The CI that was found (None: a new one), by what, and what stands against it.

    `conflict` lists CIs that different keys point to: nothing may be written then. `is_clone` says that the agent is
    bound to another machine.
    """

    ci_id: int | None = None
    found_by: str = ""
    conflict: Sequence[int] = ()
    is_clone: bool = False


def identify(keys: IdentityKeys, candidates: Candidates) -> Verdict:
    """Choose the CI: agent's binding, serial number and maker, UUID, hardware addresses; never the name."""
    known = candidates.known
    is_clone = candidates.bound is not None and contradicts(known[candidates.bound], keys)
    bound = None if is_clone else candidates.bound
    by_serial = {ci for ci in candidates.by_serial if is_same_maker(known[ci], keys)}
    by_uuid = {ci for ci in candidates.by_uuid if not is_other_serial(known[ci], keys)}
    by_mac = {ci for ci in candidates.by_mac if not contradicts(known[ci], keys)}
    strong = ({bound} if bound is not None else set()) | by_serial | by_uuid
    if len(strong) > 1:
        return Verdict(conflict=tuple(sorted(strong)), is_clone=is_clone)
    for found_by, found in (("agent", {bound} - {None}), ("serial", by_serial), ("uuid", by_uuid), ("mac", by_mac)):
        if len(found) == 1:
            return Verdict(ci_id=found.pop(), found_by=found_by, is_clone=is_clone)
    return Verdict(is_clone=is_clone)


def contradicts(known: KnownKeys, keys: IdentityKeys) -> bool:
    """Whether a CI's keys say that it is another machine: by serial number, or by UUID where no serial numbers compare."""
    if _serials_compare(known, keys):
        return known.serial != keys.serial or not is_same_maker(known, keys)
    return bool(known.uuid and keys.uuid) and not is_same_uuid(known.uuid, keys.uuid)


def is_other_serial(known: KnownKeys, keys: IdentityKeys) -> bool:
    """Whether both serial numbers are known, of the same part, and differ."""
    return _serials_compare(known, keys) and known.serial != keys.serial


def is_same_maker(known: KnownKeys, keys: IdentityKeys) -> bool:
    """Whether the makers are equal or one of them is not known: serial numbers of two makers may coincide."""
    return not known.maker or not keys.maker or known.maker == keys.maker


def _serials_compare(known: KnownKeys, keys: IdentityKeys) -> bool:
    """A system's serial number says nothing about a mainboard's that was used for want of one."""
    if not known.serial or not keys.serial:
        return False
    return not known.serial_source or known.serial_source == keys.serial_source


def lookup_keys(keys: IdentityKeys) -> list[tuple[str, str]]:
    """The keys by which CIs are looked up, as the CMDB names them; UUIDs in either byte order."""
    found = [("serial", keys.serial)] if keys.serial else []
    if keys.uuid:
        found += [("uuid", keys.uuid), ("uuid", swapped_uuid(keys.uuid))]
    return found + [("mac", mac) for mac in keys.macs]


def binding_keys(keys: IdentityKeys) -> list[tuple[str, str]]:
    """The keys by which a CI will be known; the name helps people only and never identifies."""
    found = [("serial", keys.serial)] if keys.serial else []
    found += [("uuid", keys.uuid)] if keys.uuid else []
    found += [("mac", mac) for mac in keys.macs]
    return found + ([("name", keys.name)] if keys.name else [])
