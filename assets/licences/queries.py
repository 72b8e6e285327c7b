"""Every read of licences, always as far as the actor may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select

from assets.licences.models import Licence, LicenceUse
from assets.licences.policy import visible
from cmdb import queries as cmdb
from itsm.identity import queries as identity
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import NotFound
from itsm.kernel.paging import COUNT_LIMIT, Page, SortKey, checked_limit, keyset, page_of
from itsm.kernel.text import _

SOON_DAYS = 90
STATES = {
    "in_use": _("In force"),
    "expiring": _("Ends within 90 days"),
    "expired": _("Expired"),
    "over": _("Over-assigned"),
    "future": _("Not yet valid"),
    "retired": _("Retired"),
}
ORDERS: dict[str, tuple[SortKey, ...]] = {
    "name": (SortKey("name_key", Licence.name_key), SortKey("id", Licence.id)),
    "newest": (SortKey("id", Licence.id, descending=True),),
}
USE_ORDER = (SortKey("id", LicenceUse.id),)
USED = (
    select(func.count())
    .where(LicenceUse.licence_id == Licence.id, LicenceUse.to_at.is_(None))
    .correlate(Licence)
    .scalar_subquery()
)


@dataclass(frozen=True)
class Filter:
    """What a list of licences is narrowed to; `state` is one of `STATES`, empty for all that are not retired."""

    words: str = ""
    state: str = ""


@dataclass(frozen=True)
class Holder:
    """One open use with the name of who holds it; empty for a CI that the actor may not see."""

    use: LicenceUse
    name: str


def get_licence(actor: Actor, licence_id: int, *, lock: bool = False) -> Licence:
    """The licence with this id; raises `NotFound`."""
    statement = (
        select(Licence).where(Licence.id == licence_id, visible(actor)).execution_options(populate_existing=True)
    )
    licence = session.scalars(statement.with_for_update() if lock else statement).first()
    if licence is None:
        raise NotFound(_("There is no such licence, or you may not see it."))
    return licence


def state_of(licence: Any, today: date) -> str:
    """How a licence stands on a day: retired, future, expired, expiring or in_use; rows and licences alike."""
    if licence.retired_at is not None:
        return "retired"
    if licence.valid_from is not None and licence.valid_from > today:
        return "future"
    if licence.valid_until is not None and licence.valid_until < today:
        return "expired"
    soon = licence.valid_until is not None and licence.valid_until < today + timedelta(days=SOON_DAYS)
    return "expiring" if soon else "in_use"


def conditions(wanted: Filter, today: date) -> list[ColumnElement[bool]]:
    """The conditions of a list, as of the reader's day."""
    found: list[ColumnElement[bool]] = []
    for word in wanted.words.replace("\x00", " ").lower().split()[:20]:
        texts = (Licence.publisher, Licence.supplier, Licence.order_number)
        columns = (Licence.name_key, *(func.lower(text) for text in texts))
        found.append(or_(*(column.contains(word, autoescape=True) for column in columns)))
    found.append(_state(wanted.state, today))
    return found


def _state(state: str, today: date) -> ColumnElement[bool]:
    if state == "retired":
        return Licence.retired_at.is_not(None)
    begun = or_(Licence.valid_from.is_(None), Licence.valid_from <= today)
    lasts = or_(Licence.valid_until.is_(None), Licence.valid_until >= today)
    soon = Licence.valid_until < today + timedelta(days=SOON_DAYS)
    parts: dict[str, tuple[ColumnElement[bool], ...]] = {
        "in_use": (begun, or_(Licence.valid_until.is_(None), ~soon)),
        "expiring": (begun, lasts, soon),
        "expired": (begun, Licence.valid_until < today),
        "future": (Licence.valid_from > today,),
        "over": (Licence.seats < USED,),
    }
    return and_(Licence.retired_at.is_(None), *parts.get(state, ()))


def list_rows(
    actor: Actor,
    *,
    where: Sequence[ColumnElement[bool]] = (),
    order: str = "name",
    limit: int | None = None,
    cursor: str | None = None,
) -> Page[Row[Any]]:
    """One page of licences with the number of their holders, `used`; one statement."""
    size, keys = checked_limit(limit), ORDERS[order]
    statement: Select[Any] = select(*Licence.__table__.columns, USED.label("used")).where(visible(actor), *where)
    rows = session.execute(keyset(statement, keys, limit=size, cursor=cursor)).all()
    return page_of(rows, limit=size, cursor_values=lambda row: [getattr(row, key.name) for key in keys])


def count_up_to_limit(actor: Actor, *, where: Sequence[ColumnElement[bool]] = ()) -> int:
    """How many licences a list has; stops counting beyond 1,000."""
    inner = select(Licence.id).where(visible(actor), *where).limit(COUNT_LIMIT + 1).subquery()
    return int(session.scalar(select(func.count()).select_from(inner)) or 0)


def count_used(actor: Actor, licence_ids: Sequence[int]) -> dict[int, int]:
    """Licence id → how many hold it now; licences without holders are left out."""
    statement = (
        select(LicenceUse.licence_id, func.count())
        .join(Licence, Licence.id == LicenceUse.licence_id)
        .where(LicenceUse.licence_id.in_(licence_ids), LicenceUse.to_at.is_(None), visible(actor))
        .group_by(LicenceUse.licence_id)
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def list_holders(actor: Actor, licence_id: int, *, limit: int | None = None, cursor: str | None = None) -> Page[Holder]:
    """One page of who holds a licence now, first assigned first; three statements."""
    size = checked_limit(limit)
    statement = (
        select(LicenceUse)
        .join(Licence, Licence.id == LicenceUse.licence_id)
        .where(LicenceUse.licence_id == licence_id, LicenceUse.to_at.is_(None), visible(actor))
    )
    rows = session.scalars(keyset(statement, USE_ORDER, limit=size, cursor=cursor)).all()
    names = _names(actor, rows)
    page = page_of(rows, limit=size, cursor_values=lambda row: [row.id])
    return page.map(lambda row: Holder(row, names.get(row.id, "")))


def name_of(actor: Actor, use: LicenceUse) -> str:
    """What the holder of a use is called; empty for a CI that the actor may not see."""
    return _names(actor, [use]).get(use.id, "")


def _names(actor: Actor, uses: Sequence[LicenceUse]) -> dict[int, str]:
    people = identity.person_names({use.person_id for use in uses if use.person_id is not None})
    cis = {ci.id: ci.name for ci in cmdb.list_by_ids(actor, [use.ci_id for use in uses if use.ci_id is not None])}
    return {use.id: people.get(use.person_id or 0) or cis.get(use.ci_id or 0, "") for use in uses}
