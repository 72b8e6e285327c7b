"""Every write to assets."""

import re
import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from assets import queries
from assets.events import AssetMoved, AssetRecorded
from assets.inventory.identity import clean_serial
from assets.lifecycle import ASSIGNED_STATES, DISPOSALS, GONE_STATES, LIFECYCLE
from assets.models import PREFIX, Asset, number_of
from itsm.identity.models import Organisation, Person, Site
from itsm.kernel import audit
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Forbidden, IllegalTransition, Invalid
from itsm.kernel.events import emit
from itsm.kernel.lifecycle import Transition
from itsm.kernel.records import check_version, require, set_changes
from itsm.kernel.text import _
from itsm.search import services as search

KIND = "asset"
STARTING_STATES = ("requested", "ordered", "in_stock", "in_use")
FACTS = frozenset(
    """
    tag name kind model manufacturer serial owner_id site_id organisation_id supplier order_number purchased_on
    price_minor currency warranty_until ci_id notes
    """.split()  # noqa: SIM905 (reads better than twenty quoted lines)
)
DERIVED = frozenset({"name_key", "serial_key"})
JUDGED_TOGETHER = ("serial", "manufacturer", "price_minor", "currency")
OUR_NUMBER = re.compile(rf"{PREFIX}\d+")
CURRENCY = re.compile(r"[A-Z]{3}")


def record_asset(
    actor: Actor, *, name: str, kind: str, tag: str = "", state: str = "in_stock", origin: str = "hand", **facts: Any
) -> Asset:
    """Record an asset; without a `tag` its number is its tag. Raises `Invalid` that names the wrong field."""
    require(actor, "assets.edit")
    if state not in STARTING_STATES:
        raise Invalid.field("state", _("A new asset is requested, ordered, in stock or in use."))
    values = _checked({"name": name, "kind": kind, **facts})
    _check_owner(state, values.get("owner_id"))
    wanted = _free_tag(tag, asset_id=None)
    asset = Asset(
        **values, tag=wanted or secrets.token_hex(16), state=state, stock_state=_stock_state(state), origin=origin
    )
    session.add(asset)
    session.flush()
    if not wanted:
        asset.tag = asset.number
        session.flush()
    recorded = {"tag": asset.tag, "state": state} | {
        name: value for name, value in values.items() if name not in DERIVED
    }
    _note(
        actor,
        asset,
        "asset.created",
        {field: [None, value] for field, value in recorded.items() if value not in (None, "")},
    )
    _index(asset)
    emit(AssetRecorded(asset.id, origin))
    return asset


def change_asset(
    actor: Actor, asset: Asset, *, changes: Mapping[str, Any], version: int | None = None
) -> dict[str, list[Any]]:
    """Change facts of an asset; answers field → [before, after]. Raises `Conflict` when `version` is not the present one."""
    require(actor, "assets.edit")
    check_version(asset, version, current=queries.facts_of(asset))
    unknown = changes.keys() - FACTS
    if unknown:
        raise Invalid.field(sorted(unknown)[0], _("This cannot be changed here."))
    values = _checked({name: getattr(asset, name) for name in JUDGED_TOGETHER} | dict(changes))
    if "owner_id" in changes:
        _check_owner(asset.state, changes["owner_id"])
    if "tag" in changes:
        values["tag"] = _free_tag(str(changes["tag"]), asset_id=asset.id) or asset.number
    return _apply(actor, asset, values)


def tie_to_ci(actor: Actor, asset: Asset, ci_id: int) -> None:
    """Say as which CI an asset is operated."""
    require(actor, "assets.edit")
    _apply(actor, asset, {"ci_id": ci_id})


def take_step(
    actor: Actor, asset: Asset, name: str, *, fields: Mapping[str, Any] | None = None, version: int | None = None
) -> None:
    """Take one step of the life cycle; stock and what is gone keep the user empty. Rule: A2, A3.

    Raises `IllegalTransition`, `Forbidden`, or `Invalid` that names every missing field.
    """
    check_version(asset, version, current=queries.facts_of(asset))
    step = LIFECYCLE.step(name, state=asset.state)
    if not actor.has(step.permission):
        raise Forbidden(_("You may not take the step “%(step)s”.", step=step.title))
    objection = step.guard(asset) if step.guard else None
    if objection is not None:
        raise IllegalTransition(objection)
    given = _step_fields(step, fields or {})
    note = str(given.pop("note", "") or "")
    before = asset.state
    changes = _checked(given) | {"state": step.target}
    changes["stock_state"] = "reserved" if step.name == "reserve" else _stock_state(step.target)
    if step.target not in ASSIGNED_STATES:
        changes["owner_id"] = None
    _apply(actor, asset, changes, action=f"asset.{step.name}", note=note)
    emit(AssetMoved(asset.id, step.name, before, step.target))


def _step_fields(step: Transition, fields: Mapping[str, Any]) -> dict[str, Any]:
    unknown = fields.keys() - {*step.requires, *step.accepts}
    if unknown:
        raise Invalid.field(sorted(unknown)[0], _("The step “%(step)s” takes no such field.", step=step.title))
    missing = [name for name in step.requires if fields.get(name) in (None, "")]
    if missing:
        needed = _("This is needed for “%(step)s”.", step=step.title)
        raise Invalid(
            _("Some fields are needed for “%(step)s”.", step=step.title), errors={name: [needed] for name in missing}
        )
    return {name: value for name, value in fields.items() if value not in (None, "")}


def _checked(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts with texts trimmed and derived columns added; raises `Invalid` for what breaks a rule."""
    values = {name: value.strip() if isinstance(value, str) else value for name, value in facts.items()}
    values.pop("tag", None)
    if "name" in values:
        if not values["name"]:
            raise Invalid.field("name", _("Give the asset a name."))
        values["name_key"] = values["name"].lower()[:255]
    if "serial" in values:
        values["serial_key"] = clean_serial(values["serial"] or "", manufacturer=values.get("manufacturer") or "")
    if values.get("disposal") and values["disposal"] not in DISPOSALS:
        raise Invalid.field("disposal", _("Choose how it was disposed of: sold, donated or scrapped."))
    _check_money(values)
    for name, table in (("owner_id", Person), ("site_id", Site), ("organisation_id", Organisation)):
        if values.get(name) is not None and session.get(table, values[name]) is None:
            raise Invalid.field(name, _("There is no such record."))
    return values


def _check_money(values: dict[str, Any]) -> None:
    if values.get("price_minor") is not None and values["price_minor"] < 0:
        raise Invalid.field("price", _("A price is zero or more."))
    if values.get("currency"):
        values["currency"] = values["currency"].upper()
        if not CURRENCY.fullmatch(values["currency"]):
            raise Invalid.field("currency", _("Write the currency with three letters, like EUR."))
    if values.get("price_minor") is not None and not values.get("currency"):
        raise Invalid.field("currency", _("A price needs its currency, like EUR."))


def _check_owner(state: str, owner_id: int | None) -> None:
    if owner_id is None or state in ASSIGNED_STATES:
        return
    if state in GONE_STATES:
        raise Invalid.field("owner_id", _("This asset is retired. Bring it back before you give it to someone."))
    raise Invalid.field(
        "owner_id", _("What is not handed out has no user. Use “Hand out” or “Lend” to give it to someone.")
    )


def _free_tag(tag: str, *, asset_id: int | None) -> str:
    """The tag as it is stored, or empty for none; raises `Invalid` when another asset has it or may get it. Rule: A6."""
    wanted = tag.strip().upper()
    if not wanted:
        return ""
    if OUR_NUMBER.fullmatch(wanted) and (asset_id is None or wanted != number_of(asset_id)):
        raise Invalid.field(
            "tag", _("Tags like %(tag)s are given by the system. Leave the tag empty to get the next one.", tag=wanted)
        )
    taken = session.scalar(select(Asset.id).where(Asset.tag == wanted))
    if taken is not None and taken != asset_id:
        raise Invalid.field("tag", _("Another asset has the tag %(tag)s.", tag=wanted))
    return wanted


def _stock_state(state: str) -> str:
    return "available" if state == "in_stock" else ""


def _apply(
    actor: Actor, asset: Asset, values: Mapping[str, Any], *, action: str = "asset.changed", note: str = ""
) -> dict[str, list[Any]]:
    changed = set_changes(asset, values)
    if not changed:
        return {}
    session.flush()
    shown = {name: change for name, change in changed.items() if name not in DERIVED}
    _note(actor, asset, action, shown | ({"note": [None, note]} if note else {}))
    _index(asset)
    return shown


def _note(actor: Actor, asset: Asset, action: str, changes: Mapping[str, Any]) -> None:
    audit.record(actor, action, subject_kind=KIND, subject_id=asset.id, changes=changes)


def _index(asset: Asset) -> None:
    found_by = _indexed(asset)
    search.index(KIND, asset.id, *found_by.texts, names=found_by.names)


def _indexed(asset: Asset) -> search.Indexed:
    words = (
        asset.number,
        asset.tag,
        asset.name,
        asset.model,
        asset.manufacturer,
        asset.serial,
        asset.serial_key,
        asset.order_number,
        asset.notes,
    )
    names = (asset.number, asset.tag, asset.name, asset.serial, asset.serial_key)
    return search.Indexed(asset.id, words, names)


def index_again(after_id: int, limit: int) -> int:
    """Index the next assets after an id; answers the last one's id, 0 at the end. Who changes one of them waits meanwhile."""
    chosen = select(Asset).where(Asset.id > after_id).order_by(Asset.id).limit(limit)
    rows = session.scalars(chosen.with_for_update()).all()
    search.index_all(KIND, [_indexed(asset) for asset in rows])
    return rows[-1].id if rows else 0
