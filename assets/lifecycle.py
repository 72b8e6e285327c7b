"""The life cycle of an asset. Rule: A1 (`docs/rules.md`, Assets)."""

from typing import TYPE_CHECKING

from itsm.kernel.lifecycle import Category, Lifecycle, State, Transition
from itsm.kernel.text import Message, _

if TYPE_CHECKING:
    from assets.models import Asset

EDIT = "assets.edit"
STOCK_STATES = {"available": _("available"), "reserved": _("reserved")}
DISPOSALS = {"sold": _("sold"), "donated": _("donated"), "scrapped": _("scrapped")}
ASSIGNED_STATES = frozenset({"in_use", "on_loan", "in_repair", "in_transit", "missing"})
GONE_STATES = frozenset({"retired", "disposed"})

WANTED = ("requested", "ordered")
COMING = ("requested", "ordered", "in_transit")
AWAY = ("in_use", "on_loan", "in_repair")
WORKING = ("in_stock", "in_use", "on_loan")
HELD = ("in_stock", "in_use", "on_loan", "in_repair", "in_transit")
DISPOSAL = ("disposal",)


def is_reserved(asset: "Asset") -> Message | None:
    """Why an asset cannot be reserved, or None."""
    return _("This is reserved already.") if asset.stock_state == "reserved" else None


def is_not_reserved(asset: "Asset") -> Message | None:
    """Why a reservation cannot be lifted, or None."""
    return None if asset.stock_state == "reserved" else _("This is not reserved.")


LIFECYCLE = Lifecycle(
    "asset",
    states=(
        State("requested", Category.OPEN, _("Requested")),
        State("ordered", Category.WAITING, _("Ordered")),
        State("in_stock", Category.OPEN, _("In stock")),
        State("in_use", Category.ACTIVE, _("In use")),
        State("on_loan", Category.ACTIVE, _("On loan")),
        State("in_repair", Category.WAITING, _("In repair")),
        State("in_transit", Category.WAITING, _("In transit")),
        State("missing", Category.WAITING, _("Missing")),
        State("retired", Category.RESOLVED, _("Retired")),
        State("disposed", Category.CLOSED, _("Disposed of")),
    ),
    transitions=(
        Transition(
            "order", ("requested",), "ordered", _("Place the order"), EDIT, accepts=("supplier", "order_number")
        ),
        Transition("receive", COMING, "in_stock", _("Receive into stock"), EDIT, accepts=("site_id",)),
        Transition("reserve", ("in_stock",), "in_stock", _("Reserve"), EDIT, accepts=("note",), guard=is_reserved),
        Transition("release", ("in_stock",), "in_stock", _("Lift the reservation"), EDIT, guard=is_not_reserved),
        Transition("hand_out", ("in_stock",), "in_use", _("Hand out"), EDIT, accepts=("owner_id", "site_id", "note")),
        Transition("lend", ("in_stock",), "on_loan", _("Lend"), EDIT, requires=("owner_id",), accepts=("note",)),
        Transition("take_back", AWAY, "in_stock", _("Take back into stock"), EDIT, accepts=("site_id", "note")),
        Transition("send_to_repair", WORKING, "in_repair", _("Send to repair"), EDIT, accepts=("note",)),
        Transition("repaired", ("in_repair",), "in_use", _("Back in use"), EDIT, accepts=("note",)),
        Transition(
            "ship", ("in_stock", "in_use", "in_repair"), "in_transit", _("Ship"), EDIT, accepts=("site_id", "note")
        ),
        Transition("deliver", ("in_transit",), "in_use", _("Delivered"), EDIT, accepts=("owner_id", "site_id")),
        Transition("report_missing", HELD, "missing", _("Report missing"), EDIT, requires=("note",)),
        Transition("found", ("missing",), "in_stock", _("Found again"), EDIT, accepts=("site_id", "note")),
        Transition("retire", (*WANTED, *HELD, "missing"), "retired", _("Retire"), EDIT, accepts=("note",)),
        Transition("bring_back", ("retired",), "in_stock", _("Bring back"), EDIT, requires=("note",)),
        Transition(
            "dispose",
            ("retired",),
            "disposed",
            _("Dispose of"),
            EDIT,
            requires=DISPOSAL,
            accepts=("certificate", "note"),
        ),
    ),
    initial="requested",
)
