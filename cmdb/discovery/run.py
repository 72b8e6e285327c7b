"""A discovery run: sweep the targets, read the devices that answered, and tell what went wrong with each."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from cmdb.discovery.client import Client, Credential, Settings, SnmpFailure, open_client
from cmdb.discovery.client.base import NO_ANSWER
from cmdb.discovery.collect import collect
from cmdb.discovery.facts import DeviceFacts, Neighbour
from cmdb.discovery.sweep import Alive, ClientFactory, sweep
from cmdb.discovery.targets import AddressRange, Guard, Plan, parse_targets, plan

SILENT_LISTED_MAX: Final = 256


@dataclass(frozen=True, slots=True)
class DeviceError:
    """What went wrong with an address or a target."""

    address: str
    text: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is."""

    phase: Literal["sweep", "collect"]
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class DiscoveryResult:
    """What a run found; ``credentials_used`` maps an address to the index of the credential that it accepted."""

    scanned: int
    answered: int
    devices: tuple[DeviceFacts, ...]
    errors: tuple[DeviceError, ...]
    seconds: float
    credentials_used: Mapping[str, int] = field(default_factory=dict)
    was_cancelled: bool = False


@dataclass(slots=True)
class _Run:
    credentials: Sequence[Credential]
    guard: Guard
    port: int
    concurrency: int
    on_progress: Callable[[Progress], None]
    cancelled: Callable[[], bool]
    client_factory: ClientFactory
    devices: list[DeviceFacts] = field(default_factory=list)
    errors: list[DeviceError] = field(default_factory=list)

    async def collect_all(self, alive: Sequence[Alive]) -> None:
        """Read the devices, so many at a time; each one costs only itself."""
        clients: dict[int, Client[Any]] = {}
        waiting = iter(alive)
        try:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(min(self.concurrency, len(alive))):
                    tasks.create_task(self._work(waiting, clients, len(alive)))
        finally:
            for client in clients.values():
                await client.__aexit__(None, None, None)

    async def _work(self, waiting: Iterable[Alive], clients: dict[int, Client[Any]], total: int) -> None:
        for one in waiting:
            if self.cancelled():
                return
            await self._collect_one(one, clients)
            self.on_progress(Progress("collect", len(self.devices) + len(self.errors), total))

    async def _collect_one(self, one: Alive, clients: dict[int, Client[Any]]) -> None:
        index = one.credential_index
        if index is None:
            self.errors.append(DeviceError(one.address, one.error or NO_ANSWER))
            return
        if index not in clients:
            clients[index] = self.client_factory(
                self.credentials[index], guard=self.guard, settings=Settings(port=self.port)
            )
        try:
            self.devices.append(await collect(clients[index], one.address))
        except SnmpFailure as error:
            self.errors.append(DeviceError(one.address, str(error)))
        except Exception as error:  # noqa: BLE001 (the boundary between devices: a strange answer costs only its sender)
            self.errors.append(DeviceError(one.address, f"the device's answer cannot be read ({type(error).__name__})"))
        finally:
            clients[index].close(one.address)


def _ignore_progress(_: Progress) -> None:
    pass


def discover(
    targets: Sequence[str | AddressRange],
    credentials: Sequence[Credential],
    *,
    guard: Guard,
    port: int = 161,
    concurrency: int = 100,
    packets_per_second: float = 1000,
    passes: int = 2,
    remembered: Mapping[str, int] | None = None,
    large_confirmed: bool = False,
    on_progress: Callable[[Progress], None] = _ignore_progress,
    cancelled: Callable[[], bool] = lambda: False,
    client_factory: ClientFactory = open_client,
) -> DiscoveryResult:
    """Sweep the targets and read every device that answers.

    Addresses that the guard refuses are reported and never contacted; nothing outside of the targets is contacted
    either, whatever the devices say about their neighbours. A silent address is reported as "no answer": a wrong
    community looks the same. Raises InvalidTarget, and ValueError without any credential.
    """
    if not credentials:
        raise ValueError("credentials: at least one is needed")
    started = time.monotonic()
    ranges = _ranges(targets, large_confirmed=large_confirmed)
    narrowed = guard.narrowed(ranges)
    planned = plan(ranges, narrowed)
    run = _Run(credentials, narrowed, port, concurrency, on_progress, cancelled, client_factory)
    alive = asyncio.run(_sweep_and_collect(run, planned, packets_per_second, passes, remembered or {}))
    silent = _silent(planned, alive, remembered or {})
    refusals = tuple(DeviceError(one.target, _refusal(one.reason, one.count)) for one in planned.refusals)
    return DiscoveryResult(
        scanned=len(planned.addresses),
        answered=len(alive),
        devices=tuple(sorted(run.devices, key=lambda one: _numeric(one.address))),
        errors=refusals + tuple(sorted(run.errors + silent, key=lambda one: _numeric(one.address))),
        seconds=round(time.monotonic() - started, 3),
        credentials_used={one.address: one.credential_index for one in alive if one.credential_index is not None},
        was_cancelled=cancelled(),
    )


async def _sweep_and_collect(
    run: _Run, planned: Plan, packets_per_second: float, passes: int, remembered: Mapping[str, int]
) -> list[Alive]:
    alive = await sweep(
        planned.addresses,
        run.credentials,
        guard=run.guard,
        packets_per_second=packets_per_second,
        passes=passes,
        port=run.port,
        remembered=remembered,
        cancelled=run.cancelled,
        on_progress=lambda done, total: run.on_progress(Progress("sweep", done, total)),
        client_factory=run.client_factory,
    )
    await run.collect_all(alive)
    return alive


def _ranges(targets: Sequence[str | AddressRange], *, large_confirmed: bool) -> list[AddressRange]:
    return parse_targets([str(target) for target in targets], large_confirmed=large_confirmed)


def _silent(planned: Plan, alive: Sequence[Alive], remembered: Mapping[str, int]) -> list[DeviceError]:
    """Report silence: of addresses that were named or answered before, and of the others while they are few."""
    heard = {one.address for one in alive}
    silent = [address for address in planned.addresses if address not in heard]
    expected = [address for address in silent if address in planned.named or address in remembered]
    listed = silent if len(silent) <= SILENT_LISTED_MAX else expected
    return [DeviceError(address, NO_ANSWER) for address in listed]


def _refusal(reason: str, count: int) -> str:
    return f"not contacted: {reason}" + (f" ({count} addresses)" if count > 1 else "")


def _numeric(address: str) -> tuple[int, ...]:
    return tuple(int(part) for part in address.split("."))


def device_as_json(facts: DeviceFacts) -> dict[str, Any]:
    """Return a device in the shape of ``itsm discover``, without what only the caller knows (``ci`` and ``action``)."""
    return {
        "address": facts.address,
        "name": facts.name,
        "sys_object_id": facts.system.object_id,
        "vendor": facts.vendor,
        "model": facts.model,
        "serial": facts.serial,
        "kind": facts.kind,
        "firmware": facts.firmware,
        "location": facts.location,
        "interfaces": len(facts.interfaces),
        "neighbours": [_neighbour_as_json(one) for one in facts.neighbours],
        "errors": [{"table": one.table, "error": one.text} for one in facts.errors],
    }


def _neighbour_as_json(neighbour: Neighbour) -> dict[str, Any]:
    return {
        "protocol": neighbour.protocol,
        "local_port": neighbour.local_port,
        "chassis_id": neighbour.chassis_id,
        "port": neighbour.port,
        "name": neighbour.name,
        "address": neighbour.address,
        "description": neighbour.description,
    }


def result_as_json(result: DiscoveryResult) -> dict[str, Any]:
    """Return the whole object of ``itsm discover``, its devices still without ``ci`` and ``action``."""
    return {
        "scanned": result.scanned,
        "answered": result.answered,
        "devices": [device_as_json(facts) for facts in result.devices],
        "errors": [{"address": one.address, "error": one.text} for one in result.errors],
        "seconds": result.seconds,
    }
