"""The default backend: gufo-snmp, which costs a hundredth of the processor time of a pure Python engine."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Final, TypeVar

from gufo.snmp import (
    Aes128Key,
    Aes192Key,
    Aes256Key,
    DesKey,
    Md5Key,
    Sha1Key,
    Sha224Key,
    Sha256Key,
    Sha384Key,
    Sha512Key,
    SnmpAuthError,
    SnmpError,
    SnmpVersion,
    User,
)
from gufo.snmp.aio import SnmpSession
from gufo.snmp.user import BaseAuthKey, BasePrivKey

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

Answer = TypeVar("Answer")

_SYS_UP_TIME: Final = "1.3.6.1.2.1.1.3.0"
_AUTH_KEYS: Final[dict[str, type[BaseAuthKey]]] = {
    "MD5": Md5Key,
    "SHA": Sha1Key,
    "SHA-224": Sha224Key,
    "SHA-256": Sha256Key,
    "SHA-384": Sha384Key,
    "SHA-512": Sha512Key,
}
_PRIV_KEYS: Final[dict[str, type[BasePrivKey]]] = {
    "DES": DesKey,
    "AES": Aes128Key,
    "AES-192": Aes192Key,
    "AES-256": Aes256Key,
}


class GufoSession:
    """One device's socket; version 3 is synchronised with the device's engine on first use."""

    def __init__(self, address: str, credential: Credential, settings: Settings) -> None:
        port, timeout_seconds = settings.port, settings.timeout_seconds
        self.is_v1 = isinstance(credential, V1Credential)
        self.attempts = settings.attempts
        self._synchronised = not isinstance(credential, V3Credential)
        if isinstance(credential, V3Credential):
            self.snmp = SnmpSession(address, port, user=_user(credential), timeout=timeout_seconds)
        else:
            version = SnmpVersion.v1 if self.is_v1 else SnmpVersion.v2c
            community = credential.community
            self.snmp = SnmpSession(address, port, community=community, version=version, timeout=timeout_seconds)

    async def synchronised(self) -> None:
        """Learn the engine's identity and clock, once."""
        if not self._synchronised:
            await self.attempted(self.snmp.refresh)
            self._synchronised = True

    async def attempted(self, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """Ask as often as allowed; silence and a closed port are both NoAnswer."""
        for _ in range(self.attempts):
            try:
                return await ask()
            except (TimeoutError, OSError):
                continue
            except StopAsyncIteration:
                raise
            except SnmpAuthError as error:
                raise AuthenticationRefused from error
            except (SnmpError, ValueError, RuntimeError) as error:
                raise UnreadableAnswer from error
            except BaseException as error:
                raise _without_panic(error) from error
        raise NoAnswer


class GufoRows:
    """The rows of a subtree; after silence the same request is sent again."""

    def __init__(self, session: GufoSession, oid: str, repetitions: int) -> None:
        self._session = session
        self._oid = oid
        self._rows = session.snmp.getbulk(oid, repetitions) if repetitions else session.snmp.getnext(oid)
        self._unconfirmed = repetitions > 0

    def __aiter__(self) -> "GufoRows":
        return self

    async def __anext__(self) -> Row:
        await self._session.synchronised()
        try:
            oid, value = await self._session.attempted(self._rows.__anext__)
        except StopAsyncIteration:
            if self._unconfirmed:
                await self._confirm_empty()
            raise
        self._unconfirmed = False
        return oid, _value(value)

    async def _confirm_empty(self) -> None:
        """Tell an empty subtree from an error status, which the library shows in the same way."""
        try:
            await self._session.attempted(self._session.snmp.getnext(self._oid).__anext__)
        except StopAsyncIteration:
            return
        raise AgentFault("the device cannot answer requests for many rows")


class GufoClient(Client[GufoSession]):
    """SNMP v1, v2c and v3 without contexts."""

    def _open(self, address: str) -> GufoSession:
        return GufoSession(address, self.credential, self.settings)

    def _close(self, session: GufoSession) -> None:
        del session.snmp

    async def _request(self, session: GufoSession, oids: Sequence[str]) -> dict[str, Value]:
        await session.synchronised()
        found = await session.attempted(lambda: session.snmp.get_many(oids))
        if not found and not await self._is_absent(session, oids):
            raise AgentFault("the device answered with an error status")
        return {oid: _value(value) for oid, value in found.items()}

    async def _is_absent(self, session: GufoSession, oids: Sequence[str]) -> bool:
        """Tell missing objects from an error status, which the library shows alike; v1 knows only the latter."""
        if session.is_v1:
            return False
        return bool(await session.attempted(lambda: session.snmp.get_many([*oids, _SYS_UP_TIME])))

    def _rows(self, session: GufoSession, oid: str, repetitions: int) -> AsyncIterator[Row]:
        return GufoRows(session, oid, repetitions)


def _user(credential: V3Credential) -> User:
    auth = _AUTH_KEYS[credential.auth_protocol](credential.auth_key.encode()) if credential.auth_protocol else None
    priv = _PRIV_KEYS[credential.priv_protocol](credential.priv_key.encode()) if credential.priv_protocol else None
    return User(credential.user, auth_key=auth, priv_key=priv)


def _value(value: Value | None) -> Value:
    return b"" if value is None else value


def _without_panic(error: BaseException) -> BaseException:
    """Turn a panic of the native library, which no ``except Exception`` catches, into an error of this one device."""
    if type(error).__name__ == "PanicException":
        return UnreadableAnswer()
    return error
