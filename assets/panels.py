"""What assets show on other pages: on a CI, beside a caller, in the portal; and the CI on the asset's own page."""

from typing import Any

from flask import render_template

from assets import queries
from assets.models import Asset
from cmdb import queries as cmdb
from itsm.kernel.actor import Actor
from itsm.kernel.errors import NotFound
from itsm.kernel.module import Panel


def on_ci(actor: Actor, ci: Any) -> str:
    """The asset that is operated as this CI."""
    found = queries.find_of_ci(actor, ci.id)
    return render_template("assets/_of_ci.html", found=found) if found else ""


def of_caller(actor: Actor, person: Any) -> str:
    """The equipment of the person who calls."""
    return _equipment(actor, person.id, linked=actor.has("assets.read"))


def of_visitor(actor: Actor, thing: Any) -> str:
    """One's own equipment, in the portal."""
    del thing
    return _equipment(actor, actor.person_id, linked=False) if actor.person_id is not None else ""


def _equipment(actor: Actor, person_id: int, *, linked: bool) -> str:
    found = queries.list_owned_by(actor, person_id)
    return render_template("assets/_equipment.html", found=found, linked=linked) if found else ""


def ci_of_asset(actor: Actor, asset: Asset) -> str:
    """The CI that an asset is operated as."""
    if asset.ci_id is None:
        return render_template("assets/_ci.html", ci=None, asset=asset)
    try:
        ci = cmdb.get_ci(actor, asset.ci_id)
    except NotFound:
        return ""
    return render_template("assets/_ci.html", ci=ci, asset=asset)


PANELS = (
    Panel("ci.side", on_ci, order=40, permission="assets.read"),
    Panel("asset.side", ci_of_asset, order=10),
    Panel("caller", of_caller, order=30),
    Panel("portal.side", of_visitor, order=30),
)
