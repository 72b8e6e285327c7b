"""The life cycle of a problem. Rule: B1 (phases of the ITIL 4 practice guide)."""

from itsm.kernel.lifecycle import Category, Lifecycle, State, Transition
from itsm.kernel.text import _

EDIT = "problem.edit"

LIFECYCLE = Lifecycle(
    "problem",
    states=(
        State("new", Category.OPEN, _("New")),
        State("assessed", Category.OPEN, _("Assessed")),
        State("root_cause_analysis", Category.ACTIVE, _("Root cause analysis")),
        State("known_error", Category.ACTIVE, _("Known error")),
        State("fix_in_progress", Category.ACTIVE, _("Fix in progress")),
        State("resolved", Category.RESOLVED, _("Resolved")),
        State("closed", Category.CLOSED, _("Closed")),
        State("duplicate", Category.CLOSED, _("Duplicate")),
        State("risk_accepted", Category.CLOSED, _("Risk accepted")),
        State("cancelled", Category.CLOSED, _("Cancelled")),
    ),
    transitions=(
        Transition("assess", ("new",), "assessed", _("Assess"), EDIT, accepts=("note",), takes=True, key="s"),
        Transition(
            "analyse",
            ("assessed",),
            "root_cause_analysis",
            _("Analyse the cause"),
            EDIT,
            accepts=("note",),
            takes=True,
            key="s",
        ),
        Transition(
            "record_known_error",
            ("root_cause_analysis",),
            "known_error",
            _("Record as known error"),
            EDIT,
            requires=("root_cause",),
            accepts=("note",),
            key="s",
        ),
        Transition(
            "start_fix", ("known_error",), "fix_in_progress", _("Start the fix"), EDIT, accepts=("note",), key="s"
        ),
        Transition(
            "resolve",
            ("known_error", "fix_in_progress"),
            "resolved",
            _("Resolve"),
            EDIT,
            requires=("resolution",),
            accepts=("note",),
            key="e",
        ),
        Transition("close", ("resolved",), "closed", _("Close"), EDIT, accepts=("note",)),
        Transition(
            "analyse_again",
            ("known_error", "fix_in_progress", "resolved"),
            "root_cause_analysis",
            _("Analyse again"),
            EDIT,
            requires=("note",),
        ),
        Transition(
            "mark_duplicate",
            ("new", "assessed", "root_cause_analysis"),
            "duplicate",
            _("Close as duplicate"),
            EDIT,
            requires=("note",),
        ),
        Transition(
            "accept_risk",
            ("assessed", "root_cause_analysis", "known_error"),
            "risk_accepted",
            _("Accept the risk"),
            EDIT,
            requires=("note",),
        ),
        Transition(
            "cancel", ("new", "assessed", "root_cause_analysis"), "cancelled", _("Cancel"), EDIT, requires=("note",)
        ),
    ),
    initial="new",
)
