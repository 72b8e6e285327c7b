"""Writing one inventory: the CI that it belongs to, its facts and keys, what changed, and the asset."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select, update

from assets.inventory import ci_facts, equipment
from assets.inventory.changes import Change, as_data, compare, merge_inventory
from assets.inventory.identity import IdentityKeys, clean_serial, maker_of
from assets.inventory.matching import Candidates, KnownKeys, binding_keys, identify, lookup_keys
from assets.inventory.model import Inventory
from assets.inventory.models import InventoryAgent, InventorySnapshot
from cmdb import queries as cmdb
from cmdb import services as ci_services
from itsm.kernel import audit, clock
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.db import session
from itsm.kernel.text import Message, _

Key = tuple[str, str]

CHANGES_KEPT = 200
CHANGES_RECORDED = 20
VALUE_RECORDED = 200


class Rejected(Exception):
    """An inventory cannot be turned into a record; `reason` says why."""

    def __init__(self, reason: Message) -> None:
        super().__init__(reason)
        self.reason = reason


class RaceLost(Exception):
    """Another inventory of the same machine was imported meanwhile; this one is to be imported again."""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What came of one inventory: `action` is `created`, `updated`, `unchanged` or `rejected`.

    `ci` is the CI's id, `asset` the asset's number, `changes` counts the differences from the last audit, and
    `reasons` say why it was rejected, or what an administrator should look at.
    """

    action: str
    ci: int | None = None
    asset: str | None = None
    changes: int = 0
    reasons: tuple[Message, ...] = ()

    @property
    def reason(self) -> str:
        """All reasons in the language of the moment."""
        return " ".join(str(reason) for reason in self.reasons)


@dataclass(frozen=True, slots=True)
class Found:
    """The CI of an inventory (None: there is none yet) with its last inventory; `is_clone` as in `matching.Verdict`.

    `taken` are the strong keys that belonged to some CI when this one was looked for.
    """

    ci: Any | None
    snapshot: InventorySnapshot | None
    is_clone: bool = False
    taken: frozenset[Key] = frozenset()

    @property
    def has_inventory(self) -> bool:
        """Whether a partial inventory can be laid over something."""
        return self.snapshot is not None


def find(keys: IdentityKeys, inventory: Inventory, agent: InventoryAgent) -> Found:
    """Find the CI; raises `Rejected` when keys point to several, or when nothing could ever tell the device again."""
    matches = ci_services.find_by_keys(_wanted_keys(keys, inventory))
    verdict = identify(keys, _candidates(matches, keys, inventory, agent))
    if verdict.conflict:
        _record_conflict(verdict.conflict, inventory)
        listed = ", ".join(str(ci_id) for ci_id in verdict.conflict)
        text = _(
            "The keys of this inventory belong to several CIs (%(cis)s). Nothing was written; merge them first.",
            cis=listed,
        )
        raise Rejected(text)
    if verdict.ci_id is None:
        _require_key(keys, inventory)
        taken = frozenset(key for match in matches for key in match.strong)
        return Found(None, None, is_clone=verdict.is_clone, taken=taken)
    ci = cmdb.get_ci(SYSTEM, verdict.ci_id, lock=True)
    snapshot = session.scalars(select(InventorySnapshot).where(InventorySnapshot.ci_id == ci.id)).first()
    return Found(ci, snapshot, is_clone=verdict.is_clone)


def _require_key(keys: IdentityKeys, inventory: Inventory) -> None:
    if inventory.kind != "computer" and not keys.has_strong_key:
        raise Rejected(
            _("The device has neither a serial number nor a hardware address, so it cannot be told from others.")
        )


def _record_conflict(ci_ids: Sequence[int], inventory: Inventory) -> None:
    facts = {
        "inventory": [None, f"{inventory.name} ({inventory.device_id})"[:VALUE_RECORDED]],
        "cis": [None, list(ci_ids)],
    }
    audit.record_many(SYSTEM, [("inventory.conflict", "ci", ci_id, facts) for ci_id in ci_ids])


def _wanted_keys(keys: IdentityKeys, inventory: Inventory) -> list[Key]:
    raw = _raw_serial(keys, inventory)
    return [*lookup_keys(keys), *([("serial", raw)] if raw else [])]


def _raw_serial(keys: IdentityKeys, inventory: Inventory) -> str:
    """The serial number as the maker writes it, where it is the system's own and says something."""
    return inventory.serial.strip() if keys.serial_source == "system" else ""


def _candidates(
    matches: Sequence[ci_services.Match], keys: IdentityKeys, inventory: Inventory, agent: InventoryAgent
) -> Candidates:
    bound = agent.ci_id if inventory.kind == "computer" else None
    found: dict[str, set[int]] = {"serial": set(), "uuid": set(), "mac": set()}
    for match in matches:
        for kind, _value in match.strong:
            found[kind].add(match.ci_id)
    if keys.serial and not found["serial"]:
        typed = cmdb.find_with_serial(SYSTEM, (keys.serial, _raw_serial(keys, inventory)))
        found["serial"] = {ci.id for ci in typed}
    everyone = found["serial"] | found["uuid"] | found["mac"] | ({bound} if bound is not None else set())
    return Candidates(
        bound=bound,
        by_serial=frozenset(found["serial"]),
        by_uuid=frozenset(found["uuid"]),
        by_mac=frozenset(found["mac"]),
        known=_known(everyone),
    )


def _known(ci_ids: set[int]) -> dict[int, KnownKeys]:
    """The keys of CIs: from their last inventory, else what discovery or a person wrote down."""
    if not ci_ids:
        return {}
    columns = (InventorySnapshot.ci_id, InventorySnapshot.serial, InventorySnapshot.serial_source)
    statement = select(*columns, InventorySnapshot.maker, InventorySnapshot.uuid)
    rows = session.execute(statement.where(InventorySnapshot.ci_id.in_(ci_ids))).all()
    known = {row.ci_id: KnownKeys(row.serial, row.serial_source, row.maker, row.uuid) for row in rows}
    for ci in cmdb.list_by_ids(SYSTEM, ci_ids - known.keys()):
        manufacturer = str(ci.attributes.get("manufacturer", ""))
        serial = clean_serial(ci.serial, manufacturer=manufacturer)
        known[ci.id] = KnownKeys(serial=serial, maker=maker_of(manufacturer))
    return known


def seen_again(actor: Actor, ci_id: int) -> ImportResult:
    """The very same document as last time: only the instant at which the machine was seen moves."""
    ci = cmdb.get_ci(SYSTEM, ci_id, lock=True)
    ci_services.record_facts(actor, ci, source=ci_facts.AGENT, facts={}, at=clock.now())
    _touch(ci_id)
    return ImportResult("unchanged", ci=ci_id, asset=equipment.number_for_ci(ci_id), reasons=_said(_about_state(ci)))


def _touch(ci_id: int) -> None:
    """The machine was audited now, and nothing that matters had changed."""
    session.execute(update(InventorySnapshot).where(InventorySnapshot.ci_id == ci_id).values(taken_at=clock.now()))


def record(actor: Actor, found: Found, inventory: Inventory, keys: IdentityKeys) -> ImportResult:
    """Write the inventory to its CI, or make one; a retired CI and a retired asset stay retired. Rule: INV-36, INV-37."""
    if found.ci is None:
        return _create(actor, found, inventory, keys)
    record_data = merge_inventory(found.snapshot.data, inventory) if found.snapshot else as_data(inventory)
    changes = compare(found.snapshot.data, record_data) if found.snapshot else []
    is_news = bool(changes) or found.snapshot is None
    facts = _facts(inventory, keys) if is_news else {}
    ci_services.record_facts(actor, found.ci, source=ci_facts.source_of(inventory), facts=facts, at=clock.now())
    about = _about_state(found.ci)
    if not is_news:
        _touch(found.ci.id)
        asset = equipment.number_for_ci(found.ci.id)
        return ImportResult("unchanged", ci=found.ci.id, asset=asset, reasons=_said(about))
    taken = _taken(ci_services.bind_keys(found.ci, binding_keys(keys)))
    _store(found.ci.id, found.snapshot, record_data, changes, keys)
    _record_changes(actor, found.ci.id, changes)
    asset, note = equipment.tie(actor, found.ci, inventory, keys, is_new=False)
    reasons = _said(about, taken, note)
    return ImportResult("updated", ci=found.ci.id, asset=asset, changes=len(changes), reasons=reasons)


def _create(actor: Actor, found: Found, inventory: Inventory, keys: IdentityKeys) -> ImportResult:
    facts = _facts(inventory, keys)
    ci = ci_services.create_ci(
        actor,
        class_key=ci_facts.class_of(inventory),
        name=ci_facts.name_of(inventory),
        origin=ci_facts.source_of(inventory),
        serial=facts.get("serial", ""),
        attributes={name: value for name, value in facts.items() if name not in {"name", "serial"}},
    )
    same_name = _same_name(keys)
    taken = ci_services.bind_keys(ci, binding_keys(keys))
    if set(taken) - found.taken:
        raise RaceLost
    _store(ci.id, None, as_data(inventory), [], keys)
    asset, note = equipment.tie(actor, ci, inventory, keys, is_new=True)
    clone = _("Its agent's id is used by another machine too, as cloned images do.") if found.is_clone else ""
    return ImportResult("created", ci=ci.id, asset=asset, reasons=_said(clone, same_name, _taken(taken), note))


def _said(*notes: Message) -> tuple[Message, ...]:
    return tuple(note for note in notes if note)


def _facts(inventory: Inventory, keys: IdentityKeys) -> dict[str, Any]:
    serial = _raw_serial(keys, inventory) or keys.serial
    facts = ci_facts.facts_of(inventory, serial=serial)
    return facts | ({} if keys.has_strong_key else {"identity": "unverified"})


def _same_name(keys: IdentityKeys) -> Message:
    """Names never merge; who looks at the note may. Rule: INV-25."""
    matches = ci_services.find_by_keys([("name", keys.name)]) if keys.name else []
    if not matches:
        return ""
    listed = ", ".join(str(match.ci_id) for match in matches[:5])
    return _("The same name belongs to CI %(cis)s; look whether it is the same machine.", cis=listed)


def _taken(keys: Sequence[tuple[str, str]]) -> Message:
    if not keys:
        return ""
    listed = ", ".join(f"{kind} {value}" for kind, value in keys)
    return _("Known by another CI already, and left there: %(keys)s.", keys=listed)


def _about_state(ci: Any) -> Message:
    return _("The CI is retired; it was not brought back.") if ci.state == "retired" else ""


def _store(
    ci_id: int, snapshot: InventorySnapshot | None, data: dict[str, Any], changes: Sequence[Change], keys: IdentityKeys
) -> None:
    now = clock.now()
    if snapshot is None:
        snapshot = InventorySnapshot(ci_id=ci_id, data=data, taken_at=now, changes=[])
        session.add(snapshot)
    snapshot.data, snapshot.taken_at = data, now
    if changes:
        snapshot.changes, snapshot.changed_at = [asdict(change) for change in changes[:CHANGES_KEPT]], now
        snapshot.change_count = len(changes)
    for name in ("serial", "serial_source", "maker", "uuid"):
        setattr(snapshot, name, getattr(keys, name) or getattr(snapshot, name) or "")
    session.flush()


def _record_changes(actor: Actor, ci_id: int, changes: Sequence[Change]) -> None:
    if not changes:
        return
    shown: dict[str, Any] = {"differences": [None, len(changes)]}
    for change in changes[:CHANGES_RECORDED]:
        name = f"{change.section}: {change.label}"[:VALUE_RECORDED]
        shown[name] = [_short(change.before), _short(change.after)]
    audit.record(actor, "inventory.changed", subject_kind="ci", subject_id=ci_id, changes=shown)


def _short(value: Any) -> Any:
    """A value that an audit entry can hold: long ones are cut, entries are told by what differs."""
    if isinstance(value, dict):
        value = ", ".join(f"{name} {_short(inner)}" for name, inner in value.items() if inner not in (None, "", []))
    if isinstance(value, list):
        value = ", ".join(str(_short(inner)) for inner in value)
    return value[:VALUE_RECORDED] if isinstance(value, str) else value
