"""What agents sent: kept, then turned into CIs and assets. Whoever opened the unit of work commits it."""

import hashlib
import zlib
from typing import Any

from sqlalchemy import Select, select

from assets.inventory import recording
from assets.inventory.identity import identity_keys
from assets.inventory.model import Inventory
from assets.inventory.models import InventoryAgent, InventoryBody
from assets.inventory.protocol import AgentContacted, AgentIdentity, InventoryReceived
from assets.inventory.reading import read_body
from assets.inventory.recording import ImportResult, Rejected
from assets.inventory.screening import site_junk
from assets.inventory.wire import InventoryRefused
from itsm.kernel import clock, files, preferences
from itsm.kernel.actor import Actor
from itsm.kernel.db import insert_unless_there, session
from itsm.kernel.records import apply_changes, check_version, get, require
from itsm.kernel.text import Message, _

QUARANTINE_NEW = "inventory.quarantine_new"
MANAGE = "inventory.agents"
QUARANTINED: Message = _("The agent waits for an administrator's approval.")
NEEDS_FULL: Message = _("This is a part of an inventory, and its machine is not known. It waits for a full one.")


def receive(event: InventoryReceived | AgentContacted, *, address: str) -> None:
    """Note that an agent spoke, and keep the document that it brought until a job imports it. Rule: INV-35.

    The same document sent again while it waits is kept once.
    """
    agent = _agent_row(event.agent, address=address)
    if isinstance(event, AgentContacted):
        agent.tag = event.tag[:255] or agent.tag
        session.flush()
        return
    if agent.state != "quarantined":
        agent.state = "needs_full" if event.needs_full else "known"
    sha256 = files.store(zlib.compress(event.data))
    if not _is_waiting(agent, sha256):
        header = event.agent.agent_id[:255]
        session.add(InventoryBody(agent_id=agent.id, sha256=sha256, header_agent_id=header, received_at=clock.now()))
    session.flush()


def _is_waiting(agent: InventoryAgent, sha256: str) -> bool:
    same = (InventoryBody.agent_id == agent.id, InventoryBody.sha256 == sha256, InventoryBody.state == "waiting")
    return session.scalar(select(InventoryBody.id).where(*same)) is not None


def _agent_row(identity: AgentIdentity, *, address: str) -> InventoryAgent:
    """The agent, locked for this transaction; made when it is new. Of two at once, one makes it and one finds it."""
    wanted = select(InventoryAgent).where(InventoryAgent.source_id == identity.source_id[:255])
    locked = wanted.with_for_update().execution_options(populate_existing=True)
    agent = session.scalars(locked).first()
    if agent is None:
        insert_unless_there(InventoryAgent, **_new_agent(identity))
        agent = session.scalars(locked).one()
    agent.last_contact_at = clock.now()
    agent.address = address[:255] or agent.address
    agent.agent_version = identity.version[:255] or agent.agent_version
    return agent


def _new_agent(identity: AgentIdentity) -> dict[str, Any]:
    state = "quarantined" if preferences.get(QUARANTINE_NEW, default=False) else "known"
    return {
        "source_id": identity.source_id[:255],
        "kind": identity.kind,
        "state": state,
        "last_contact_at": clock.now(),
        "address": "",
    }


def import_body(actor: Actor, raw: bytes, *, agent_id: str = "", address: str = "") -> ImportResult:
    """Import one document of an agent, compressed or not; a bad one is answered as rejected, never raised.

    `agent_id` is what the agent said of itself beside the document. The same document again changes nothing.
    Rule: INV-29 to INV-38.
    """
    require(actor, "cmdb.edit")
    digest = hashlib.sha256(raw).hexdigest()
    known = session.scalars(_imported_last(digest)).first()
    if known is not None and known.ci_id is not None:
        known.last_contact_at = clock.now()
        return recording.seen_again(actor, known.ci_id)
    try:
        inventory = read_body(raw, agent_id=agent_id).inventory
        return _import(actor, inventory, digest=digest, address=address)
    except (InventoryRefused, Rejected) as refusal:
        return ImportResult("rejected", reasons=(refusal.reason,))


def _imported_last(digest: str) -> Select[Any]:
    """The agent whose newest document is this very one, so that it need not be read again."""
    same = (
        InventoryAgent.document_sha256 == digest,
        InventoryAgent.state == "known",
        InventoryAgent.ci_id.is_not(None),
    )
    return select(InventoryAgent).where(*same).limit(1).with_for_update()


def _import(actor: Actor, inventory: Inventory, *, digest: str, address: str) -> ImportResult:
    keys = identity_keys(inventory, junk=site_junk())
    agent = _agent_row(
        AgentIdentity(inventory.agent_kind, inventory.agent_id, inventory.device_id, inventory.agent_version),
        address=address,
    )
    if agent.state == "quarantined":
        raise Rejected(QUARANTINED)
    found = recording.find(keys, inventory, agent)
    agent.name, agent.tag = inventory.name[:255], inventory.tag[:255] or agent.tag
    if inventory.is_partial and not found.has_inventory:
        agent.state = "needs_full"
        session.flush()
        return ImportResult("rejected", reasons=(NEEDS_FULL,))
    result = recording.record(actor, found, inventory, keys)
    _bind(actor, agent, inventory, result, is_clone=found.is_clone)
    agent.document_sha256 = digest
    session.flush()
    return result


def _bind(actor: Actor, agent: InventoryAgent, inventory: Inventory, result: ImportResult, *, is_clone: bool) -> None:
    """Bind the agent to its machine. One that asks other devices by SNMP is bound to none of them."""
    if not inventory.is_partial:
        agent.state = "known"
    if is_clone and not agent.is_duplicated:
        apply_changes(actor, agent, {"is_duplicated": True}, kind="inventory_agent")
    if inventory.kind == "computer" and not is_clone and agent.ci_id != result.ci:
        apply_changes(actor, agent, {"ci_id": result.ci}, kind="inventory_agent")


def import_stored(actor: Actor, body_id: int) -> ImportResult | None:
    """Import one kept document; None when it was handled meanwhile or its agent is in quarantine."""
    body = session.get(InventoryBody, body_id, with_for_update=True)
    if body is None or body.state != "waiting":
        return None
    agent = get(InventoryAgent, body.agent_id)
    if agent.state == "quarantined":
        return None
    content = files.read(body.sha256)
    result = import_body(actor, content, agent_id=body.header_agent_id)
    body.state = "rejected" if result.action == "rejected" else "done"
    body.reasons = list(result.reasons)
    session.flush()
    return result


def give_up(body_id: int, reason: Message) -> None:
    """Reject a kept document that could not be imported after several attempts."""
    body = session.get(InventoryBody, body_id, with_for_update=True)
    if body is not None and body.state == "waiting":
        body.state, body.reasons = "rejected", [reason]
        session.flush()


def approve(actor: Actor, agent: InventoryAgent, *, version: int | None = None) -> None:
    """Let an agent out of quarantine; what it sent meanwhile is imported by the next run of the job."""
    require(actor, MANAGE)
    check_version(agent, version)
    if agent.state == "quarantined":
        apply_changes(actor, agent, {"state": "known"}, kind="inventory_agent")


def quarantine(actor: Actor, agent: InventoryAgent, *, version: int | None = None) -> None:
    """Import nothing more from an agent until it is approved."""
    require(actor, MANAGE)
    check_version(agent, version)
    apply_changes(actor, agent, {"state": "quarantined"}, kind="inventory_agent")


def screen_new_agents(actor: Actor, *, wanted: bool) -> None:
    """Say whether agents that report for the first time wait for approval."""
    require(actor, MANAGE)
    preferences.put(actor, QUARANTINE_NEW, wanted)
