"""The read-only SNMP client: what every backend shares, from the address check to the limits of one device."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Generic, Self, TypeVar

from cmdb.discovery.client.credentials import Credential, V1Credential
from cmdb.discovery.errors import DiscoveryFailure
from cmdb.discovery.targets import Guard

Value = int | float | str | bytes
Row = tuple[str, Value]

BULK_STEPS: Final = (25, 10, 0)
OIDS_PER_GET: Final = 20
WALK_MAX_VARBINDS: Final = 20_000
NO_ANSWER: Final = "no answer"

Session = TypeVar("Session")


class SnmpFailure(DiscoveryFailure):
    """A request that failed; the text is fit for people and never holds a secret."""


class NoAnswer(SnmpFailure):
    """Nothing came back in time: no such host, nobody listening, or a community or privacy key that is not accepted."""

    def __init__(self) -> None:
        super().__init__(NO_ANSWER)


class AuthenticationRefused(SnmpFailure):
    """The device refused the SNMP v3 user, its authentication key or its protocol."""

    def __init__(self) -> None:
        super().__init__("SNMPv3 authentication was refused: unknown user, wrong key or wrong protocol")


class AgentFault(SnmpFailure):
    """The device answered with an error status."""


class UnreadableAnswer(AgentFault):
    """The device sent something that is no SNMP answer."""

    def __init__(self) -> None:
        super().__init__("the device's answer cannot be read")


class BudgetExceeded(SnmpFailure):
    """The device used up its share of time or of values."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What one device may cost."""

    seconds: float = 120.0
    varbinds: int = 50_000


@dataclass(frozen=True, slots=True)
class Settings:
    """How a client behaves: ``timeout_seconds`` for one request, sent ``attempts`` times at most."""

    port: int = 161
    timeout_seconds: float = 3.0
    attempts: int = 2
    budget: Budget = field(default_factory=Budget)


@dataclass(frozen=True, slots=True)
class Walk:
    """The rows of one subtree in the order received; ``incomplete`` says why there may be more, else it is None."""

    rows: tuple[Row, ...]
    incomplete: str | None = None


@dataclass(slots=True)
class Device(Generic[Session]):
    """One address while it is being talked to."""

    address: str
    session: Session
    deadline: float
    varbinds_left: int
    bulk_step: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def charge(self, count: int) -> None:
        """Take values from the budget."""
        self.varbinds_left -= count
        if self.varbinds_left < 0:
            raise BudgetExceeded("the device's budget of values is used up")


class Client(ABC, Generic[Session]):
    """Reads from devices with one credential; it can encode nothing but GET, GETNEXT and GETBULK.

    A device's session and budget begin with the first request to its address and end with ``close``; requests to one
    device go one at a time. ``get`` and ``walk`` raise AddressNotAllowed before a socket is opened, and otherwise only
    SnmpFailure.
    """

    def __init__(self, credential: Credential, *, guard: Guard, settings: Settings | None = None) -> None:
        self.credential = credential
        self.settings = settings or Settings()
        self._guard = guard
        self._devices: dict[str, Device[Session]] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.credential}, port={self.settings.port})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for address in list(self._devices):
            self.close(address)

    async def get(self, address: str, oids: Sequence[str]) -> dict[str, Value]:
        """Read single objects; those that the device does not have are left out of the answer."""
        device = self._device(address)
        found: dict[str, Value] = {}
        for start in range(0, len(oids), OIDS_PER_GET):
            chunk = oids[start : start + OIDS_PER_GET]
            found |= await self._get_chunk(device, chunk)
        return found

    async def walk(self, address: str, oid: str, *, max_varbinds: int = WALK_MAX_VARBINDS) -> Walk:
        """Read a subtree; a device that sends OIDs in falling order is stopped and what it sent so far is kept.

        GETBULK asks for 25 rows, then for 10, then GETNEXT is used: for errors that a smaller answer may avoid and for
        silence. The size that worked is kept for the device.
        """
        device = self._device(address)
        while True:
            try:
                return await self._walk_once(device, oid, max_varbinds)
            except (AgentFault, NoAnswer):
                if device.bulk_step + 1 >= len(BULK_STEPS):
                    raise
                device.bulk_step += 1

    def close(self, address: str) -> None:
        """Forget the device, its session and its budget."""
        device = self._devices.pop(address, None)
        if device is not None:
            self._close(device.session)

    def varbinds_used(self, address: str) -> int:
        """The number of values read from the device since it was opened."""
        device = self._devices.get(address)
        return self.settings.budget.varbinds - device.varbinds_left if device else 0

    @abstractmethod
    def _open(self, address: str) -> Session:
        """Open a session; called only with an address that the guard allowed."""

    @abstractmethod
    def _close(self, session: Session) -> None:
        """Free what the session holds."""

    @abstractmethod
    async def _request(self, session: Session, oids: Sequence[str]) -> dict[str, Value]:
        """Send one GET and return what the answer holds; AgentFault when it is an error status."""

    @abstractmethod
    def _rows(self, session: Session, oid: str, repetitions: int) -> AsyncIterator[Row]:
        """Yield the rows of a subtree by GETBULK, or by GETNEXT when ``repetitions`` is 0."""

    def _device(self, address: str) -> Device[Session]:
        allowed = str(self._guard.check(address))
        device = self._devices.get(allowed)
        if device is None:
            budget = self.settings.budget
            device = Device(allowed, self._open(allowed), time.monotonic() + budget.seconds, budget.varbinds)
            device.bulk_step = len(BULK_STEPS) - 1 if isinstance(self.credential, V1Credential) else 0
            self._devices[allowed] = device
        return device

    async def _get_chunk(self, device: Device[Session], oids: Sequence[str]) -> dict[str, Value]:
        try:
            async with _within(device):
                found = await self._request(device.session, oids)
        except AgentFault as error:
            if len(oids) > 1:
                return await self._get_singly(device, oids)
            if isinstance(error, UnreadableAnswer):
                raise
            return {}
        wanted = {oid: found[oid] for oid in oids if oid in found}
        device.charge(len(wanted))
        return wanted

    async def _get_singly(self, device: Device[Session], oids: Sequence[str]) -> dict[str, Value]:
        found: dict[str, Value] = {}
        unreadable = None
        for oid in oids:
            try:
                found |= await self._get_chunk(device, [oid])
            except UnreadableAnswer as error:
                unreadable = error
        if unreadable is not None and not found:
            raise unreadable
        return found

    async def _walk_once(self, device: Device[Session], oid: str, max_varbinds: int) -> Walk:
        rows: list[Row] = []
        incomplete = None
        try:
            async with _within(device):
                incomplete = await self._fill(rows, device, oid, max_varbinds)
        except BudgetExceeded as error:
            if not rows:
                raise
            incomplete = str(error)
        return Walk(tuple(rows), incomplete)

    async def _fill(self, rows: list[Row], device: Device[Session], base: str, limit: int) -> str | None:
        last = oid_key(base)
        prefix = base + "."
        async for oid, value in self._rows(device.session, base, BULK_STEPS[device.bulk_step]):
            if not oid.startswith(prefix):
                return None
            key = oid_key(oid)
            if key <= last:
                return "the device sent OIDs that do not increase"
            if len(rows) >= limit:
                return f"stopped after {limit} values"
            device.charge(1)
            rows.append((oid, value))
            last = key
        return None


def oid_key(oid: str) -> tuple[int, ...]:
    """Return the numbers of an OID, for comparing."""
    return tuple(map(int, oid.split(".")))


@asynccontextmanager
async def _within(device: Device[Session]) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(device.deadline - time.monotonic()), device.turn:
            yield
    except TimeoutError as error:
        raise BudgetExceeded("the device's budget of time is used up") from error
