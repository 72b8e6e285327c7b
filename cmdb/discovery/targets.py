"""Which addresses may be contacted: targets as typed by an administrator, and the guard that every packet passes."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError

from cmdb.discovery.errors import DiscoveryFailure

LARGEST_UNCONFIRMED = 2**16
LARGEST = 2**20
_TARGET_MAX_LENGTH = 64
_TARGETS_MAX_COUNT = 4096
_LOOPBACK = IPv4Network("127.0.0.0/8")
_NEVER = (
    (IPv4Network("0.0.0.0/8"), "is in 0.0.0.0/8, which is no destination"),
    (IPv4Network("169.254.0.0/16"), "is link-local"),
    (IPv4Network("224.0.0.0/4"), "is a multicast address"),
    (IPv4Network("240.0.0.0/4"), "is reserved or the broadcast address"),
)


class InvalidTarget(DiscoveryFailure):
    """A target that is not an IPv4 address, range or network, or that is too large."""


class AddressNotAllowed(DiscoveryFailure):
    """An address that must not be contacted; ``address`` and ``reason`` say which and why."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(f"{address} {reason}")
        self.address = address
        self.reason = reason


@dataclass(frozen=True, slots=True)
class AddressRange:
    """Addresses from ``first`` to ``last``, both included; ``network`` is set when a whole network was meant."""

    first: IPv4Address
    last: IPv4Address
    network: IPv4Network | None = None

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise InvalidTarget(f"range {self.first}-{self.last} ends before it starts")

    def __contains__(self, address: object) -> bool:
        return isinstance(address, IPv4Address) and self.first <= address <= self.last

    def __str__(self) -> str:
        if self.network is not None:
            return str(self.network)
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"

    @property
    def size(self) -> int:
        """The number of addresses, network and broadcast address included."""
        return int(self.last) - int(self.first) + 1

    @property
    def is_single(self) -> bool:
        """Whether exactly one address was named."""
        return self.first == self.last

    def edge(self, address: IPv4Address) -> str | None:
        """Say that the address is this network's own or its broadcast address; networks of /31 and /32 have neither."""
        if self.network is None or self.network.prefixlen >= 31:
            return None
        if address == self.first:
            return "is a network address"
        return "is a broadcast address" if address == self.last else None

    def hosts(self) -> Iterator[IPv4Address]:
        """Yield the addresses in order, without the network and the broadcast address."""
        for number in range(int(self.first), int(self.last) + 1):
            address = IPv4Address(number)
            if self.edge(address) is None:
                yield address


def parse_targets(texts: Sequence[str], *, large_confirmed: bool = False) -> list[AddressRange]:
    """Read addresses (``10.0.0.1``), ranges (``10.0.0.1-10.0.0.9`` or ``10.0.0.1-9``) and networks (``10.0.0.0/24``).

    Raises InvalidTarget for anything else (host names and IPv6 included), and when the targets together hold more than
    a /16 without confirmation or more than a /12 with it.
    """
    if len(texts) > _TARGETS_MAX_COUNT:
        raise InvalidTarget(f"{len(texts)} targets are too many; at most {_TARGETS_MAX_COUNT}")
    ranges = [_parse_target(text) for text in texts]
    _refuse_large(sum(one.size for one in ranges), large_confirmed=large_confirmed)
    return ranges


def _refuse_large(total: int, *, large_confirmed: bool) -> None:
    if total > LARGEST:
        raise InvalidTarget(f"the targets hold {total} addresses; at most {LARGEST} (a /12) in one run")
    if total > LARGEST_UNCONFIRMED and not large_confirmed:
        raise InvalidTarget(
            f"the targets hold {total} addresses; more than {LARGEST_UNCONFIRMED} (a /16) must be confirmed"
        )


def _parse_target(text: str) -> AddressRange:
    cleaned = text.strip()
    if len(cleaned) > _TARGET_MAX_LENGTH:
        raise InvalidTarget(f"target {cleaned[:20]!r}… is longer than {_TARGET_MAX_LENGTH} characters")
    try:
        if "/" in cleaned:
            return _network(cleaned)
        first, separator, last = cleaned.partition("-")
        start = IPv4Address(first.strip())
        return AddressRange(start, _range_end(start, last.strip()) if separator else start)
    except (AddressValueError, NetmaskValueError) as error:
        raise InvalidTarget(f"target {cleaned!r} is not an IPv4 address, range or network") from error
    except InvalidTarget:
        raise
    except ValueError as error:
        raise InvalidTarget(f"target {cleaned!r}: {error}") from error


def _network(text: str) -> AddressRange:
    if not re.fullmatch(r"[0-9.]+/[0-9]{1,2}", text):
        raise InvalidTarget(f"target {text!r} is not an IPv4 network with a prefix length of 0 to 32")
    network = IPv4Network(text)
    return AddressRange(network.network_address, network.broadcast_address, network)


def _range_end(start: IPv4Address, text: str) -> IPv4Address:
    if re.fullmatch(r"[0-9]{1,3}", text):
        return IPv4Address(f"{str(start).rpartition('.')[0]}.{text}")
    return IPv4Address(text)


class Guard:
    """Decides whether an address may be contacted; default is no, and exclusions win.

    ``allowed`` and ``excluded`` take target texts or ranges. ``test_mode`` opens 127.0.0.0/8 and ``allow_public`` the
    globally routed addresses; both only for addresses that are allowed as well.
    """

    def __init__(
        self,
        allowed: Iterable[str | AddressRange],
        excluded: Iterable[str | AddressRange] = (),
        *,
        test_mode: bool = False,
        allow_public: bool = False,
    ) -> None:
        self._allowed = tuple(map(_as_range, allowed))
        self._excluded = tuple(map(_as_range, excluded))
        self._planned: tuple[AddressRange, ...] | None = None
        self._test_mode = test_mode
        self._allow_public = allow_public

    def narrowed(self, targets: Sequence[AddressRange]) -> "Guard":
        """Return a guard that in addition allows nothing outside of the targets of one run."""
        guard = Guard(self._allowed, self._excluded, test_mode=self._test_mode, allow_public=self._allow_public)
        guard._planned = tuple(targets)
        return guard

    def is_excluded(self, address: IPv4Address) -> bool:
        """Whether an administrator excluded the address."""
        return any(address in one for one in self._excluded)

    def check(self, address: str | IPv4Address) -> IPv4Address:
        """Return the address, or raise AddressNotAllowed with the reason; a host name is never resolved."""
        parsed = _as_address(address)
        reason = self.special(parsed) or self._unlisted(parsed) or self._on_edge(parsed)
        if reason is not None:
            raise AddressNotAllowed(str(parsed), reason)
        return parsed

    def special(self, address: IPv4Address) -> str | None:
        """Say why the address must not be contacted whatever the ranges are, or None."""
        for network, reason in _NEVER:
            if address in network:
                return reason
        if address in _LOOPBACK:
            return None if self._test_mode else "is a loopback address"
        if address.is_global and not self._allow_public:
            return "is a public address, which is not switched on"
        return None

    def _unlisted(self, address: IPv4Address) -> str | None:
        if self.is_excluded(address):
            return "is excluded"
        if not any(address in one for one in self._allowed):
            return "is outside of the allowed ranges"
        if self._planned is not None and not any(address in one for one in self._planned):
            return "is outside of this run's targets"
        return None

    def _on_edge(self, address: IPv4Address) -> str | None:
        listed = self._allowed + (self._planned or ())
        return next((edge for one in listed if (edge := one.edge(address)) is not None), None)


def _as_range(value: str | AddressRange) -> AddressRange:
    return value if isinstance(value, AddressRange) else _parse_target(value)


def _as_address(value: str | IPv4Address) -> IPv4Address:
    try:
        return IPv4Address(value)
    except AddressValueError as error:
        raise AddressNotAllowed(str(value)[:_TARGET_MAX_LENGTH], "is not an IPv4 address") from error


@dataclass(frozen=True, slots=True)
class Refusal:
    """A target, or a part of it, that will not be contacted."""

    target: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The addresses of one run, each once and in order; ``named`` are those that were targets on their own."""

    addresses: tuple[str, ...]
    named: frozenset[str]
    refusals: tuple[Refusal, ...]


def plan(targets: Sequence[AddressRange], guard: Guard) -> Plan:
    """Freeze the addresses of a run; excluded ones are left out silently, refused ones counted by reason."""
    addresses: dict[str, None] = {}
    refused: dict[tuple[str, str], int] = {}
    for target in targets:
        for address in target.hosts():
            reason = _planning_reason(address, guard)
            if reason is None:
                addresses[str(address)] = None
            elif reason and str(address) not in addresses:
                refused[(str(target), reason)] = refused.get((str(target), reason), 0) + 1
    named = frozenset(str(target.first) for target in targets if target.is_single)
    refusals = tuple(Refusal(target, reason, count) for (target, reason), count in refused.items())
    return Plan(tuple(addresses), named & addresses.keys(), refusals)


def _planning_reason(address: IPv4Address, guard: Guard) -> str | None:
    if guard.is_excluded(address):
        return ""
    try:
        guard.check(address)
    except AddressNotAllowed as error:
        return error.reason
    return None
