"""The sweep: asks every address once or twice, at a bounded rate, whether it speaks SNMP."""

import asyncio
import resource
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cmdb.discovery.client import (
    AuthenticationRefused,
    Budget,
    Client,
    Credential,
    NoAnswer,
    Settings,
    SnmpFailure,
    open_client,
)
from cmdb.discovery.collect import SYS_NAME, SYS_OBJECT_ID
from cmdb.discovery.targets import Guard
from cmdb.discovery.values import text

ClientFactory = Callable[..., Client[Any]]

CREDENTIALS_PER_ADDRESS: Final = 3
PACKETS_PER_SECOND_MAX: Final = 5000
PROBE_TIMEOUT_SECONDS: Final = 1.0
_IN_FLIGHT_MAX: Final = 2000
_DESCRIPTORS_KEPT_FREE: Final = 256
_BURST_SECONDS: Final = 0.01
_PROGRESS_STEP: Final = 256


@dataclass(frozen=True, slots=True)
class Alive:
    """An address that answered; ``credential_index`` is None, with the reason in ``error``, when none was accepted."""

    address: str
    credential_index: int | None
    sys_object_id: str = ""
    sys_name: str = ""
    error: str | None = None


class Pacer:
    """Hands out sending times so that no more than a number of packets leaves in a second."""

    def __init__(self, packets_per_second: float) -> None:
        if not 0 < packets_per_second <= PACKETS_PER_SECOND_MAX:
            raise ValueError(f"packets_per_second must be above 0 and at most {PACKETS_PER_SECOND_MAX}")
        self._interval = 1 / packets_per_second
        self._next = 0.0

    async def wait(self) -> None:
        """Return when the next packet may leave."""
        now = time.monotonic()
        self._next = max(self._next, now - _BURST_SECONDS) + self._interval
        if self._next > now:
            await asyncio.sleep(self._next - now)


@dataclass(slots=True)
class _Round:
    """One credential asked of many addresses."""

    client: Client[Any]
    credential_index: int
    pacer: Pacer
    cancelled: Callable[[], bool]
    asked: Callable[[], None]
    answered: dict[str, Alive] = field(default_factory=dict)
    refused: dict[str, Alive] = field(default_factory=dict)

    async def ask(self, addresses: Sequence[str], in_flight: int) -> None:
        """Probe the addresses, so many at a time."""
        waiting = iter(addresses)
        async with asyncio.TaskGroup() as tasks:
            for _ in range(min(in_flight, len(addresses))):
                tasks.create_task(self._work(waiting))

    async def _work(self, waiting: Iterable[str]) -> None:
        for address in waiting:
            if self.cancelled():
                return
            await self.pacer.wait()
            await self._probe(address)
            self.asked()

    async def _probe(self, address: str) -> None:
        try:
            values = await self.client.get(address, (SYS_OBJECT_ID, SYS_NAME))
        except NoAnswer:
            return
        except SnmpFailure as error:
            kept = None if isinstance(error, AuthenticationRefused) else self.credential_index
            self.refused[address] = Alive(address, kept, error=str(error))
            return
        finally:
            self.client.close(address)
        object_id, name = text(values.get(SYS_OBJECT_ID)), text(values.get(SYS_NAME))
        self.answered[address] = Alive(address, self.credential_index, object_id, name)


@dataclass(slots=True)
class _Counter:
    """Counts questions and tells every so many."""

    total: int
    on_progress: Callable[[int, int], None] | None
    done: int = 0

    def add(self) -> None:
        """Count one question."""
        self.done += 1
        if self.on_progress is not None and self.done % _PROGRESS_STEP == 0:
            self.on_progress(self.done, self.total)

    def finish(self) -> None:
        """Tell that all is done."""
        if self.on_progress is not None:
            self.on_progress(self.total, self.total)


async def sweep(
    addresses: Iterable[str],
    credentials: Sequence[Credential],
    *,
    guard: Guard,
    packets_per_second: float = 1000,
    passes: int = 2,
    port: int = 161,
    remembered: Mapping[str, int] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
    on_progress: Callable[[int, int], None] | None = None,
    client_factory: ClientFactory = open_client,
) -> list[Alive]:
    """Find the addresses that speak SNMP; silent ones are asked again in each further pass.

    At most three credentials are tried on an address, the ``remembered`` one (an index into ``credentials``) first.
    A credential that an address refused is not tried again, as repeated failures lock accounts. ``on_progress`` is told
    how many questions of how many have been asked.
    """
    ordered = list(dict.fromkeys(addresses))
    orders = {address: _credential_order(len(credentials), (remembered or {}).get(address)) for address in ordered}
    pacer = Pacer(packets_per_second)
    in_flight = _in_flight(packets_per_second)
    settings = Settings(port=port, timeout_seconds=PROBE_TIMEOUT_SECONDS, attempts=1, budget=Budget(10.0, 10))
    ranks = min(CREDENTIALS_PER_ADDRESS, len(credentials))
    counter = _Counter(len(ordered) * passes * ranks, on_progress)
    answered: dict[str, Alive] = {}
    refused: dict[str, Alive] = {}
    settled: set[tuple[str, int]] = set()
    for _ in range(passes):
        for rank in range(ranks):
            groups = _by_credential((address for address in ordered if address not in answered), orders, rank)
            for index, group in groups.items():
                open_addresses = [address for address in group if (address, index) not in settled]
                async with client_factory(credentials[index], guard=guard, settings=settings) as client:
                    one = _Round(client, index, pacer, cancelled, counter.add)
                    await one.ask(open_addresses, in_flight)
                answered |= one.answered
                refused |= one.refused
                settled |= {(address, index) for address in one.refused}
    counter.finish()
    heard = refused | answered
    return [heard[address] for address in ordered if address in heard]


def _credential_order(count: int, remembered: int | None) -> tuple[int, ...]:
    first = (remembered,) if remembered is not None and 0 <= remembered < count else ()
    return (first + tuple(index for index in range(count) if index not in first))[:CREDENTIALS_PER_ADDRESS]


def _by_credential(addresses: Iterable[str], orders: Mapping[str, tuple[int, ...]], rank: int) -> dict[int, list[str]]:
    groups: dict[int, list[str]] = {}
    for address in addresses:
        groups.setdefault(orders[address][rank], []).append(address)
    return groups


def _in_flight(packets_per_second: float) -> int:
    """Return how many probes may wait for an answer at once: what the rate needs, within the limit of open files."""
    wanted = min(_IN_FLIGHT_MAX, max(1, int(packets_per_second * PROBE_TIMEOUT_SECONDS * 1.25)))
    return max(1, min(wanted, _open_files_limit(wanted) - _DESCRIPTORS_KEPT_FREE))


def _open_files_limit(wanted: int) -> int:
    """Raise the process's soft limit of open files as far as the hard limit lets it, as every probe needs a socket."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + _DESCRIPTORS_KEPT_FREE
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return needed
    raised = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
    return raised
