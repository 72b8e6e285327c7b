"""States of a configuration item and the ways between them. Rule: C1."""

from itsm.kernel.lifecycle import Category, Lifecycle, State, Transition
from itsm.kernel.text import _

EDIT = "cmdb.edit"
BEFORE_USE = ("planned", "ordered", "in_stock", "being_built", "tested")
IN_USE = ("in_operation", "under_maintenance", "in_repair", "out_of_service")

LIFECYCLE = Lifecycle(
    "ci",
    states=(
        State("planned", Category.OPEN, _("Planned")),
        State("ordered", Category.OPEN, _("Ordered")),
        State("in_stock", Category.WAITING, _("In stock")),
        State("being_built", Category.OPEN, _("Being built")),
        State("tested", Category.OPEN, _("Tested")),
        State("in_operation", Category.ACTIVE, _("In operation")),
        State("under_maintenance", Category.WAITING, _("Under maintenance")),
        State("in_repair", Category.WAITING, _("In repair")),
        State("out_of_service", Category.RESOLVED, _("Out of service")),
        State("retired", Category.CLOSED, _("Retired")),
    ),
    transitions=(
        Transition("order", ("planned",), "ordered", _("Place the order"), EDIT),
        Transition(
            "store",
            ("planned", "ordered", "being_built", "tested", "in_operation", "in_repair", "out_of_service"),
            "in_stock",
            _("Put in stock"),
            EDIT,
        ),
        Transition("build", ("planned", "ordered", "in_stock", "tested"), "being_built", _("Start building"), EDIT),
        Transition("test", ("being_built",), "tested", _("Tests passed"), EDIT),
        Transition(
            "operate",
            (
                "planned",
                "ordered",
                "in_stock",
                "being_built",
                "tested",
                "under_maintenance",
                "in_repair",
                "out_of_service",
            ),
            "in_operation",
            _("Put in operation"),
            EDIT,
        ),
        Transition("maintain", ("in_operation", "out_of_service"), "under_maintenance", _("Start maintenance"), EDIT),
        Transition(
            "repair",
            ("in_stock", "in_operation", "under_maintenance", "out_of_service"),
            "in_repair",
            _("Send to repair"),
            EDIT,
        ),
        Transition(
            "stop", ("in_operation", "under_maintenance", "in_repair"), "out_of_service", _("Take out of service"), EDIT
        ),
        Transition("retire", (*BEFORE_USE, *IN_USE), "retired", _("Retire"), EDIT),
        Transition("reinstate", ("retired",), "in_stock", _("Bring back to stock"), EDIT),
    ),
    initial="planned",
)
WORKING_STATES = frozenset({"in_operation"})
