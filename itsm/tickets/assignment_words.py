"""How a ticket's story tells that an assignee was chosen by a group's strategy, and why others were left out."""

from collections.abc import Mapping
from typing import Any

from itsm.kernel.text import _

STRATEGIES = {
    "round_robin": _("chosen in turn"),
    "by_load": _("chosen for the fewest open tickets"),
    "by_skill": _("chosen for the fewest open tickets among those with the skills"),
}
LEFT_OUT = {
    "absent": _("away"),
    "off_hours": _("outside working hours"),
    "full": _("has as many as they take"),
    "unskilled": _("lacks a skill"),
    "inactive": _("has left"),
}


def choice_lines(changes: Mapping[str, Any]) -> list[str]:
    """The words of the choice among an entry's changes: its `strategy`, `instead_of`, `left_out` as (name, reason) pairs."""
    if "assignment" not in changes:
        return []
    choice, assigned = changes["assignment"][1], "assignee_id" in changes
    told = [str(STRATEGIES.get(choice["strategy"], choice["strategy"]) if assigned else _("nobody could be chosen"))]
    if choice.get("instead_of"):
        told.append(str(_("as deputy of %(name)s", name=choice["instead_of"])))
    left = [f"{name} ({LEFT_OUT.get(reason, reason)})" for name, reason in choice.get("left_out", ())]
    return [*told, str(_("left out: %(names)s", names=", ".join(left)))] if left else told
