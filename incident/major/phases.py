"""The phases of a major incident and the steps between them, as data. Rule: M2."""

from itsm.kernel.lifecycle import Category, Lifecycle, State, Transition
from itsm.kernel.text import _

INVESTIGATING, IDENTIFIED, MONITORING, RESOLVED = "investigating", "identified", "monitoring", "resolved"
REVIEWED, WITHDRAWN = "reviewed", "withdrawn"
FIGHTING = (INVESTIGATING, IDENTIFIED, MONITORING)

PHASES = Lifecycle(
    "major",
    states=(
        State(INVESTIGATING, Category.ACTIVE, _("Investigating")),
        State(IDENTIFIED, Category.ACTIVE, _("Identified")),
        State(MONITORING, Category.ACTIVE, _("Monitoring")),
        State(RESOLVED, Category.RESOLVED, _("Resolved")),
        State(REVIEWED, Category.CLOSED, _("Reviewed")),
        State(WITHDRAWN, Category.CLOSED, _("Withdrawn")),
    ),
    transitions=(
        Transition("identify", (INVESTIGATING, MONITORING), IDENTIFIED, _("The cause is identified"), "lead"),
        Transition("monitor", (INVESTIGATING, IDENTIFIED), MONITORING, _("A fix is in place"), "lead"),
        Transition("investigate", (IDENTIFIED, MONITORING), INVESTIGATING, _("Investigate again"), "lead"),
        Transition("resolve", FIGHTING, RESOLVED, _("Resolved"), "lead", automatic=True),
        Transition("reopen", (RESOLVED,), INVESTIGATING, _("It is back"), "lead", automatic=True),
        Transition("withdraw", FIGHTING, WITHDRAWN, _("Not a major incident after all"), "lead", requires=("reason",)),
        Transition("declare", (WITHDRAWN,), INVESTIGATING, _("Declare again"), "lead", automatic=True),
        Transition("review", (RESOLVED,), REVIEWED, _("The review is finished"), "lead", automatic=True),
    ),
    initial=INVESTIGATING,
)


def step_to(phase: str, target: str) -> Transition | None:
    """The step that leads from one phase to another, if there is one."""
    return next((step for step in PHASES.steps_from(phase) if step.target == target), None)
