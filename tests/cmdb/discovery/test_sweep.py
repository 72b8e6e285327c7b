"""The sweep."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from cmdb.discovery.client import AuthenticationRefused, Client, Credential, Settings, V2Credential, V3Credential, Value
from cmdb.discovery.sweep import CREDENTIALS_PER_ADDRESS, Alive, Pacer, sweep
from cmdb.discovery.targets import AddressNotAllowed, Guard
from tests.cmdb.discovery.conftest import OPERATOR, recording
from tests.cmdb.discovery.replay import Recording, ReplayClient
from tests.servers.snmp import SnmpServer

GUARD = Guard(["10.0.0.0/8"])
CREDENTIALS = [V2Credential(f"community-{number}") for number in range(5)]


class Network:
    """Devices that answer to one community each; counts the questions."""

    def __init__(self, devices: dict[str, tuple[str, Recording]], *, ignored: int = 0) -> None:
        self.devices = devices
        self.ignored = ignored
        self.asked: Counter[tuple[str, str]] = Counter()

    def client(self, credential: Credential, *, guard: Guard, settings: Settings | None = None) -> Client[Any]:
        assert isinstance(credential, V2Credential)
        return _NetworkClient(self, credential, guard)


class _NetworkClient(ReplayClient):
    def __init__(self, network: Network, credential: V2Credential, guard: Guard) -> None:
        super().__init__(credential, {}, guard=guard)
        self._network = network
        self._community = credential.community

    def _open(self, address: str) -> Recording:
        asked = self._network.asked
        asked[address, self._community] += 1
        community, device = self._network.devices.get(address, ("", Recording(())))
        is_lost = asked[address, self._community] <= self._network.ignored
        return Recording(()) if community != self._community or is_lost else device


def swept(network: Network, addresses: list[str], **more: Any) -> list[Alive]:
    options: dict[str, Any] = {"guard": GUARD, "client_factory": network.client, "packets_per_second": 5000} | more
    return asyncio.run(sweep(addresses, CREDENTIALS, **options))


def test_alive_addresses_are_found_with_their_credential_and_name() -> None:
    network = Network(
        {"10.0.0.1": ("community-0", recording("switch")), "10.0.0.3": ("community-1", recording("printer"))}
    )
    assert swept(network, ["10.0.0.1", "10.0.0.2", "10.0.0.3"]) == [
        Alive("10.0.0.1", 0, "1.3.6.1.4.1.9.1.1208", "access-1.example.org"),
        Alive("10.0.0.3", 1, "1.3.6.1.4.1.11.2.3.9.1", "PRN-2F"),
    ]


def test_at_most_three_credentials_are_tried_on_an_address() -> None:
    network = Network({"10.0.0.1": ("community-4", recording("switch"))})
    assert swept(network, ["10.0.0.1"], passes=1) == []
    assert len(network.asked) == CREDENTIALS_PER_ADDRESS


def test_remembered_credential_is_tried_first() -> None:
    network = Network({"10.0.0.1": ("community-4", recording("switch"))})
    assert [one.credential_index for one in swept(network, ["10.0.0.1"], remembered={"10.0.0.1": 4})] == [4]
    assert network.asked == {("10.0.0.1", "community-4"): 1}


def test_silent_addresses_are_asked_again_in_the_second_pass_and_answering_ones_are_not() -> None:
    network = Network(
        {"10.0.0.1": ("community-0", recording("switch")), "10.0.0.2": ("community-0", recording("ups"))}, ignored=1
    )
    assert [one.address for one in swept(network, ["10.0.0.1", "10.0.0.2", "10.0.0.9"])] == ["10.0.0.1", "10.0.0.2"]
    assert network.asked["10.0.0.1", "community-0"] == 2
    assert network.asked["10.0.0.1", "community-1"] == 1
    assert network.asked["10.0.0.9", "community-0"] == 2


def test_refused_credential_is_not_tried_again_in_the_second_pass() -> None:
    asked: list[str] = []

    class Refusing(ReplayClient):
        async def get(self, address: str, oids: Sequence[str]) -> dict[str, Value]:
            asked.append(address)
            raise AuthenticationRefused

    def refusing(credential: Credential, *, guard: Guard, settings: Settings | None = None) -> Client[Any]:
        return Refusing(credential, {}, guard=guard, settings=settings)

    (found,) = asyncio.run(sweep(["10.0.0.1"], CREDENTIALS[:1], guard=GUARD, client_factory=refusing, passes=3))
    assert found.credential_index is None
    assert asked == ["10.0.0.1"]


def test_address_is_asked_once_when_it_is_given_twice() -> None:
    network = Network({})
    swept(network, ["10.0.0.1", "10.0.0.1"], passes=1)
    assert set(network.asked.values()) == {1}


def test_guard_is_asked_for_every_address() -> None:
    with pytest.raises(ExceptionGroup) as caught:
        swept(Network({}), ["10.0.0.1", "192.168.0.1"])
    assert caught.group_contains(AddressNotAllowed)


def test_cancelled_sweep_stops_asking() -> None:
    network = Network({})
    swept(network, [f"10.0.0.{number}" for number in range(1, 200)], cancelled=lambda: network.asked.total() >= 5)
    assert network.asked.total() < 30


def test_progress_reaches_the_total() -> None:
    told: list[tuple[int, int]] = []
    addresses = [f"10.0.{high}.{low}" for high in range(2) for low in range(1, 200)]
    swept(Network({}), addresses, passes=1, on_progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (398 * 3, 398 * 3)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_rate_is_kept() -> None:
    started = time.monotonic()
    swept(Network({}), [f"10.0.0.{number}" for number in range(1, 61)], passes=1, packets_per_second=600)
    assert time.monotonic() - started >= 0.27


@pytest.mark.parametrize("rate", [0, -1, 5001])
def test_rate_is_bounded(rate: float) -> None:
    with pytest.raises(ValueError, match="packets_per_second"):
        Pacer(rate)


def test_real_agents_are_found_among_closed_ports(agent: SnmpServer, loopback: Guard) -> None:
    addresses = [f"127.0.0.{number}" for number in range(1, 9)]
    found = asyncio.run(
        sweep(
            addresses,
            [V2Credential("wrong"), V2Credential("s3cret-community")],
            guard=loopback,
            port=agent.port,
            passes=1,
        )
    )
    assert found == [Alive("127.0.0.1", 1, "1.3.6.1.4.1.9.1.1208", "access-2")]


def test_refused_v3_user_is_alive_with_an_error_until_another_credential_fits(
    agent: SnmpServer, loopback: Guard
) -> None:
    wrong = V3Credential("operator", "SHA", "not-the-passphrase", "AES", OPERATOR.priv_key)
    options: dict[str, Any] = {"guard": loopback, "port": agent.port, "passes": 1}
    (refused,) = asyncio.run(sweep(["127.0.0.1"], [wrong], **options))
    assert refused.credential_index is None
    assert refused.error == "SNMPv3 authentication was refused: unknown user, wrong key or wrong protocol"
    (accepted,) = asyncio.run(sweep(["127.0.0.1"], [wrong, V2Credential("public")], **options))
    assert (accepted.credential_index, accepted.error) == (1, None)
