"""What major incidents show on other pages."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import render_template

from incident.major import policy, queries
from incident.major.phases import PHASES
from incident.models import Incident
from itsm.identity.models import Person
from itsm.kernel.actor import Actor
from itsm.kernel.errors import NotFound
from itsm.kernel.text import Message, _
from itsm.tickets.models import Ticket

LINES = {
    "major.manager": _("incident manager"),
    "major.communicator": _("communication"),
    "major.lead": _("technical lead"),
    "major.headline": _("what is disturbed"),
    "major.conference_url": _("conference"),
    "major.cadence_minutes": _("minutes between updates"),
    "major.action": _("to be done"),
}


def ticket_banner(actor: Actor, ticket: Ticket) -> str:
    """On a major incident: its phase and the way to the room. Other tickets cost nothing."""
    del actor
    if not isinstance(ticket, Incident) or not ticket.is_major:
        return ""
    try:
        major = queries.get_major(ticket.id)
    except NotFound:
        return ""
    return render_template("major/_banner.html", major=major, ticket=ticket, phases=PHASES)


def menu_item(actor: Actor, ticket: Ticket) -> str:
    """The way to declare an incident a major one, in its menu."""
    if not isinstance(ticket, Incident) or ticket.is_major or not ticket.unfinished or not actor.has(policy.DECLARE):
        return ""
    return render_template("major/_menu.html", ticket=ticket)


def notices(actor: Actor, thing: Any) -> str:
    """Bursts to decide about, for those who may, and what is being fought, for all staff."""
    del thing
    candidates = queries.list_candidates(actor) if actor.has(policy.DECLARE) else []
    majors = queries.page_of_majors(actor, active=True, limit=5).items
    if not candidates and not majors:
        return ""
    return render_template("major/_notices.html", candidates=candidates, majors=majors, phases=PHASES)


def caller_panel(actor: Actor, person: Person) -> str:
    """Known outages that concern a caller."""
    del actor
    return _outages(person, "major/_caller.html")


def portal_panel(actor: Actor, person: Person) -> str:
    """Known outages on the portal's start page."""
    return _outages(None if actor.has("tickets.read") else person, "major/_portal.html")


def _outages(person: Person | None, template: str) -> str:
    found = queries.known_outages(person)
    return render_template(template, outages=found, phases=PHASES) if found else ""


def call_panel(actor: Actor, thing: Any) -> str:
    """Known outages where the caller is looked for; once somebody is chosen, `caller_panel` tells those that concern them."""
    del actor, thing
    return _outages(None, "major/_portal.html")


def change_line(actor: Actor, changes: Mapping[str, Any]) -> str:
    """What a journal entry tells of a major incident, in words."""
    del actor
    lines = [str(_line(name, pair)) for name, pair in changes.items() if name.split(".")[0] == "major"]
    return " · ".join(line for line in lines if line)


def _line(name: str, pair: Sequence[Any]) -> Message:
    if name == "major":
        phase = PHASES[pair[1]].title if pair[1] in PHASES.states else pair[1]
        return _("major incident: %(phase)s", phase=phase)
    if name not in LINES:
        return ""
    return _("%(what)s: %(value)s", what=LINES[name], value="–" if pair[1] in (None, "") else pair[1])
