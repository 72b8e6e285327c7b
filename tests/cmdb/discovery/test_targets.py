"""Targets and the guard."""

from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmdb.discovery.targets import AddressNotAllowed, AddressRange, Guard, InvalidTarget, parse_targets, plan

addresses = st.ip_addresses(v=4)
networks = st.builds(
    lambda address, length: IPv4Network((address, length), strict=False), addresses, st.integers(8, 32)
)


def reason(guard: Guard, address: str) -> str | None:
    try:
        guard.check(address)
    except AddressNotAllowed as error:
        return error.reason
    return None


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("10.0.0.1", "10.0.0.1", "10.0.0.1"),
        (" 10.0.0.1 - 10.0.0.9 ", "10.0.0.1", "10.0.0.9"),
        ("10.0.0.1-9", "10.0.0.1", "10.0.0.9"),
        ("10.0.0.0/30", "10.0.0.0", "10.0.0.3"),
    ],
)
def test_addresses_ranges_and_networks_are_read(text: str, first: str, last: str) -> None:
    (found,) = parse_targets([text])
    assert (str(found.first), str(found.last)) == (first, last)


@pytest.mark.parametrize(
    "text",
    ["", "switch-1", "10.0.0.9-10.0.0.1", "10.0.0.5/24", "10.0.0.0/33", "10.0.0.0/255.255.255.0", "::1", "fe80::/64",
     "10.0.0.1-256", "10.0.0", "010.0.0.1", "10.0.0.1-2-3", "1" * 100, "2130706433", "0x7f000001"],
)  # fmt: skip
def test_everything_else_is_refused_with_its_text(text: str) -> None:
    with pytest.raises(InvalidTarget, match=r"target|range"):
        parse_targets([text])


def test_more_than_a_slash_16_needs_confirmation() -> None:
    assert parse_targets(["10.0.0.0/16"])
    with pytest.raises(InvalidTarget, match="must be confirmed"):
        parse_targets(["10.0.0.0/16", "10.1.0.1"])
    assert parse_targets(["10.0.0.0/15"], large_confirmed=True)


def test_more_than_a_slash_12_is_refused_even_when_confirmed() -> None:
    with pytest.raises(InvalidTarget, match="at most"):
        parse_targets(["10.0.0.0/11"], large_confirmed=True)


def test_too_many_targets_are_refused() -> None:
    with pytest.raises(InvalidTarget, match="too many"):
        parse_targets(["10.0.0.1"] * 5000)


@given(networks.filter(lambda network: network.prefixlen >= 22))
def test_hosts_of_a_network_are_those_of_the_standard_library(network: IPv4Network) -> None:
    (target,) = parse_targets([str(network)])
    assert list(target.hosts()) == list(network.hosts())


def test_nothing_is_allowed_by_default() -> None:
    assert reason(Guard([]), "10.0.0.1") == "is outside of the allowed ranges"


@pytest.mark.parametrize(
    "address",
    ["0.1.2.3", "127.0.0.1", "169.254.169.254", "224.0.0.251", "239.1.1.1", "255.255.255.255", "240.0.0.1", "8.8.8.8"],
)
def test_special_and_public_addresses_are_refused_even_when_allowed(address: str) -> None:
    everything = AddressRange(IPv4Address(0), IPv4Address(2**32 - 1))
    assert reason(Guard([everything]), address) is not None


def test_public_addresses_need_their_own_switch() -> None:
    assert reason(Guard(["8.8.8.0/24"]), "8.8.8.8") == "is a public address, which is not switched on"
    assert reason(Guard(["8.8.8.0/24"], allow_public=True), "8.8.8.8") is None


def test_loopback_needs_test_mode() -> None:
    assert reason(Guard(["127.0.0.1"]), "127.0.0.1") == "is a loopback address"
    assert reason(Guard(["127.0.0.1"], test_mode=True), "127.0.0.1") is None


def test_network_and_broadcast_addresses_are_refused() -> None:
    guard = Guard(["10.0.0.0/24", "10.0.9.8/31"])
    assert reason(guard, "10.0.0.0") == "is a network address"
    assert reason(guard, "10.0.0.255") == "is a broadcast address"
    assert reason(guard, "10.0.9.8") is None


@pytest.mark.parametrize("address", ["localhost", "10.0.0.1.", "", "::ffff:10.0.0.1", "167772161", " 10.0.0.1"])
def test_names_and_other_spellings_are_never_resolved(address: str) -> None:
    assert reason(Guard(["10.0.0.0/8"]), address) == "is not an IPv4 address"


@given(st.lists(networks, max_size=4), st.lists(networks, max_size=4), addresses)
def test_guard_allows_exactly_what_is_listed_and_not_excluded_or_special(
    allowed: list[IPv4Network], excluded: list[IPv4Network], address: IPv4Address
) -> None:
    guard = Guard(map(str, allowed), map(str, excluded))
    expected = (
        any(address in one for one in allowed)
        and not any(address in one for one in excluded)
        and not (address.is_loopback or address.is_link_local or address.is_multicast or address.is_reserved)
        and address not in IPv4Network("0.0.0.0/8")
        and not address.is_global
        and not any(
            address in (one.network_address, one.broadcast_address) for one in allowed if one.prefixlen < 31
        )
    )  # fmt: skip
    assert (reason(guard, str(address)) is None) == expected


@given(networks, st.data())
def test_exclusions_always_win(network: IPv4Network, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, network.num_addresses - 1))
    address = network.network_address + offset
    guard = Guard([str(network)], [f"{address}"], test_mode=True, allow_public=True)
    assert reason(guard, str(address)) is not None


def test_narrowed_guard_refuses_what_is_no_target_of_the_run() -> None:
    guard = Guard(["10.0.0.0/8"]).narrowed(parse_targets(["10.1.0.0/24"]))
    assert reason(guard, "10.1.0.1") is None
    assert reason(guard, "10.2.0.1") == "is outside of this run's targets"
    assert reason(guard, "10.1.0.255") == "is a broadcast address"


def test_narrowed_guard_keeps_every_other_refusal() -> None:
    guard = Guard(["10.0.0.0/8"], ["10.1.0.7"]).narrowed(parse_targets(["10.1.0.0/24", "8.8.8.8"]))
    assert reason(guard, "10.1.0.7") == "is excluded"
    assert reason(guard, "8.8.8.8") == "is a public address, which is not switched on"


def test_plan_holds_each_address_once_and_leaves_exclusions_out() -> None:
    targets = parse_targets(["10.0.0.0/30", "10.0.0.2-10.0.0.3", "10.0.0.1"])
    planned = plan(targets, Guard(["10.0.0.0/29"], ["10.0.0.3"]))
    assert planned.addresses == ("10.0.0.1", "10.0.0.2")
    assert planned.named == {"10.0.0.1"}
    assert planned.refusals == ()


def test_plan_counts_refused_addresses_by_target_and_reason() -> None:
    planned = plan(parse_targets(["10.0.0.1", "192.168.0.0/29"]), Guard(["10.0.0.0/24"]))
    assert planned.addresses == ("10.0.0.1",)
    assert [(one.target, one.reason, one.count) for one in planned.refusals] == [
        ("192.168.0.0/29", "is outside of the allowed ranges", 6)
    ]
