"""What staffing shows on other pages."""

from typing import Any

from flask import render_template

from itsm.identity.models import Group
from itsm.kernel.actor import Actor
from itsm.staffing import policy, queries
from itsm.staffing.words import STRATEGY_TITLES


def strategy_panel(actor: Actor, group: Group) -> str:
    """How the group's tickets find their assignee, on the group's administration page."""
    if not actor.has(policy.EDIT):
        return ""
    rotas = queries.list_rotas(group_ids=[group.id])
    return render_template("staffing/_strategy.html", group=group, strategies=STRATEGY_TITLES, rotas=rotas)


def absence_panel(actor: Actor, thing: Any) -> str:
    """The next absences of the reader, on the own account's page."""
    del thing
    page = queries.absence_pages(person_id=actor.person_id or 0, limit=5)
    return render_template("staffing/_own_absences.html", rows=page.items)
