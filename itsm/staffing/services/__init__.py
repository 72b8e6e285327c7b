"""Every write to staffing."""

from itsm.staffing.services.absences import cancel_absence, change_absence, enter_absence
from itsm.staffing.services.assignment import assign_by_strategy
from itsm.staffing.services.handing import HANDED, give_back, hand_over, reassign
from itsm.staffing.services.limits import set_limit, set_strategy
from itsm.staffing.services.rotas import add_override, create_rota, edit_rota, remove_override, write_note
from itsm.staffing.services.skills import create_skill, edit_skill, set_level, set_need

__all__ = [
    "HANDED",
    "add_override",
    "assign_by_strategy",
    "cancel_absence",
    "change_absence",
    "create_rota",
    "create_skill",
    "edit_rota",
    "edit_skill",
    "enter_absence",
    "give_back",
    "hand_over",
    "reassign",
    "remove_override",
    "set_level",
    "set_limit",
    "set_need",
    "set_strategy",
    "write_note",
]
