"""Every read of assets, always as far as the actor may see."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, or_, select, true
from sqlalchemy.orm import aliased

from assets.inventory.junk import normalised
from assets.lifecycle import GONE_STATES
from assets.models import PREFIX, Asset
from assets.policy import visible
from itsm.identity.models import Organisation, Person, Site
from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.audit import AuditEntry
from itsm.kernel.db import session
from itsm.kernel.errors import NotFound
from itsm.kernel.paging import COUNT_LIMIT, Page, SortKey, checked_limit, keyset, page_of
from itsm.kernel.text import _
from itsm.search import queries as search

Conditions = Sequence[ColumnElement[bool]]

EVERY = true()
NUMBER = re.compile(rf"{PREFIX}(\d{{1,15}})", re.IGNORECASE)
WARRANTY_SOON_DAYS = 90
HISTORY_SHOWN = 200
EQUIPMENT_SHOWN = 20
EXPORT_LIMIT = 50_000
LABELS_LIMIT = 240
ORDERS: dict[str, tuple[SortKey, ...]] = {
    "tag": (SortKey("tag", Asset.tag),),
    "name": (SortKey("name_key", Asset.name_key), SortKey("id", Asset.id)),
    "newest": (SortKey("id", Asset.id, descending=True),),
    "-updated_at": (SortKey("updated_at", Asset.updated_at, descending=True, instant=True), SortKey("id", Asset.id)),
}
Owner = aliased(Person)
LISTED: tuple[Any, ...] = (
    Asset.id, Asset.tag, Asset.name, Asset.name_key, Asset.kind, Asset.model, Asset.manufacturer, Asset.serial, Asset.state,
    Asset.stock_state, Asset.owner_id, Asset.site_id, Asset.warranty_until, Asset.purchased_on, Asset.price_minor,
    Asset.currency, Asset.ci_id, Asset.updated_at,
)  # fmt: skip


@dataclass(frozen=True)
class Filter:
    """What a list of assets is narrowed to; `warranty` is `soon`, `over` or empty."""

    words: str = ""
    state: str = ""
    site_id: int | None = None
    warranty: str = ""


def get_asset(actor: Actor, number: str, *, lock: bool = False) -> Asset:
    """The asset with this number (`AST0000123`); raises `NotFound`."""
    match = NUMBER.fullmatch(number)
    statement = select(Asset).where(Asset.id == (int(match[1]) if match else 0), visible(actor))
    return _one(statement.with_for_update() if lock else statement)


def get_by_tag(actor: Actor, tag: str) -> Asset:
    """The asset with this label; raises `NotFound`."""
    return _one(select(Asset).where(Asset.tag == tag.strip().upper(), visible(actor)))


def _one(statement: Select[Any]) -> Asset:
    asset: Asset | None = session.scalars(statement.execution_options(populate_existing=True)).first()
    if asset is None:
        raise NotFound(_("There is no such asset, or you may not see it."))
    return asset


def facts_of(asset: Asset) -> dict[str, Any]:
    """The facts that an edit compares with, as JSON values."""
    names = ("version", "tag", "name", "state", "owner_id", "site_id", "serial", "warranty_until")
    return {name: str(value) if isinstance(value := getattr(asset, name), date) else value for name in names}


def conditions(wanted: Filter, *, readable: ColumnElement[bool] = EVERY) -> list[ColumnElement[bool]]:
    """The conditions of a list; reads the search index when words are given."""
    found: list[ColumnElement[bool]] = []
    if wanted.words.strip():
        found.append(matching(wanted.words, readable=readable))
    if wanted.state:
        found.append(Asset.state == wanted.state)
    if wanted.site_id:
        found.append(Asset.site_id == wanted.site_id)
    if wanted.warranty:
        found.append(_warranty(wanted.warranty))
    return found


def matching(words: str, *, readable: ColumnElement[bool] = EVERY) -> ColumnElement[bool]:
    """Words of the asset, any piece of its tag, name or serial number, or of its user's name; of very many, the newest ones."""
    text = words.strip()
    owners = select(Person.id).where(Person.name_key.contains(text.lower(), autoescape=True))
    parts: list[ColumnElement[bool]] = [
        Asset.id.in_(search.find_named("asset", text, readable=search.Readable(Asset.id, readable))),
        Asset.tag.startswith(text.upper(), autoescape=True),
        Asset.owner_id.in_(owners),
    ]
    if key := normalised(text):
        parts.append(Asset.serial_key.startswith(key, autoescape=True))
    return or_(*parts)


def _warranty(which: str) -> ColumnElement[bool]:
    today = clock.now().date()
    if which == "over":
        return (Asset.warranty_until < today) & Asset.state.not_in(GONE_STATES)
    soon = today + timedelta(days=WARRANTY_SOON_DAYS)
    return Asset.warranty_until.between(today, soon) & Asset.state.not_in(GONE_STATES)


def list_rows(
    actor: Actor,
    *,
    where: Conditions = (),
    order: str = "tag",
    limit: int | None = None,
    cursor: str | None = None,
) -> Page[Row[Any]]:
    """One page of assets as rows with the names of user and site; one statement."""
    size = checked_limit(limit)
    keys = ORDERS[order]
    rows = session.execute(keyset(_named(actor, where), keys, limit=size, cursor=cursor)).all()
    return page_of(rows, limit=size, cursor_values=lambda row: [getattr(row, key.name) for key in keys])


def list_all_rows(actor: Actor, *, where: Conditions = (), order: str = "tag") -> Sequence[Row[Any]]:
    """Every row of a list, up to 50,000, for exports; one statement."""
    keys = ORDERS[order]
    return session.execute(keyset(_named(actor, where), keys, limit=EXPORT_LIMIT - 1, cursor=None)).all()


def _named(actor: Actor, where: Conditions) -> Select[Any]:
    statement: Select[Any] = (
        select(*LISTED, Owner.name.label("owner_name"), Site.name.label("site_name"))
        .select_from(Asset)
        .outerjoin(Owner, Owner.id == Asset.owner_id)
        .outerjoin(Site, Site.id == Asset.site_id)
        .where(visible(actor), *where)
    )
    return statement


def list_assets(
    actor: Actor,
    *,
    where: Conditions = (),
    order: str = "newest",
    limit: int | None = None,
    cursor: str | None = None,
) -> Page[Asset]:
    """One page of whole assets, for the API."""
    size = checked_limit(limit)
    keys = ORDERS[order]
    rows = session.scalars(keyset(select(Asset).where(visible(actor), *where), keys, limit=size, cursor=cursor)).all()
    return page_of(rows, limit=size, cursor_values=lambda row: [getattr(row, key.name) for key in keys])


def count_up_to_limit(actor: Actor, *, where: Conditions = ()) -> int:
    """How many assets a list has; stops counting beyond 1,000."""
    inner = select(Asset.id).where(visible(actor), *where).limit(COUNT_LIMIT + 1).subquery()
    return int(session.scalar(select(func.count()).select_from(inner)) or 0)


def list_owned_by(actor: Actor, person_id: int, *, limit: int = EQUIPMENT_SHOWN) -> Sequence[Asset]:
    """The equipment of a person, as far as the actor may see."""
    statement = select(Asset).where(Asset.owner_id == person_id, visible(actor)).order_by(Asset.name_key, Asset.id)
    return session.scalars(statement.limit(limit)).all()


def users_by_label(actor: Actor, text: str) -> dict[int, str]:
    """Person id → the tag of what they use, for assets whose tag or serial number begins with a text."""
    parts: list[ColumnElement[bool]] = [Asset.tag.startswith(text.strip().upper(), autoescape=True)]
    if key := normalised(text):
        parts.append(Asset.serial_key.startswith(key, autoescape=True))
    statement = select(Asset.owner_id, Asset.tag).where(or_(*parts), Asset.owner_id.is_not(None), visible(actor))
    rows = session.execute(statement.order_by(Asset.tag).limit(EQUIPMENT_SHOWN))
    return {row.owner_id: row.tag for row in rows}


def find_of_ci(actor: Actor, ci_id: int) -> Sequence[Asset]:
    """The assets that are operated as a CI (mostly one)."""
    return session.scalars(select(Asset).where(Asset.ci_id == ci_id, visible(actor)).order_by(Asset.id)).all()


def list_by_ids(actor: Actor, ids: Sequence[int]) -> Sequence[Asset]:
    """Assets by id, in the order of their tags, for labels."""
    statement = select(Asset).where(Asset.id.in_(ids), visible(actor)).order_by(Asset.tag)
    return session.scalars(statement.limit(LABELS_LIMIT)).all()


def names_for(asset: Asset) -> dict[str, Any]:
    """Names of an asset's user, site and organisation; at most one statement each."""
    owner = session.get(Person, asset.owner_id) if asset.owner_id else None
    site = session.get(Site, asset.site_id) if asset.site_id else None
    organisation = session.get(Organisation, asset.organisation_id) if asset.organisation_id else None
    return {"owner": owner, "place": site, "organisation": organisation}


def history(actor: Actor, asset: Asset) -> Sequence[AuditEntry]:
    """What was done to an asset, newest first; none for people who only see their own equipment."""
    if not actor.has("assets.read"):
        return []
    statement = select(AuditEntry).where(AuditEntry.subject_kind == "asset", AuditEntry.subject_id == asset.id)
    return session.scalars(statement.order_by(AuditEntry.id.desc()).limit(HISTORY_SHOWN)).all()
