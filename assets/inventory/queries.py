"""Reads of the PC audit: agents, what they sent, the inventory of a CI."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, or_, select

from assets.inventory.models import InventoryAgent, InventoryBody, InventorySnapshot
from assets.inventory.protocol import AgentIdentity, AgentState
from cmdb import queries as cmdb
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import NotFound
from itsm.kernel.paging import Page, SortKey, checked_limit, keyset, page_of
from itsm.kernel.records import require
from itsm.kernel.text import _

MANAGE = "inventory.agents"
NOTES_SHOWN = 50
SOFTWARE_SHOWN = 200
KEYS = (
    SortKey("last_contact_at", InventoryAgent.last_contact_at, descending=True, instant=True),
    SortKey("id", InventoryAgent.id, descending=True),
)


def state_of(identity: AgentIdentity) -> AgentState:
    """What the house knows of an agent, for the protocol."""
    statement = select(InventoryAgent.state).where(InventoryAgent.source_id == identity.source_id[:255])
    state = session.scalar(statement)
    if state is None:
        return AgentState.UNKNOWN
    return AgentState.NEEDS_FULL if state == "needs_full" else AgentState.KNOWN


def list_agents(
    actor: Actor, *, words: str = "", state: str = "", limit: int | None = None, cursor: str | None = None
) -> Page[InventoryAgent]:
    """Agents, those heard of last first; `words` finds the beginning of a name, id or address."""
    require(actor, MANAGE)
    size = checked_limit(limit)
    statement: Select[Any] = select(InventoryAgent)
    if words.strip():
        columns = (InventoryAgent.name, InventoryAgent.source_id, InventoryAgent.address, InventoryAgent.tag)
        statement = statement.where(or_(*(column.icontains(words.strip(), autoescape=True) for column in columns)))
    if state == "duplicated":
        statement = statement.where(InventoryAgent.is_duplicated)
    elif state:
        statement = statement.where(InventoryAgent.state == state)
    rows = session.scalars(keyset(statement, KEYS, limit=size, cursor=cursor)).all()
    return page_of(rows, limit=size, cursor_values=lambda row: (row.last_contact_at, row.id))


def get_agent(actor: Actor, agent_id: int) -> InventoryAgent:
    """An agent; raises `NotFound`."""
    require(actor, MANAGE)
    agent = session.get(InventoryAgent, agent_id, with_for_update=True)
    if agent is None:
        raise NotFound(_("There is no such agent."))
    return agent


def list_notes(actor: Actor) -> Sequence[Row[Any]]:
    """The newest documents that were refused or that somebody should look at."""
    require(actor, MANAGE)
    columns: tuple[Any, ...] = (InventoryBody.id, InventoryBody.received_at, InventoryBody.state, InventoryBody.reasons)
    statement: Select[Any] = (
        select(*columns, InventoryAgent.name, InventoryAgent.source_id)
        .join(InventoryAgent, InventoryAgent.id == InventoryBody.agent_id)
        .where(InventoryBody.reasons != [])
        .order_by(InventoryBody.id.desc())
        .limit(NOTES_SHOWN)
    )
    rows: Sequence[Row[Any]] = session.execute(statement).all()
    return rows


def list_waiting(*, limit: int) -> Sequence[int]:
    """Ids of documents to import, oldest first; those of agents in quarantine stay where they are."""
    statement = (
        select(InventoryBody.id)
        .join(InventoryAgent, InventoryAgent.id == InventoryBody.agent_id)
        .where(InventoryBody.state == "waiting", InventoryAgent.state != "quarantined")
        .order_by(InventoryBody.id)
    )
    return session.scalars(statement.limit(limit)).all()


def list_old(before: datetime, *, limit: int) -> Sequence[int]:
    """Ids of handled documents that were received before an instant."""
    statement = select(InventoryBody.id).where(InventoryBody.state != "waiting", InventoryBody.received_at < before)
    return session.scalars(statement.order_by(InventoryBody.id).limit(limit)).all()


@dataclass(frozen=True)
class CiInventory:
    """The newest inventory of a CI as pages show it; `software` holds at most 200 entries that match the words."""

    ci: Any
    data: dict[str, Any]
    taken_at: datetime
    changes: list[Any]
    change_count: int
    changed_at: datetime | None
    software: list[dict[str, Any]]
    software_total: int
    agents: Sequence[InventoryAgent]


def find_inventory(actor: Actor, ci_id: int, *, words: str = "") -> CiInventory | None:
    """The newest inventory of a CI, or None; raises `NotFound` for a CI that the actor may not see."""
    ci = cmdb.get_ci(actor, ci_id)
    snapshot = session.scalars(select(InventorySnapshot).where(InventorySnapshot.ci_id == ci_id)).first()
    if snapshot is None:
        return None
    software = matching_software(snapshot.data.get("software", []), words)
    agents = session.scalars(
        select(InventoryAgent).where(InventoryAgent.ci_id == ci_id).order_by(InventoryAgent.id)
    ).all()
    return CiInventory(
        ci=ci,
        data=snapshot.data,
        taken_at=snapshot.taken_at,
        changes=snapshot.changes,
        change_count=snapshot.change_count,
        changed_at=snapshot.changed_at,
        software=software[:SOFTWARE_SHOWN],
        software_total=len(software),
        agents=agents,
    )


def matching_software(entries: Sequence[dict[str, Any]], words: str) -> list[dict[str, Any]]:
    """The programs whose name, version or publisher hold every word, by name."""
    wanted = words.lower().split()
    found = [entry for entry in entries if all(word in _text_of(entry) for word in wanted)]
    return sorted(found, key=lambda entry: str(entry.get("name", "")).lower())


def _text_of(entry: dict[str, Any]) -> str:
    return f"{entry.get('name', '')} {entry.get('version', '')} {entry.get('publisher', '')}".lower()
