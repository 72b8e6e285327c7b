"""Which addresses administrators allowed: their texts checked, and the guard made of them."""

from collections.abc import Iterable, Sequence
from typing import Final

from cmdb.discovery.models import ScanRange
from cmdb.discovery.targets import LARGEST_UNCONFIRMED, AddressRange, Guard, InvalidTarget, parse_targets
from itsm.kernel.errors import Invalid
from itsm.kernel.text import _

LOOPBACK: Final = "127.0.0.0/8"


def split(text: str) -> list[str]:
    """The targets in a text: one a line or separated by commas."""
    return [part.strip() for line in text.splitlines() for part in line.split(",") if part.strip()]


def joined(text: str) -> str:
    """The same targets, one a line."""
    return "\n".join(split(text))


def check(field: str, text: str, *, allow_public: bool, loopback: bool) -> None:
    """Raise `Invalid` that names the field and the target that cannot be scanned."""
    targets = [_parsed(field, target) for target in split(text)]
    total = sum(one.size for one in targets)
    if total > LARGEST_UNCONFIRMED:
        fault = _("These are %(count)s addresses; a range holds at most %(most)s. Split it into several ranges.",
                  count=total, most=LARGEST_UNCONFIRMED)  # fmt: skip
        raise Invalid.field(field, fault)
    guard = Guard(targets, test_mode=loopback, allow_public=allow_public)
    for one in targets:
        _check_allowed(field, one, guard)


def check_exclusions(text: str) -> None:
    """Raise `Invalid` that names the exclusion that is no address, range or network."""
    for target in split(text):
        _parsed("exclusions", target)


def _parsed(field: str, target: str) -> AddressRange:
    try:
        return parse_targets([target], large_confirmed=True)[0]
    except InvalidTarget as error:
        text = _(
            "“%(target)s” cannot be used. Type IPv4 addresses (10.1.2.3), ranges (10.1.2.3-40) or networks "
            "(10.1.2.0/24), not larger than a /16.",
            target=target[:60],
        )
        raise Invalid.field(field, text) from error


def _check_allowed(field: str, target: AddressRange, guard: Guard) -> None:
    for address in target.hosts():
        reason = guard.special(address)
        if reason is not None:
            text = _("%(target)s holds %(address)s, which %(reason)s and is not scanned.",
                     target=str(target), address=str(address), reason=reason)  # fmt: skip
            raise Invalid.field(field, text)


def guard_of(allowed: Sequence[ScanRange], *, active: Iterable[ScanRange], loopback: bool) -> Guard:
    """The guard that allows these ranges (and loopback where asked); exclusions of every active range win."""
    targets = [target for one in allowed for target in split(one.network)]
    excluded = [target for one in active for target in split(one.exclusions)]
    excluded += [target for one in allowed for target in split(one.exclusions)]
    return Guard(
        [*targets, *([LOOPBACK] if loopback else [])],
        excluded,
        test_mode=loopback,
        allow_public=any(one.allow_public for one in allowed),
    )


def holding(ranges: Iterable[ScanRange], address: str) -> ScanRange | None:
    """The first range that holds an address."""
    wanted = parse_targets([address])[0].first
    return next((one for one in ranges if any(wanted in target for target in _targets(one))), None)


def _targets(row: ScanRange) -> list[AddressRange]:
    return parse_targets(split(row.network), large_confirmed=True)
