"""The asset behind an inventory: tied by its serial number, or recorded when a machine is seen for the first time."""

from typing import Any

from sqlalchemy import select

from assets import services
from assets.inventory import ci_facts
from assets.inventory.identity import IdentityKeys, clean_make, maker_of
from assets.inventory.model import Inventory
from assets.lifecycle import GONE_STATES
from assets.models import Asset, number_of
from itsm.kernel import preferences
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.text import Message, _

RECORD_ASSETS = "inventory.record_assets"
SEVERAL: Message = _("Several assets have this serial number; tie the right one by hand.")


def number_for_ci(ci_id: int) -> str | None:
    """The number of the asset that is operated as a CI."""
    asset_id = session.scalar(select(Asset.id).where(Asset.ci_id == ci_id).order_by(Asset.id).limit(1))
    return None if asset_id is None else number_of(asset_id)


def tie(actor: Actor, ci: Any, inventory: Inventory, keys: IdentityKeys, *, is_new: bool) -> tuple[str | None, Message]:
    """Tie the CI to its asset; answers the asset's number (or None) and what somebody should look at.

    An inventory never changes the state of an asset that exists: what is retired or in stock stays so. Rule: A4, INV-37.
    """
    known = session.scalars(select(Asset).where(Asset.ci_id == ci.id).order_by(Asset.id)).first()
    if known is not None:
        return known.number, _about(known)
    found = _with_serial(inventory, keys)
    if len(found) > 1:
        return None, SEVERAL
    if found:
        services.tie_to_ci(actor, found[0], ci.id)
        return found[0].number, _about(found[0])
    if is_new and not ci_facts.is_virtual(inventory) and preferences.get(RECORD_ASSETS, default=True):
        return _record(actor, ci, inventory, keys).number, ""
    return None, ""


def _about(asset: Asset) -> Message:
    if asset.state not in GONE_STATES:
        return ""
    return _("The asset %(number)s is retired; it was not brought back.", number=asset.number)


def _with_serial(inventory: Inventory, keys: IdentityKeys) -> list[Asset]:
    if not keys.serial:
        return []
    statement = select(Asset).where(Asset.serial_key == keys.serial, Asset.ci_id.is_(None)).order_by(Asset.id)
    maker = maker_of(inventory.manufacturer)
    return [row for row in session.scalars(statement) if not maker or maker_of(row.manufacturer) in ("", maker)]


def _record(actor: Actor, ci: Any, inventory: Inventory, keys: IdentityKeys) -> Asset:
    return services.record_asset(
        actor,
        name=ci.name,
        kind=ci_facts.asset_kind_of(inventory),
        state="in_use",
        origin="inventory",
        manufacturer=clean_make(inventory.manufacturer)[:255],
        model=clean_make(inventory.model)[:255],
        serial=(ci.serial or keys.serial)[:255],
        ci_id=ci.id,
    )
