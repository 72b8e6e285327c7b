"""Putting records and lists together: the same parts for every kind of ticket."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import render_template, request

from itsm.identity import queries as identity
from itsm.identity.models import Group
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid, ItsmError
from itsm.kernel.module import registry
from itsm.kernel.text import _
from itsm.tickets import filters, policy, queries, services
from itsm.tickets.models import NUMBER_DIGITS, JournalEntry, Ticket
from itsm.web.presentation import reader

LIST_ORDERS = {"newest": _("Newest"), "priority": _("Priority"), "-updated_at": _("Last changed")}


def class_of(kind: str) -> type[Ticket]:
    """The class of a kind of ticket."""
    found: type[Ticket] = Ticket.__mapper__.polymorphic_map[kind].class_
    return found


def number_of(kind: str, ticket_id: int) -> str:
    """The number of a ticket that was read as a row."""
    return f"{class_of(kind).prefix}{ticket_id:0{NUMBER_DIGITS}d}"


def address_of(kind: str, ticket_id: int) -> str:
    """The address of a ticket's page."""
    return f"/{class_of(kind).path}/{number_of(kind, ticket_id)}"


def url_of(ticket: Ticket) -> str:
    """The address of a ticket's page."""
    return address_of(ticket.kind, ticket.id)


@dataclass(frozen=True)
class TimelineItem:
    """One entry as the page shows it; `summary` holds the words of a change."""

    entry: JournalEntry
    summary: list[str]
    attachments: list[Any]


def timeline(
    actor: Actor, ticket: Ticket, *, before_id: int | None = None, groups: Mapping[int, Group] | None = None
) -> dict[str, Any]:
    """The journal as the page shows it, newest first, with names instead of ids; `groups` where they are read already."""
    entries = queries.list_journal(actor, ticket, limit=queries.JOURNAL_SHOWN + 1, before_id=before_id)
    shown = entries[: queries.JOURNAL_SHOWN]
    attachments = queries.list_attachments(actor, ticket)
    by_entry: dict[int, list[Any]] = {}
    for file in attachments:
        by_entry.setdefault(file.journal_id or 0, []).append(file)
    names = _names_in(shown, groups)
    items = [TimelineItem(entry, summary(ticket.kind, entry, names), by_entry.get(entry.id, [])) for entry in shown]
    items = [item for item in items if item.entry.kind != "change" or item.summary or item.entry.body]
    older = shown[-1].id if len(entries) > queries.JOURNAL_SHOWN else None
    return {"ticket": ticket, "items": items, "older": older, "loose_files": by_entry.get(0, [])}


def _names_in(entries: Sequence[JournalEntry], groups: Mapping[int, Group] | None) -> dict[str, dict[int, str]]:
    people: set[int] = set()
    has_group = False
    for entry in entries:
        people |= {int(value) for value in entry.changes.get("assignee_id", ()) if value is not None}
        has_group = has_group or "group_id" in entry.changes
    if groups is None:
        groups = _groups() if has_group else {}
    return {"person": identity.person_names(people), "group": {key: group.name for key, group in groups.items()}}


def _groups() -> dict[int, Group]:
    return {group.id: group for group in identity.list_groups(active_only=False)}


def summary(kind: str, entry: JournalEntry, names: dict[str, dict[int, str]]) -> list[str]:
    """The words of a change: what happened, in short sentences for people."""
    changes, lines = entry.changes, []
    step = changes.get("step")
    if step:
        lines.append(str(_step_title(kind, str(step[1]))))
    group = changes.get("group_id")
    if group and group[1] is not None:
        lines.append(str(_("group: %(name)s", name=names["group"].get(int(group[1]), group[1]))))
    assignee = changes.get("assignee_id")
    if assignee and assignee != [None, None]:
        name = names["person"].get(int(assignee[1]), "") if assignee[1] is not None else ""
        lines.append(str(_("assigned to %(name)s", name=name) if name else _("assigned to nobody")))
    priority = changes.get("priority")
    if priority and entry.kind != "created":
        lines.append(str(_("priority %(before)s → %(after)s", before=priority[0], after=priority[1])))
    lines += _other_lines(changes)
    return lines


def _other_lines(changes: dict[str, Any]) -> list[str]:
    lines = []
    if changes.get("escalated_to_manager"):
        lines.append(str(_("escalated to the manager %(name)s", name=changes["escalated_to_manager"][1])))
    if changes.get("watcher"):
        lines.append(str(_("%(name)s watches", name=changes["watcher"][1])))
    if changes.get("title"):
        lines.append(str(_("title changed")))
    if changes.get("category_id") and changes["category_id"][0] is not None:
        lines.append(str(_("category changed")))
    if changes.get("ci"):
        lines.append(str(_("configuration item: %(name)s", name=changes["ci"][1] or changes["ci"][0])))
    lines += _clock_lines(changes)
    for name, pair in changes.items():
        if name.startswith(("link.", "linked.")):
            rule = registry().link_rules.get(name.split(".", 1)[1])
            words = (rule.forward if name.startswith("link.") else rule.backward) if rule else name
            lines.append(f"{words} {pair[1] or '–'}")
    return lines


def _clock_lines(changes: dict[str, Any]) -> list[str]:
    lines = []
    if changes.get("agreement"):
        lines.append(str(_("agreement: %(name)s", name=changes["agreement"][1] or "–")))
    if changes.get("sla.response"):
        lines.append(str(_("%(percent)s %% of the response target is spent", percent=changes["sla.response"][1])))
    if changes.get("sla.resolution"):
        lines.append(str(_("%(percent)s %% of the resolution target is spent", percent=changes["sla.resolution"][1])))
    return lines


def _step_title(kind: str, name: str) -> Any:
    for cycle_name, cycle in registry().lifecycles.items():
        if cycle_name.split(".")[0] == kind:
            for step in cycle.transitions:
                if step.name == name:
                    return step.title
    return name


def record_context(actor: Actor, ticket: Ticket) -> dict[str, Any]:
    """Everything a record's page shows that does not depend on its kind."""
    requester = (
        identity.get_person(actor, ticket.requester_id) if ticket.requester_id and policy.is_staff(actor) else None
    )
    groups = _groups()
    group: Group | None = groups.get(ticket.group_id or 0)
    people = identity.person_names(
        {each for each in (ticket.assignee_id, ticket.requester_id, ticket.opened_by_id) if each}
    )
    context = timeline(actor, ticket, groups=groups)
    return context | {
        "steps": services.steps_for(actor, ticket),
        "can_work": policy.can_work(actor, ticket),
        "can_reply": policy.can_reply(actor, ticket),
        "staff": policy.is_staff(actor),
        "requester": requester,
        "people": people,
        "groups": groups,
        "group": group,
        "links": queries.list_links(actor, ticket),
        "link_rules": link_rules(ticket.kind),
        "watchers": queries.list_watchers(ticket.id),
        "categories": queries.category_titles(),
        "escalation_path": [
            (at, groups[each].name)
            for at, each in queries.escalation_path([item.entry for item in context["items"]])
            if each in groups
        ],
    }


def link_rules(kind: str) -> list[Any]:
    """Relations in which a ticket of this kind may be the source."""
    return [rule for rule in registry().link_rules.values() if rule.source_kind in (None, kind)]


def link_words(relation: str, outgoing: bool) -> Any:
    """How a relation reads from this end of it."""
    rule = registry().link_rules.get(relation)
    return relation if rule is None else rule.forward if outgoing else rule.backward


def render_record(
    actor: Actor, ticket: Ticket, *, refusal: ItsmError | None = None, typed: dict[str, Any] | None = None
) -> str:
    """The record's page; `refusal` and `typed` bring back what a person entered and why it was not taken."""
    if refusal is not None:
        session.rollback()
        ticket = queries.get_by_id(actor, ticket.id)
    template = f"{ticket.kind}/record.html"
    return render_template(template, refusal=refusal, typed=typed or {}, **record_context(actor, ticket))


def render_list(
    template: str, actor: Actor, views: Sequence[queries.View], read_rows: Callable[..., Mapping[str, Any]]
) -> str:
    """A kind's own list: ready-made views with counts, the filter, an order, and one page of rows.

    `read_rows(actor, conditions=, order=, cursor=)` answers `rows`, `next` and what is particular to the kind. A filter that
    cannot be read shows its fault and no rows.
    """
    view = next((each for each in views if each.name == request.args.get("view")), views[0])
    text, sort = request.args.get("q", ""), request.args.get("sort", "")
    sort = sort if sort in LIST_ORDERS else "newest"
    context: dict[str, Any] = {
        "views": views,
        "view": view,
        "q": text,
        "sort": sort,
        "orders": LIST_ORDERS,
        "fault": "",
    }
    context["counts"] = queries.count_up_to_limit(actor, views)
    try:
        conditions = [view.condition, *filters.conditions(actor, text)]
        read = read_rows(actor, conditions=conditions, order=sort, cursor=request.args.get("cursor"))
    except Invalid as error:
        read = {"fault": error.message, "rows": [], "next": None}
    return render_template(template, **context | dict(read))


def parse_local(field: str, text: str) -> datetime:
    """The instant of a `datetime-local` field, in the reader's zone."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid.field(field, _("This is not a day and time.")) from error
    return value if value.tzinfo else value.replace(tzinfo=ZoneInfo(reader().timezone))
