"""Fields of the site's own on tickets: what their forms tell of them, the card on the page, the columns of lists."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import g, render_template, url_for
from markupsafe import escape
from sqlalchemy import select

from itsm.fields import pages, present, queries
from itsm.fields.definition import Definition
from itsm.fields.held import definitions
from itsm.fields.kinds import Draft, FieldedKind
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.text import Message
from itsm.query.fields import Field
from itsm.tickets import filters, policy
from itsm.tickets import queries as tickets
from itsm.tickets.models import Ticket
from itsm.tickets.priority import priority_of
from itsm.tickets.services.custom import draft_of
from itsm.web.presentation import reader

FORM_FACTS = ("title", "impact", "urgency", "priority", "channel")
NUMBERS = ("impact", "urgency")


def fielded(name: str, title: Message) -> FieldedKind:
    """A kind of ticket whose forms and page ask for fields of the site's own."""
    return FieldedKind(
        name=name,
        title=title,
        staff="tickets.read",
        facts=_facts,
        read_form=read_form,
        scopes=tickets.category_titles,
    )


def _facts() -> Iterable[Field]:
    known = filters.ticket_fields()
    return [field for field in (known.find(name) for name in FORM_FACTS) if field is not None]


def read_form(posted: Mapping[str, str]) -> tuple[Mapping[str, Any], Sequence[int]]:
    """Facts and categories that the form of a new ticket states; what cannot be read is not stated."""
    facts: dict[str, Any] = {name: str(posted[name]) for name in ("title", "channel") if posted.get(name)}
    facts |= {name: int(posted[name]) for name in NUMBERS if str(posted.get(name, "")) in {"1", "2", "3", "4"}}
    if facts.keys() >= set(NUMBERS):
        facts["priority"] = priority_of(facts["impact"], facts["urgency"])
    reference = str(posted.get("category_id") or posted.get("category") or "")
    return facts, _scopes(reference)


def _scopes(reference: str) -> Sequence[int]:
    from itsm.tickets.api import category_id

    try:
        return tickets.category_line(category_id(reference)) if reference else ()
    except Invalid:
        return ()


def render_card(actor: Actor, ticket: Ticket) -> str:
    """The values of a ticket with a form to change them, beside its facts; nothing where its kind has no own fields."""
    if not definitions(ticket.kind):
        return ""
    shown = present.shown_values(ticket.kind, ticket.custom, reader(), staff=policy.is_staff(actor))
    typed, faults = g.get("own_fields_refused", ({}, {}))
    draft = draft_of(ticket)
    part = ""
    if policy.can_work(actor, ticket):
        part = render_form(actor, ticket, replace(draft, custom={**draft.custom, **typed}), faults)
    return (
        render_template("tickets/_custom.html", ticket=ticket, shown=shown, part=part, refused=bool(faults))
        if shown or part
        else ""
    )


def values_outside(ticket: Ticket) -> list[present.Shown]:
    """The values of a ticket that its requester's side may see."""
    return present.shown_values(ticket.kind, ticket.custom, reader(), staff=False)


def render_form(actor: Actor, ticket: Ticket, draft: Draft, errors: Mapping[str, list[Any]] | None = None) -> str:
    """The part of the ticket's own form that asks for its fields."""
    address = url_for("tickets.custom_part", ticket_id=ticket.id)
    return pages.render_part(actor, ticket.kind, draft, address=address, errors=errors)


def column_titles(actor: Actor) -> dict[str, Message]:
    """Own fields that lists may show as columns: name in queries → title."""
    return {one.name: one.title for one in _in_lists(actor)}


def columns(actor: Actor, names: Collection[str], ids: Sequence[int]) -> dict[str, dict[int, Any]]:
    """What own fields add to a list: name → id → words; one statement for all, another where people are named."""
    known = [one for one in _in_lists(actor) if one.name in names]
    found: dict[str, dict[int, Any]] = {one.name: {} for one in known}
    if not known or not ids:
        return found
    rows = session.execute(select(Ticket.id, Ticket.kind, Ticket.custom).where(Ticket.id.in_(ids))).all()
    people = queries.people_in(known, [row.custom for row in rows])
    for one in known:
        found[one.name] |= {
            row.id: escape(present.text_of(one, row.custom[one.key], reader(), people))
            for row in rows
            if row.kind == one.kind and one.key in row.custom
        }
    return found


def _in_lists(actor: Actor) -> list[Definition]:
    kinds = sorted(kind for kind in Ticket.__mapper__.polymorphic_map if kind != "ticket")
    return [one for one in present.list_definitions(kinds) if one.shown_to(staff=policy.is_staff(actor))]
