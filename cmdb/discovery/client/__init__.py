"""The read-only SNMP client, its credentials and its backends."""

from importlib.util import find_spec
from typing import Any

from cmdb.discovery.client.base import (
    AgentFault,
    AuthenticationRefused,
    Budget,
    BudgetExceeded,
    Client,
    NoAnswer,
    Row,
    Settings,
    SnmpFailure,
    UnreadableAnswer,
    Value,
    Walk,
)
from cmdb.discovery.client.credentials import (
    Credential,
    InvalidCredential,
    V1Credential,
    V2Credential,
    V3Credential,
)
from cmdb.discovery.targets import Guard

__all__ = [
    "AgentFault",
    "AuthenticationRefused",
    "Budget",
    "BudgetExceeded",
    "Client",
    "Credential",
    "InvalidCredential",
    "NoAnswer",
    "Row",
    "Settings",
    "SnmpFailure",
    "UnreadableAnswer",
    "V1Credential",
    "V2Credential",
    "V3Credential",
    "Value",
    "Walk",
    "open_client",
]


def open_client(credential: Credential, *, guard: Guard, settings: Settings | None = None) -> Client[Any]:
    """Return a client of the fitting backend: gufo-snmp, or pysnmp for v3 contexts and where gufo-snmp is missing."""
    if _needs_context(credential) or not _has_gufo():
        from cmdb.discovery.client.pysnmp_backend import PysnmpClient

        return PysnmpClient(credential, guard=guard, settings=settings)
    from cmdb.discovery.client.gufo_backend import GufoClient

    return GufoClient(credential, guard=guard, settings=settings)


def _needs_context(credential: Credential) -> bool:
    return isinstance(credential, V3Credential) and bool(credential.context)


def _has_gufo() -> bool:
    try:
        return find_spec("gufo.snmp") is not None
    except ModuleNotFoundError:
        return False
