"""Putting records together: the same parts for every kind of ticket."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import redirect, render_template, request

from itsm.fields import present as own_fields
from itsm.identity import queries as identity
from itsm.identity.models import Group
from itsm.kernel import lifecycles
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid, ItsmError
from itsm.kernel.module import registry
from itsm.kernel.text import _
from itsm.tickets import beside, mentions, policy, queries, services
from itsm.tickets.assignment_words import choice_lines
from itsm.tickets.models import NUMBER_DIGITS, JournalEntry, Ticket
from itsm.tickets.proposal_words import proposal_lines
from itsm.tickets.tasks.words import task_lines
from itsm.web.presentation import reader

SHOWN: Mapping[str, tuple[Any, tuple[str, ...]]] = {
    "": (_("All"), ()),
    "conversation": (_("Conversation"), ("created", "public", "bounce")),
    "internal": (_("Internal"), ("internal", "work")),
    "changes": (_("Changes"), ("created", "change")),
}
# Clocks as the journal names them; what else stands under such a name is no step.
CLOCK_KINDS = {"sla": "", "ola": _("agreement with the group"), "uc": _("contract with the supplier")}
CLOCK_FACTS = frozenset({"sla.on_call", "sla.mail_waits", "sla.webhook"})
TARGETS = {
    "response": _("response"),
    "acceptance": _("acceptance"),
    "update": _("update"),
    "resolution": _("resolution"),
}


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
    actor: Actor,
    ticket: Ticket,
    *,
    before_id: int | None = None,
    after_id: int | None = None,
    show: str = "",
    groups: Mapping[int, Group] | None = None,
) -> dict[str, Any]:
    """The journal as the page shows it, newest first, with names instead of ids; `show` is a name of `SHOWN`.

    `groups` where they are read already.
    """
    kinds = SHOWN[show][1] if show in SHOWN else ()
    entries = queries.list_journal(
        actor, ticket, limit=queries.JOURNAL_SHOWN + 1, before_id=before_id, after_id=after_id, kinds=kinds
    )
    shown = entries[: queries.JOURNAL_SHOWN]
    items, loose_files = told(actor, ticket, shown, groups)
    older = shown[-1].id if len(entries) > queries.JOURNAL_SHOWN else None
    newest = entries[0].id if entries else 0
    return {
        "ticket": ticket,
        "items": items,
        "older": older,
        "newest": newest,
        "show": show if show in SHOWN else "",
        "filters": {name: title for name, (title, _kinds) in SHOWN.items()},
        "loose_files": loose_files,
    }


def told(
    actor: Actor, ticket: Ticket, entries: Sequence[JournalEntry], groups: Mapping[int, Group] | None = None
) -> tuple[list[TimelineItem], list[Any]]:
    """Entries with their words and files, without changes that say nothing to people; and files that came with no entry."""
    by_entry: dict[int, list[Any]] = {}
    for file in queries.list_attachments(actor, ticket):
        by_entry.setdefault(file.journal_id or 0, []).append(file)
    names, closed = _names_in(ticket.kind, entries, groups), mentions.closed_ids(actor, entries)
    items = [
        TimelineItem(entry, summary(ticket.kind, entry, names, closed), by_entry.get(entry.id, [])) for entry in entries
    ]
    return [item for item in items if item.entry.kind != "change" or item.summary or item.entry.body], by_entry.get(
        0, []
    )


def _names_in(
    kind: str, entries: Sequence[JournalEntry], groups: Mapping[int, Group] | None
) -> dict[str, dict[int, str]]:
    people: set[int] = set()
    has_group = False
    for entry in entries:
        people |= {int(value) for value in entry.changes.get("assignee_id", ()) if value is not None}
        people |= own_fields.person_ids(kind, entry.changes)
        has_group = has_group or "group_id" in entry.changes
    if groups is None:
        groups = _groups() if has_group else {}
    return {"person": identity.person_names(people), "group": {key: group.name for key, group in groups.items()}}


def _groups() -> dict[int, Group]:
    return {group.id: group for group in identity.list_groups(active_only=False)}


def summary(
    kind: str, entry: JournalEntry, names: dict[str, dict[int, str]], closed: Set[int] = frozenset()
) -> list[str]:
    """The words of a change: what happened, in short sentences for people; nothing of the tickets that are `closed` to them."""
    changes, lines = mentions.told_changes(entry.changes, closed), []
    step = changes.get("step")
    if step and "merged_into" not in changes:
        lines.append(str(lifecycles.step_title(kind, str(step[1]))))
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
    lines += own_fields.change_lines(kind, changes, reader(), names["person"])
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
    told = (panel.render(SYSTEM, changes) for _module, panel in registry().panels("journal.change"))
    lines += [line for line in told if line]
    if changes.get("recurrence"):
        lines.append(str(_("opened by the recurring ticket “%(name)s”", name=changes["recurrence"][1])))
    lines += (
        choice_lines(changes)
        + proposal_lines(changes)
        + _merge_lines(changes)
        + _clock_lines(changes)
        + task_lines(changes)
    )
    for name, pair in changes.items():
        if name.startswith(("link.", "linked.")):
            rule = registry().link_rules.get(name.split(".", 1)[1])
            words = (rule.forward if name.startswith("link.") else rule.backward) if rule else name
            lines.append(f"{words} {pair[1] or '–'}")
    return lines


def _merge_lines(changes: dict[str, Any]) -> list[str]:
    lines = []
    if changes.get("merged_into"):
        lines.append(str(_("merged into %(number)s", number=changes["merged_into"][1])))
    if changes.get("merged"):
        lines.append(str(_("took in %(number)s", number=changes["merged"][1])))
    if changes.get("taken_back"):
        lines.append(str(_("the last step was taken back")))
    return lines


def _clock_lines(changes: dict[str, Any]) -> list[str]:
    lines = []
    if changes.get("agreement"):
        lines.append(str(_("agreement: %(name)s", name=changes["agreement"][1] or "–")))
    lines += _step_lines(changes)
    if changes.get("sla.on_call"):
        lines.append(str(_("on call, and told by mail: %(names)s", names=changes["sla.on_call"][1])))
    if changes.get("sla.mail_waits"):
        at = reader().instant(datetime.fromisoformat(changes["sla.mail_waits"][1]))
        lines.append(str(_("mail about it waits for working hours, until %(instant)s", instant=at)))
    return lines


def _step_lines(changes: dict[str, Any]) -> list[str]:
    """Escalation steps: a share of a target as a number, or business minutes from its due time as `-30m`."""
    lines = []
    for name, pair in changes.items():
        kind, _point, metric = name.partition(".")
        if kind not in CLOCK_KINDS or name in CLOCK_FACTS or not pair:
            continue
        target = str(TARGETS.get(metric, metric))
        place = pair[1]
        if isinstance(place, int):
            line = _("%(percent)s %% of the %(metric)s target is spent", percent=place, metric=target)
        elif place.startswith("-"):
            line = _("%(minutes)s minutes before due (%(metric)s)", minutes=place[1:-1], metric=target)
        elif place == "+0m":
            line = _("due now (%(metric)s)", metric=target)
        else:
            line = _("%(minutes)s minutes after due (%(metric)s)", minutes=place[1:-1], metric=target)
        lines.append(str(_("%(kind)s: %(step)s", kind=CLOCK_KINDS[kind], step=line) if CLOCK_KINDS[kind] else line))
    if changes.get("sla.webhook"):
        lines.append(str(_("webhook to %(url)s", url=changes["sla.webhook"][1])))
    return lines


def record_context(actor: Actor, ticket: Ticket) -> dict[str, Any]:
    """Everything a record's page shows that does not depend on its kind."""
    known, watchers = queries.people_around(ticket)
    staff = policy.is_staff(actor)
    requester = known.get(ticket.requester_id or 0) if staff and actor.has("people.read") else None
    groups = _groups()
    group: Group | None = groups.get(ticket.group_id or 0)
    show = request.args.get("show", "")
    context = timeline(actor, ticket, groups=groups, show=show)
    links = queries.list_links(actor, ticket)
    parts = (each.ticket for each in links if each.relation == "child_of" and not each.outgoing)
    children = [part for part in parts if part.unfinished]
    steps = services.steps_for(actor, ticket)
    context |= beside.parts(actor, ticket) if staff else beside.NOTHING
    return context | {
        "steps": steps,
        "resolving": services.resolving(ticket, steps),
        "can_work": policy.can_work(actor, ticket),
        "can_reply": policy.can_reply(actor, ticket),
        "staff": staff,
        "requester": requester,
        "people": {person_id: person.name for person_id, person in known.items()},
        "groups": groups,
        "group": group,
        "links": links,
        "children": children,
        "living": queries.living(ticket) if ticket.merged_into_id else None,
        "link_rules": link_rules(ticket.kind),
        "watchers": watchers,
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


def show_record(actor: Actor, ticket: Ticket, *, also: str = "") -> Any:
    """The record's page for staff and who has the permission `also`; everyone else is led to the ticket in the portal."""
    if not policy.is_staff(actor) and not (also and actor.has(also)):
        return redirect(f"/portal/tickets/{ticket.number}")
    return render_record(actor, ticket)


def render_record(
    actor: Actor, ticket: Ticket, *, refusal: ItsmError | None = None, typed: dict[str, Any] | None = None
) -> str:
    """The record's page; `refusal` and `typed` bring back what a person entered and why it was not taken."""
    if refusal is not None:
        session.rollback()
        ticket = queries.get_by_id(actor, ticket.id)
    template = f"{ticket.kind}/record.html"
    return render_template(template, refusal=refusal, typed=typed or {}, **record_context(actor, ticket))


def parse_local(field: str, text: str) -> datetime:
    """The instant of a `datetime-local` field, in the reader's zone."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid.field(field, _("This is not a day and time.")) from error
    return value if value.tzinfo else value.replace(tzinfo=ZoneInfo(reader().timezone))
