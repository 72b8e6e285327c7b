"""One message of an agent, decoded but not yet understood: the same shape for JSON and XML."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from assets.inventory.model import AgentKind
from assets.inventory.wire import BodyFormat

MAX_DEPTH = 32
MAX_VALUES = 1_000_000


@dataclass(frozen=True, slots=True)
class Document:
    """A decoded message; keys of ``content`` are lower case at every level, repeated XML elements are lists.

    ``action`` is what the message asks for: ``prolog``, ``contact``, ``inventory``, ``netinventory``,
    ``netdiscovery``, ``get_params`` or the agent's own word in lower case. ``agent_kind`` is what the body alone tells.
    """

    format: BodyFormat
    action: str
    device_id: str
    agent_kind: AgentKind
    agent_version: str = ""
    tag: str = ""
    item_type: str = ""
    is_partial: bool = False
    content: Mapping[str, object] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def kind_of_agent(version: str) -> AgentKind | None:
    """Tell the agent from the name that it gives itself (version text or User-Agent); None when it does not say."""
    name = version.strip().lower()
    if name.startswith(("glpi-", "glpi_", "glpi/")):
        return "glpi"
    if name.startswith("fusioninventory"):
        return "fusioninventory"
    return "ocs" if name.startswith("ocs") else None
