"""The portable backend: pysnmp, for SNMP v3 contexts and where gufo-snmp cannot be installed."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pysnmp.error import PySnmpError
from pysnmp.hlapi.v3arch import asyncio as hlapi
from pysnmp.proto import errind
from pysnmp.proto.rfc1902 import univ
from pysnmp.proto.rfc1905 import EndOfMibView, NoSuchInstance, NoSuchObject

from cmdb.discovery.client.base import (
    AgentFault,
    AuthenticationRefused,
    Client,
    NoAnswer,
    Row,
    Settings,
    UnreadableAnswer,
    Value,
)
from cmdb.discovery.client.credentials import Credential, V1Credential, V3Credential
from cmdb.discovery.targets import Guard

IN_FLIGHT: Final = 30
TARGETS_PER_ENGINE: Final = 25
_NO_SUCH_NAME: Final = 2
_AUTH_PROTOCOLS: Final = {
    None: hlapi.USM_AUTH_NONE,
    "MD5": hlapi.USM_AUTH_HMAC96_MD5,
    "SHA": hlapi.USM_AUTH_HMAC96_SHA,
    "SHA-224": hlapi.USM_AUTH_HMAC128_SHA224,
    "SHA-256": hlapi.USM_AUTH_HMAC192_SHA256,
    "SHA-384": hlapi.USM_AUTH_HMAC256_SHA384,
    "SHA-512": hlapi.USM_AUTH_HMAC384_SHA512,
}
_PRIV_PROTOCOLS: Final = {
    None: hlapi.USM_PRIV_NONE,
    "DES": hlapi.USM_PRIV_CBC56_DES,
    "AES": hlapi.USM_PRIV_CFB128_AES,
    "AES-192": hlapi.USM_PRIV_CFB192_AES_BLUMENTHAL,
    "AES-256": hlapi.USM_PRIV_CFB256_AES_BLUMENTHAL,
}
_REFUSALS: Final = (
    errind.WrongDigest,
    errind.UnknownUserName,
    errind.UnsupportedSecurityLevel,
    errind.AuthenticationFailure,
)


@dataclass(slots=True)
class Engine:
    """A pysnmp engine; its cost grows with every target it has seen, so it serves only a few."""

    snmp: Any
    opened: int = 0
    closed: int = 0

    @property
    def is_spent(self) -> bool:
        """Whether it has served its share of targets and none is left."""
        return self.opened >= TARGETS_PER_ENGINE and self.opened == self.closed


@dataclass(slots=True)
class PysnmpSession:
    """One device with the engine that serves it; the transport is resolved on first use."""

    address: str
    engine: Engine
    transport: Any = None


class PysnmpClient(Client[PysnmpSession]):
    """SNMP v1, v2c and v3 with contexts; at most 30 requests are under way at once."""

    def __init__(self, credential: Credential, *, guard: Guard, settings: Settings | None = None) -> None:
        super().__init__(credential, guard=guard, settings=settings)
        self._engine: Engine | None = None
        self._slots = asyncio.Semaphore(IN_FLIGHT)
        self._security = _security(credential)
        context = credential.context if isinstance(credential, V3Credential) else ""
        self._context = hlapi.ContextData(contextName=context.encode())

    def _open(self, address: str) -> PysnmpSession:
        if self._engine is None or self._engine.opened >= TARGETS_PER_ENGINE:
            self._release(self._engine)
            self._engine = Engine(hlapi.SnmpEngine())
        self._engine.opened += 1
        return PysnmpSession(address, self._engine)

    def _close(self, session: PysnmpSession) -> None:
        session.engine.closed += 1
        if session.engine is not self._engine:
            self._release(session.engine)
        elif not self._devices:
            session.engine.snmp.close_dispatcher()
            self._engine = None

    def _release(self, engine: Engine | None) -> None:
        if engine is not None and engine.is_spent:
            engine.snmp.close_dispatcher()

    async def _request(self, session: PysnmpSession, oids: Sequence[str]) -> dict[str, Value]:
        rows = await self.ask(session, hlapi.get_cmd, list(oids))
        return dict(rows)

    def _rows(self, session: PysnmpSession, oid: str, repetitions: int) -> AsyncIterator[Row]:
        return _rows(self, session, oid, repetitions)

    async def ask(self, session: PysnmpSession, command: Any, oids: list[str], *numbers: int) -> list[Row]:
        """Send one request; rows that stand for a missing object or the end of the view are left out."""
        async with self._slots:
            target = await self._transport(session)
            objects = [hlapi.ObjectType(hlapi.ObjectIdentity(oid)) for oid in oids]
            engine = session.engine.snmp
            try:
                failure, status, _, binds = await command(
                    engine, self._security, target, self._context, *numbers, *objects, lookupMib=False
                )
            except PySnmpError as error:
                raise UnreadableAnswer from error
        _raise_for(failure)
        if int(status) == _NO_SUCH_NAME and len(oids) == 1:
            return []
        if status:
            raise AgentFault(f"the device answered with error status {int(status)}")
        return [(str(name), _value(value)) for name, value in binds if not _is_missing(value)]

    async def _transport(self, session: PysnmpSession) -> Any:
        if session.transport is None:
            session.transport = await hlapi.UdpTransportTarget.create(
                (session.address, self.settings.port),
                timeout=self.settings.timeout_seconds,
                retries=self.settings.attempts - 1,
            )
        return session.transport


async def _rows(client: PysnmpClient, session: PysnmpSession, oid: str, repetitions: int) -> AsyncIterator[Row]:
    last = oid
    while True:
        if repetitions:
            rows = await client.ask(session, hlapi.bulk_cmd, [last], 0, repetitions)
        else:
            rows = await client.ask(session, hlapi.next_cmd, [last])
        if not rows:
            return
        for row in rows:
            yield row
        last = rows[-1][0]


def _security(credential: Credential) -> Any:
    if isinstance(credential, V3Credential):
        return hlapi.UsmUserData(
            credential.user,
            authKey=credential.auth_key or None,
            privKey=credential.priv_key or None,
            authProtocol=_AUTH_PROTOCOLS[credential.auth_protocol],
            privProtocol=_PRIV_PROTOCOLS[credential.priv_protocol],
        )
    return hlapi.CommunityData(credential.community, mpModel=0 if isinstance(credential, V1Credential) else 1)


def _raise_for(failure: object) -> None:
    if failure is None or failure == 0:
        return
    if isinstance(failure, _REFUSALS):
        raise AuthenticationRefused
    if isinstance(failure, errind.RequestTimedOut):
        raise NoAnswer
    raise AgentFault(f"the request failed ({type(failure).__name__})")


def _is_missing(value: object) -> bool:
    return isinstance(value, NoSuchObject | NoSuchInstance | EndOfMibView | univ.Null)


def _value(value: Any) -> Value:
    if isinstance(value, univ.ObjectIdentifier):
        return str(value)
    if isinstance(value, hlapi.IpAddress):
        return ".".join(str(octet) for octet in bytes(value))
    if isinstance(value, hlapi.OctetString):
        return bytes(value)
    return int(value)
