"""The conversation with inventory agents as a pure function: a request and what is known of the agent give a reply.

Three agents speak to one address. They are told apart by what they send, never by path or content type. An answer is
never empty (agents take that for an error) and comes back in the compression of the request.
"""

import hashlib
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal
from xml.sax.saxutils import escape

from assets.inventory.document import Document, kind_of_agent
from assets.inventory.model import AgentKind
from assets.inventory.privacy import without_private_data
from assets.inventory.reading import INVENTORY_ACTIONS, parse_document
from assets.inventory.row import clean_text
from assets.inventory.wire import BodyFormat, Coding, InventoryRefused, deflate, inflate
from itsm.kernel.text import _, language

MAX_IDENTIFIER = 255

_MEDIA_TYPES: dict[BodyFormat, str] = {"json": "application/json", "xml": "application/xml"}
_REFUSED_TASKS = ("esx", "deploy", "collect", "netdiscovery", "netinventory", "wakeonlan", "remoteinventory")
_QUIET_ACTIONS = frozenset({"netdiscovery", "system", "update"})


class AgentState(Enum):
    """What the house knows of an agent: nothing, its machine, or that only parts of its machine arrived."""

    UNKNOWN = "unknown"
    KNOWN = "known"
    NEEDS_FULL = "needs_full"


@dataclass(frozen=True, slots=True)
class AgentIdentity:
    """Who is speaking; ``agent_id`` is the GLPI agent's own UUID, which the other agents do not have."""

    kind: AgentKind
    agent_id: str = ""
    device_id: str = ""
    version: str = ""

    @property
    def source_id(self) -> str:
        """The identifier that the agent is bound by: its own id, or else its device id."""
        return self.agent_id or self.device_id


@dataclass(frozen=True, slots=True)
class AgentRequest:
    """One HTTP request, reduced to what matters; ``agent_id`` is the header ``GLPI-Agent-ID``."""

    method: str
    body: bytes = b""
    query: Mapping[str, str] = field(default_factory=dict)
    agent_id: str = ""
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class ProtocolSettings:
    """How often agents shall report: every ``interval_hours``, spread by up to ``spread_hours`` to either side."""

    interval_hours: int = 24
    spread_hours: int = 4
    server_version: str = "10.0.18"


@dataclass(frozen=True, slots=True)
class AgentContacted:
    """An agent reported for duty without sending anything yet."""

    agent: AgentIdentity
    tag: str = ""


@dataclass(frozen=True, slots=True)
class InventoryReceived:
    """An inventory arrived and was well formed; ``data`` is the inflated document without private data.

    ``needs_full`` asks to remember the agent as ``AgentState.NEEDS_FULL``: a partial inventory came from an agent whose
    machine is not known, so it can be kept but not turned into a record. A full one ends that state.
    """

    agent: AgentIdentity
    data: bytes
    format: BodyFormat
    is_partial: bool = False
    needs_full: bool = False

    @property
    def sha256(self) -> str:
        """Hex digest of the data: the same document sent twice has the same one."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class AgentReply:
    """One HTTP answer; ``body`` is already compressed."""

    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    event: InventoryReceived | AgentContacted | None = None


@dataclass(frozen=True, slots=True)
class _Answer:
    format: BodyFormat
    text: str
    event: InventoryReceived | AgentContacted | None = None


def respond(
    request: AgentRequest,
    state_of: Callable[[AgentIdentity], AgentState],
    *,
    settings: ProtocolSettings | None = None,
) -> AgentReply:
    """Answer one request of an agent.

    ``state_of`` is asked at most once and only for well-formed messages. The event of the reply must be stored before
    the reply is sent: an agent takes its inventory for delivered and leaves out unchanged sections from then on. A
    request that cannot be taken is answered with status 400 and a text that the agent shows in its log.
    """
    if request.method == "GET":
        return _answer_to_get(request)
    if request.method != "POST":
        return _refusal(request, InventoryRefused("method", _("must be POST")))
    try:
        data, coding = inflate(request.body)
        document = parse_document(data)
        agent = _identity(request, document)
        answer = _dispatch(data, document, agent, state_of=state_of, settings=settings or ProtocolSettings())
    except InventoryRefused as refusal:
        return _refusal(request, refusal)
    return _reply(answer, agent.kind, coding)


def expiration_hours(source_id: str, settings: ProtocolSettings) -> int:
    """Hours until an agent shall report again: always the same for one agent, spread evenly over a fleet."""
    span = 2 * settings.spread_hours + 1
    shift = zlib.crc32(source_id.encode("utf-8", "replace")) % span - settings.spread_hours
    return max(1, settings.interval_hours + shift)


def _identity(request: AgentRequest, document: Document) -> AgentIdentity:
    if len(document.device_id) > MAX_IDENTIFIER:
        raise InventoryRefused("deviceid", _("is longer than %(number)s characters", number=MAX_IDENTIFIER))
    agent_id = clean_text(request.agent_id).lower()
    if len(agent_id) > MAX_IDENTIFIER:
        raise InventoryRefused("GLPI-Agent-ID", _("is longer than %(number)s characters", number=MAX_IDENTIFIER))
    return AgentIdentity(
        kind=_agent_kind(request, document.agent_kind),
        agent_id=agent_id,
        device_id=document.device_id,
        version=document.agent_version or clean_text(request.user_agent)[:MAX_IDENTIFIER],
    )


def _agent_kind(request: AgentRequest, told_by_body: AgentKind) -> AgentKind:
    return kind_of_agent(request.user_agent) or ("glpi" if request.agent_id else told_by_body)


def _dispatch(
    data: bytes,
    document: Document,
    agent: AgentIdentity,
    *,
    state_of: Callable[[AgentIdentity], AgentState],
    settings: ProtocolSettings,
) -> _Answer:
    if document.action == "prolog":
        return _answer_to_prolog(agent, state_of(_required(agent)), settings)
    if document.action == "contact":
        return _answer_to_contact(document, agent, state_of(_required(agent)), settings)
    if document.action in INVENTORY_ACTIONS:
        return _answer_to_inventory(data, document, _required(agent), state_of)
    if document.action == "get_params" and document.format == "json":
        return _json({"status": "ok", "credentials": []})
    if document.action in _QUIET_ACTIONS:
        return _accepted(document, agent)
    field = "query" if document.format == "xml" else "action"
    raise InventoryRefused(field, _("%(action)s is not served", action=repr(document.action[:40])))


def _required(agent: AgentIdentity) -> AgentIdentity:
    if not agent.source_id:
        raise InventoryRefused("deviceid", _("is missing"))
    return agent


def _answer_to_prolog(agent: AgentIdentity, state: AgentState, settings: ProtocolSettings) -> _Answer:
    """JSON moves a GLPI agent on to its CONTACT; XML keeps it in the old protocol, which always sends everything."""
    event = AgentContacted(agent)
    if agent.agent_id and state is not AgentState.NEEDS_FULL:
        return _json({"status": "pending"}, event)
    return _send_inventory(agent, settings, event)


def _answer_to_contact(
    document: Document, agent: AgentIdentity, state: AgentState, settings: ProtocolSettings
) -> _Answer:
    """Name the tasks, or answer in XML on purpose: the agent then falls back to XML and sends a full inventory."""
    event = AgentContacted(agent, tag=document.tag)
    if state is AgentState.NEEDS_FULL:
        return _send_inventory(agent, settings, event)
    # Agents compare the server's name and version with those of the only server that they know, so these are its.
    task = {"server": "glpi", "version": settings.server_version, "no-category": "process,environment"}
    return _json(
        {
            "status": "ok",
            "expiration": expiration_hours(agent.source_id, settings),
            "tasks": {"inventory": task},
            "disabled": list(_REFUSED_TASKS),
        },
        event,
    )


def _answer_to_inventory(
    data: bytes, document: Document, agent: AgentIdentity, state_of: Callable[[AgentIdentity], AgentState]
) -> _Answer:
    if not document.content:
        raise InventoryRefused("content", _("is missing or empty"))
    if document.action == "netinventory" and document.format == "xml" and "device" not in document.content:
        return _accepted(document, agent)
    needs_full = document.is_partial and state_of(agent) is not AgentState.KNOWN
    event = InventoryReceived(
        agent=agent,
        data=without_private_data(data),
        format=document.format,
        is_partial=document.is_partial,
        needs_full=needs_full,
    )
    return _accepted(document, agent, event)


def _accepted(document: Document, agent: AgentIdentity, event: InventoryReceived | None = None) -> _Answer:
    if document.format == "json":
        return _json({"status": "ok"}, event)
    inner = "<RESPONSE>NO_ACCOUNT_UPDATE</RESPONSE>" if agent.kind == "ocs" and event else ""
    return _xml(inner, event)


def _send_inventory(agent: AgentIdentity, settings: ProtocolSettings, event: AgentContacted) -> _Answer:
    hours = expiration_hours(agent.source_id, settings)
    return _xml(f"<RESPONSE>SEND</RESPONSE><PROLOG_FREQ>{hours}</PROLOG_FREQ>", event)


def _answer_to_get(request: AgentRequest) -> AgentReply:
    """FusionInventory asks for a schedule of further tasks before and after its inventory; there are none."""
    answers: dict[str, dict[str, object]] = {
        "getConfig": {"configValidityPeriod": 600, "schedule": []},
        "getJobs": {"jobs": []},
    }
    action = request.query.get("action", "")
    if action not in answers:
        return _refusal(request, InventoryRefused("action", _("inventory agents send their inventory here by POST")))
    return _reply(_json(answers[action]), "fusioninventory", Coding.PLAIN)


def _refusal(request: AgentRequest, refusal: InventoryRefused) -> AgentReply:
    """Agents show the text of an error from plain JSON or XML; OCS reads nothing that is not compressed.

    The text is English in the log of every agent, as the rest of that log is.
    """
    kind = _agent_kind(request, "fusioninventory")
    with language("en"):
        text = str(refusal)
    answer = (
        _json({"status": "error", "message": text})
        if kind == "glpi" or request.method == "GET"
        else _xml(f"<ERROR>{escape(clean_text(text))}</ERROR>")
    )
    return _reply(answer, kind, Coding.PLAIN, status=400)


def _reply(answer: _Answer, kind: AgentKind, coding: Coding, *, status: Literal[200, 400] = 200) -> AgentReply:
    if kind == "ocs":
        coding = Coding.ZLIB
    media_type = "application/x-compress" if kind == "ocs" else coding.value or _MEDIA_TYPES[answer.format]
    body = deflate(answer.text.encode(), coding)
    # A proxy that stores an answer would hand one agent's orders to another.
    return AgentReply(status, media_type, body, headers={"Cache-Control": "no-store"}, event=answer.event)


def _json(data: Mapping[str, object], event: InventoryReceived | AgentContacted | None = None) -> _Answer:
    return _Answer("json", json.dumps(data), event)


def _xml(inner: str, event: InventoryReceived | AgentContacted | None = None) -> _Answer:
    return _Answer("xml", f'<?xml version="1.0" encoding="UTF-8"?>\n<REPLY>{inner}</REPLY>', event)
