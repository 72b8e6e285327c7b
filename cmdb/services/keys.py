"""Identification: finding the CI that what was seen belongs to, and remembering by what it is known."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import or_, select, tuple_

from cmdb.attributes import mac_text
from cmdb.models import Ci, CiKey
from itsm.kernel.db import session

WEAK = frozenset({"name", "address", "ip", "hostname"})
LONGEST_KIND, LONGEST_VALUE = 40, 200

Key = tuple[str, str]  # kind and value, as ("serial", "ABC123") or ("mac", "00:1a:2b:3c:4d:5e")


@dataclass(frozen=True)
class Match:
    """A CI that shares keys with what was looked for."""

    ci_id: int
    state: str
    strong: tuple[Key, ...]
    weak: tuple[Key, ...]


def normal_key(kind: str, value: str) -> Key | None:
    """A key as it is stored and compared, or None when it says nothing."""
    text = value.replace("\x00", "").strip().lower()[:LONGEST_VALUE]
    if kind == "mac":
        try:
            text = mac_text(text)
        except ValueError:
            return None
    return (kind[:LONGEST_KIND], text) if text else None


def _normal_keys(keys: Iterable[Key]) -> list[Key]:
    return list(dict.fromkeys(key for kind, value in keys if (key := normal_key(kind, value)) is not None))


def find_by_keys(keys: Iterable[Key]) -> list[Match]:
    """CIs that are known by any of these keys, those with most strong keys first; one statement."""
    wanted = _normal_keys(keys)
    if not wanted:
        return []
    statement = (
        select(CiKey.ci_id, CiKey.kind, CiKey.value, CiKey.strong_key, Ci.state)
        .join(Ci, Ci.id == CiKey.ci_id)
        .where(tuple_(CiKey.kind, CiKey.value).in_(wanted))
        .order_by(CiKey.ci_id)
    )
    found: dict[int, tuple[str, list[Key], list[Key]]] = {}
    for row in session.execute(statement):
        entry = found.setdefault(row.ci_id, (row.state, [], []))
        (entry[1] if row.strong_key else entry[2]).append((row.kind, row.value))
    matches = [Match(ci_id, state, tuple(strong), tuple(weak)) for ci_id, (state, strong, weak) in found.items()]
    return sorted(matches, key=lambda match: (-len(match.strong), -len(match.weak), match.ci_id))


def bind_keys(ci: Ci, keys: Iterable[Key]) -> list[Key]:
    """Remember that a CI is known by these keys; answers the strong ones that belong to another CI, which keeps them."""
    wanted = _normal_keys(keys)
    if not wanted:
        return []
    strong = [f"{kind}:{value}" for kind, value in wanted if kind not in WEAK]
    statement = select(CiKey).where(or_(CiKey.ci_id == ci.id, CiKey.strong_key.in_(strong)))
    rows = session.scalars(statement).all()
    own = {(row.kind, row.value) for row in rows if row.ci_id == ci.id}
    taken = {(row.kind, row.value) for row in rows if row.ci_id != ci.id}
    for kind, value in wanted:
        if (kind, value) not in own | taken:
            strong_key = None if kind in WEAK else f"{kind}:{value}"
            session.add(CiKey(ci_id=ci.id, kind=kind, value=value, strong_key=strong_key))
    session.flush()
    return [key for key in wanted if key in taken]
