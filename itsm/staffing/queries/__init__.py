"""Every read of staffing."""

from itsm.staffing.queries.absences import (
    absence_pages,
    deputies_at,
    get_absence,
    leaves_between,
    list_absences,
    open_tickets_of,
)
from itsm.staffing.queries.load import limits_of, open_counts
from itsm.staffing.queries.rotas import (
    OnCall,
    get_rota,
    list_notes,
    list_overrides,
    list_rotas,
    members_of,
    on_call,
    on_call_now,
    plan_of,
    schedule,
)
from itsm.staffing.queries.skills import (
    categories_needing,
    get_skill,
    levels_of,
    list_skills,
    needs_of,
    page_of_skills,
    people_with,
)
from itsm.staffing.queries.team import MOST_MEMBERS, Load, shift_spans, team_spans, wallboard_numbers, workload

__all__ = [
    "MOST_MEMBERS",
    "Load",
    "OnCall",
    "absence_pages",
    "categories_needing",
    "deputies_at",
    "get_absence",
    "get_rota",
    "get_skill",
    "leaves_between",
    "levels_of",
    "limits_of",
    "list_absences",
    "list_notes",
    "list_overrides",
    "list_rotas",
    "list_skills",
    "members_of",
    "needs_of",
    "on_call",
    "on_call_now",
    "open_counts",
    "open_tickets_of",
    "page_of_skills",
    "people_with",
    "plan_of",
    "schedule",
    "shift_spans",
    "team_spans",
    "wallboard_numbers",
    "workload",
]
