"""A run while no transaction is open: what it needs to talk to the network, and what it brings back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cmdb.discovery.client import Credential
from cmdb.discovery.run import DiscoveryResult, result_as_json
from cmdb.discovery.targets import Guard

Report = Callable[[int, str], None]


@dataclass(frozen=True)
class Scan:
    """Everything that a run needs while no transaction is open; `credential_ids` stands beside `credentials`."""

    run_id: int
    range_id: int | None
    targets: tuple[str, ...]
    guard: Guard
    credentials: tuple[Credential, ...]
    credential_ids: tuple[int | None, ...]
    port: int
    packets_per_second: int
    remembered: Mapping[str, int]
    dry_run: bool


@dataclass(frozen=True)
class Stored:
    """What became of one device; `action` is created, updated, unchanged or found (dry run)."""

    address: str
    action: str
    ci_id: int | None = None
    ci_name: str = ""
    notes: tuple[str, ...] = ()
    connectable: bool = False


@dataclass
class Finished:
    """A run that has ended: what the network said and what was stored."""

    run_id: int
    result: DiscoveryResult
    stored: dict[str, Stored] = field(default_factory=dict)


def as_json(finished: Finished) -> dict[str, Any]:
    """The whole run in the shape of `itsm discover`."""
    document = result_as_json(finished.result)
    for device in document["devices"]:
        stored = finished.stored.get(device["address"], Stored(device["address"], "failed"))
        device |= {"ci": stored.ci_id, "ci_name": stored.ci_name, "action": stored.action}
        device["notes"] = list(stored.notes)
    return document | {"run": finished.run_id}
