"""Every write to dashboards. Changes and deletions can be taken back."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import delete

from itsm.kernel import audit, clock, undo
from itsm.kernel.actor import Actor
from itsm.kernel.db import session, unit_of_work
from itsm.kernel.errors import Conflict, Forbidden, Invalid
from itsm.kernel.jobs import Outcome
from itsm.kernel.records import check_version, locked, require, set_changes
from itsm.kernel.text import Message, _
from itsm.kernel.undo import Undo
from itsm.reports.dashboards import policy, queries
from itsm.reports.dashboards.models import Dashboard
from itsm.reports.dashboards.ready import TILES
from itsm.reports.dashboards.tiles import MOST_TILES, NOTE, Tile, as_json, from_json, moved, new_key

CHANGED, DELETED = "dashboards.changed", "dashboards.deleted"
KEPT_DELETED = timedelta(days=2)
OWN_FACTS = ("name", "scope", "group_id")
NOT_YOURS = _("This dashboard is not yours to change. Make a copy of it for yourself.")
SIZES = {"value": (3, 1), "queue": (6, 3), NOTE: (3, 1)}


def create_dashboard(
    actor: Actor, *, name: str, scope: str = "own", group_id: int | None = None, like: str = ""
) -> Dashboard:
    """Make a dashboard, empty or with the tiles of another one (`like` is its name in addresses)."""
    require(actor, policy.READ)
    facts = policy.SHARING.checked(actor, {"name": name, "scope": scope, "group_id": group_id})
    tiles = queries.get_board(actor, like).tiles if like else ()
    row = Dashboard(owner_id=actor.person_id, tiles=as_json([replace(tile, key=new_key()) for tile in tiles]), **facts)
    session.add(row)
    session.flush()
    audit.record(
        actor, "dashboard.created", subject_kind="dashboard", subject_id=row.id, changes={"name": [None, row.name]}
    )
    return row


def edit_dashboard(
    actor: Actor, dashboard_id: int, *, version: int | None, values: Mapping[str, Any]
) -> tuple[Dashboard, Undo | None]:
    """Change a dashboard's name or whom it is for."""
    row = _kept(actor, dashboard_id, version)
    facts = {name: getattr(row, name) for name in OWN_FACTS}
    title = _("“%(name)s” was changed.", name=row.name)
    return row, _change(actor, row, policy.SHARING.checked(actor, facts | dict(values), row), title)


def delete_dashboard(actor: Actor, dashboard_id: int) -> Undo | None:
    """Take a dashboard away; it can be brought back for a day."""
    row = _kept(actor, dashboard_id)
    row.deleted_at = clock.now()
    session.flush()
    audit.record(
        actor, "dashboard.deleted", subject_kind="dashboard", subject_id=row.id, changes={"name": [row.name, None]}
    )
    title = _("The dashboard “%(name)s” was deleted.", name=row.name)
    return undo.remember(actor, DELETED, title=title, payload={"id": row.id}, back=f"/dashboards/{row.id}")


def add_tile(
    actor: Actor, dashboard_id: int, source: str, *, version: int | None = None, text: str = ""
) -> Undo | None:
    """Put a tile at the end of a dashboard; raises `Invalid` for a source that the actor has not."""
    row = _kept(actor, dashboard_id, version)
    if len(row.tiles) >= MOST_TILES:
        raise Invalid.field("source", _("A dashboard holds at most %(most)s tiles.", most=MOST_TILES))
    tile = _new_tile(actor, source, text)
    return _keep_tiles(actor, row, [*from_json(row.tiles), tile], _("A tile was added to “%(name)s”.", name=row.name))


def change_tile(
    actor: Actor, dashboard_id: int, key: str, values: Mapping[str, Any], *, version: int | None = None, move: int = 0
) -> Undo | None:
    """Change how a tile is called, how large it is, from where it stands out or, by `move` places, where it stands."""
    row = _kept(actor, dashboard_id, version)
    tiles = from_json(row.tiles)
    found = _tile_of(tiles, key)
    changed = replace(found, **values)
    changed = changed.sized(changed.width, changed.height)
    kept = moved([changed if tile.key == key else tile for tile in tiles], key, move)
    return _keep_tiles(actor, row, kept, _("A tile of “%(name)s” was changed.", name=row.name))


def remove_tile(actor: Actor, dashboard_id: int, key: str, *, version: int | None = None) -> Undo | None:
    """Take a tile off a dashboard."""
    row = _kept(actor, dashboard_id, version)
    tiles = from_json(row.tiles)
    _tile_of(tiles, key)
    kept = [tile for tile in tiles if tile.key != key]
    return _keep_tiles(actor, row, kept, _("A tile was taken off “%(name)s”.", name=row.name))


def arrange(
    actor: Actor, dashboard_id: int, places: Sequence[tuple[str, int, int]], *, version: int | None
) -> Undo | None:
    """Put the tiles into this order and size: key, width and height of every one of them, each once."""
    row = _kept(actor, dashboard_id, version)
    tiles = {tile.key: tile for tile in from_json(row.tiles)}
    if sorted(key for key, _width, _height in places) != sorted(tiles):
        raise Conflict(_("This was changed meanwhile. Look at the present values and save again."))
    kept = [tiles[key].sized(width, height) for key, width, height in places]
    return _keep_tiles(actor, row, kept, _("The tiles of “%(name)s” were arranged anew.", name=row.name))


def take_back_changed(actor: Actor, payload: Mapping[str, Any]) -> Message | None:
    """Give a dashboard what it had before; raises `Conflict` when the same was changed since."""
    row = _kept(actor, payload["id"])
    before, after = payload["before"], payload["after"]
    if any(getattr(row, name) != value for name, value in after.items()):
        raise Conflict(_("The dashboard was changed since, so this can no longer be taken back."))
    facts = {name: getattr(row, name) for name in OWN_FACTS} | before
    policy.SHARING.checked(actor, {name: facts[name] for name in OWN_FACTS}, row)
    _store(actor, row, before)
    return None


def take_back_deleted(actor: Actor, payload: Mapping[str, Any]) -> Message | None:
    """Bring a deleted dashboard back."""
    row = locked(Dashboard, payload["id"])
    if not policy.SHARING.may_keep(actor, row):
        raise Forbidden(NOT_YOURS)
    row.deleted_at = None
    session.flush()
    audit.record(
        actor, "dashboard.created", subject_kind="dashboard", subject_id=row.id, changes={"name": [None, row.name]}
    )
    return None


def forget_deleted() -> Outcome:
    """Remove dashboards that were deleted longer ago than they can be brought back."""
    with unit_of_work():
        session.execute(delete(Dashboard).where(Dashboard.deleted_at < clock.now() - KEPT_DELETED))
    return Outcome()


def _kept(actor: Actor, dashboard_id: int, version: int | None = None) -> Dashboard:
    row = locked(Dashboard, queries.get_dashboard(actor, dashboard_id).id)
    if not policy.SHARING.may_keep(actor, row):
        raise Forbidden(NOT_YOURS)
    check_version(row, version)
    return row


def _tile_of(tiles: Sequence[Tile], key: str) -> Tile:
    for tile in tiles:
        if tile.key == key:
            return tile
    raise Conflict(_("This tile is no longer on the dashboard. Load the page again."))


def _keep_tiles(actor: Actor, row: Dashboard, tiles: Sequence[Tile], title: Message) -> Undo | None:
    return _change(actor, row, {"tiles": as_json(tiles)}, title)


def _change(actor: Actor, row: Dashboard, values: Mapping[str, Any], title: Message) -> Undo | None:
    """Store what differs, and remember what was before."""
    before = {name: getattr(row, name) for name, value in values.items() if getattr(row, name) != value}
    if not before:
        return None
    after = {name: values[name] for name in before}
    _store(actor, row, after)
    payload = {"id": row.id, "before": before, "after": after}
    return undo.remember(actor, CHANGED, title=title, payload=payload, back=f"/dashboards/{row.id}")


def _store(actor: Actor, row: Dashboard, values: Mapping[str, Any]) -> None:
    changes = set_changes(row, values)
    if "tiles" in changes:
        before, after = changes["tiles"]
        differing = [[tile for tile in each if tile not in other] for each, other in ((before, after), (after, before))]
        changes["tiles"] = differing if any(differing) else [[tile["key"] for tile in each] for each in (before, after)]
    session.flush()
    audit.record(actor, "dashboard.changed", subject_kind="dashboard", subject_id=row.id, changes=changes)


def _new_tile(actor: Actor, source: str, text: str) -> Tile:
    kind, _colon, name = source.partition(":")
    if kind == "ready" and name in TILES:
        return replace(TILES[name].tile(), key=new_key())
    report = queries.find_report(actor, name) if kind == "saved" else None
    if report is not None:
        return _sized(f"saved:{report.id}", "picture" if report.question.get("dimensions") else "value")
    if kind == "queue" and queries.find_queue(actor, name) is not None:
        return _sized(source, "queue")
    if kind == NOTE:
        return replace(_sized(NOTE, NOTE), text=text)
    raise Invalid.field("source", _("Choose one of the list."))


def _sized(source: str, shape: str) -> Tile:
    width, height = SIZES.get(shape, (6, 3))
    return Tile(new_key(), source, width=width, height=height)
