"""Every write that all kinds of tickets share. A kind's own services call these and add what is particular to it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select

from itsm.identity import queries as identity
from itsm.identity.models import Group, Person
from itsm.kernel import audit, clock, files
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Forbidden, IllegalTransition, Invalid
from itsm.kernel.events import emit
from itsm.kernel.lifecycle import UNFINISHED, Category, Lifecycle, Transition
from itsm.kernel.module import registry
from itsm.kernel.records import check_version, get, set_changes
from itsm.kernel.runtime import settings
from itsm.kernel.text import _
from itsm.tickets import policy, queries
from itsm.tickets.events import TicketAnswered, TicketAssigned, TicketChanged, TicketMoved, TicketOpened
from itsm.tickets.models import NO_DUE, Attachment, JournalEntry, Ticket, TicketLink, Watcher
from itsm.tickets.priority import priority_of

FACTS = frozenset({"title", "description", "impact", "urgency", "category_id", "requester_id", "organisation_id"})
LONGEST_BODY = 200_000
HOLD_REASONS = ("customer", "supplier", "change", "problem", "planned")


def lifecycle_of(ticket: Ticket) -> Lifecycle:
    """The life cycle that governs a ticket."""
    return registry().lifecycles[ticket.lifecycle_name]


def open_ticket(
    actor: Actor,
    ticket: Ticket,
    *,
    group_id: int | None = None,
    assignee_id: int | None = None,
    acknowledge: bool = True,
) -> None:
    """Record a new ticket that a kind's own service prepared (title, description, requester, impact, urgency, category).

    Sets state, priority, organisation and group (given, else by category), writes journal and audit, tells subscribers.
    Without `acknowledge` the requester gets no confirmation (automatic mail must not be answered).
    """
    now = clock.now()
    cycle = lifecycle_of(ticket)
    ticket.state, ticket.state_category = cycle.initial, cycle.category(cycle.initial)
    ticket.unfinished = int(cycle.category(cycle.initial) in UNFINISHED)
    ticket.created_at = ticket.updated_at = now
    ticket.opened_by_id = actor.person_id
    if not ticket.priority_reason:
        ticket.priority = priority_of(ticket.impact, ticket.urgency)
    if ticket.requester_id and ticket.organisation_id is None:
        ticket.organisation_id = get(Person, ticket.requester_id).organisation_id
    _route(ticket, group_id)
    ticket.assignee_id = assignee_id
    ticket.due_at, ticket.due_state, ticket.version = NO_DUE, "", 1
    session.add(ticket)
    session.flush()
    _write_opening(actor, ticket)
    emit(
        TicketOpened(
            ticket.id,
            ticket.kind,
            actor_id=actor.person_id,
            channel=ticket.channel,
            at=now,
            acknowledge=acknowledge,
        )
    )


def _route(ticket: Ticket, group_id: int | None) -> None:
    if group_id is None and ticket.category_id is not None:
        group_id = queries.default_group_id(ticket.category_id)
        ticket.assignment_reason = "category" if group_id else ""
    elif group_id is not None:
        ticket.assignment_reason = "hand"
    if group_id is None:
        group_id, ticket.assignment_reason = queries.front_group_id(), "front"
    ticket.group_id = group_id
    ticket.level = get(Group, group_id).level if group_id else 1


def _write_opening(actor: Actor, ticket: Ticket) -> None:
    facts = (
        "state",
        "state_category",
        "priority",
        "impact",
        "urgency",
        "category_id",
        "group_id",
        "assignee_id",
        "level",
    )
    write_journal(
        actor,
        ticket,
        "created",
        body=ticket.description,
        changes={name: [None, getattr(ticket, name)] for name in facts},
        by_requester=policy.is_requester(actor, ticket),
    )


def write_journal(
    actor: Actor,
    ticket: Ticket,
    kind: str,
    *,
    body: str = "",
    minutes: int = 0,
    changes: Mapping[str, Any] | None = None,
    by_requester: bool = False,
    automatic: bool = False,
) -> JournalEntry:
    """One journal entry and its audit entry; a lower-level call for services only."""
    plain = audit.jsonable(changes or {})
    entry = JournalEntry(
        ticket_id=ticket.id,
        at=clock.now(),
        actor_id=actor.person_id,
        actor_name=actor.name,
        channel=actor.channel,
        kind=kind,
        body=body,
        minutes=minutes,
        changes=plain,
        by_requester=by_requester,
        automatic=automatic,
    )
    session.add(entry)
    session.flush()
    recorded = plain if kind in {"created", "change"} else {"entry": [None, kind], "minutes": [None, minutes]}
    audit.record(actor, f"{ticket.kind}.{kind}", subject_kind=ticket.kind, subject_id=ticket.id, changes=recorded)
    return entry


def write_changes(actor: Actor, changed: Sequence[tuple[Ticket, Mapping[str, Any]]]) -> None:
    """One `change` entry and its audit entry for each of many tickets: two statements; for services and jobs only."""
    if not changed:
        return
    rows = [(ticket, audit.jsonable(changes)) for ticket, changes in changed]
    fixed = {"at": clock.now(), "actor_id": actor.person_id, "actor_name": actor.name, "channel": actor.channel}
    entries = [
        {**fixed, "ticket_id": ticket.id, "kind": "change", "body": "", "minutes": 0, "changes": plain}
        | {"by_requester": False, "automatic": False}
        for ticket, plain in rows
    ]
    session.execute(insert(JournalEntry), entries)
    audit.record_many(actor, [(f"{ticket.kind}.change", ticket.kind, ticket.id, plain) for ticket, plain in rows])


def change_facts(actor: Actor, ticket: Ticket, *, version: int | None, changes: Mapping[str, Any]) -> None:
    """Change title, description, impact, urgency, category, requester or a kind's own columns named in `own_facts`."""
    _require_work(actor, ticket)
    check_version(ticket, version, current=queries.facts_of(ticket))
    unknown = changes.keys() - FACTS - type(ticket).own_facts
    if unknown:
        raise Invalid.field(sorted(unknown)[0], _("This field cannot be changed here."))
    recorded = set_changes(ticket, changes)
    if ("impact" in recorded or "urgency" in recorded) and not ticket.priority_reason:
        recorded |= set_changes(ticket, {"priority": priority_of(ticket.impact, ticket.urgency)})
    _finish_change(actor, ticket, recorded)


def override_priority(
    actor: Actor, ticket: Ticket, *, priority: int | None, reason: str, version: int | None = None
) -> None:
    """Set a priority against the matrix, with a reason that is kept; `priority=None` returns to the matrix."""
    _require_work(actor, ticket)
    check_version(ticket, version)
    if priority is not None and not reason.strip():
        raise Invalid.field("reason", _("Say why the priority differs from impact and urgency."))
    chosen = priority if priority is not None else priority_of(ticket.impact, ticket.urgency)
    recorded = set_changes(
        ticket, {"priority": chosen, "priority_reason": reason.strip() if priority is not None else ""}
    )
    _finish_change(actor, ticket, recorded)


def _finish_change(actor: Actor, ticket: Ticket, recorded: Mapping[str, Any]) -> None:
    if not recorded:
        return
    session.flush()
    write_journal(actor, ticket, "change", changes=recorded)
    emit(TicketChanged(ticket.id, ticket.kind, fields=frozenset(recorded), actor_id=actor.person_id))


def assign(
    actor: Actor,
    ticket: Ticket,
    *,
    group_id: int | None,
    assignee_id: int | None = None,
    reason: str = "hand",
    version: int | None = None,
    escalated: bool = False,
) -> None:
    """Give a ticket to a group and, if named, to a person who works in it."""
    _require_work(actor, ticket)
    check_version(ticket, version)
    if group_id is None and assignee_id is not None:
        group_id = ticket.group_id
    if assignee_id is not None and group_id is not None and assignee_id not in identity.member_ids(group_id):
        raise Invalid.field("assignee_id", _("This person does not work in that group."))
    changes: dict[str, Any] = {"group_id": group_id, "assignee_id": assignee_id}
    if group_id and group_id != ticket.group_id:
        changes["level"] = get(Group, group_id).level
        if ticket.group_id is not None:
            ticket.reassignments += 1
    recorded = set_changes(ticket, changes)
    if not recorded:
        return
    ticket.assignment_reason = reason
    session.flush()
    write_journal(actor, ticket, "change", changes=recorded)
    emit(
        TicketAssigned(
            ticket.id,
            ticket.kind,
            group_id=group_id,
            assignee_id=assignee_id,
            actor_id=actor.person_id,
            escalated=escalated,
        )
    )


def escalate(actor: Actor, ticket: Ticket, *, note: str = "", group_id: int | None = None) -> Group:
    """Functional escalation: pass the ticket to the group with more skill, with a note that goes along. Rule: I4.

    The next group is `group_id`, else the one that the present group names, else any active group of the next level.
    """
    _require_work(actor, ticket)
    following = get(Group, group_id) if group_id else queries.next_level_group(ticket)
    if following is None:
        raise IllegalTransition(
            _("There is no group at a higher level to pass this to. Ask an administrator to set one.")
        )
    if note.strip():
        write_entry(actor, ticket, kind="internal", body=note)
    assign(actor, ticket, group_id=following.id, reason="escalation", escalated=True)
    return following


def escalate_to_manager(actor: Actor, ticket: Ticket, *, note: str = "") -> Person:
    """Hierarchical escalation: the manager of the ticket's group is told and watches it from now on. Rule: I5."""
    _require_work(actor, ticket)
    group = get(Group, ticket.group_id) if ticket.group_id else None
    if group is None or group.manager_id is None:
        raise Invalid.field("group", _("This group has no manager to escalate to. Ask an administrator to name one."))
    manager = get(Person, group.manager_id)
    watch(actor, ticket, person_id=manager.id)
    write_entry(actor, ticket, kind="internal", body=note) if note.strip() else None
    write_journal(actor, ticket, "change", changes={"escalated_to_manager": [None, manager.name]})
    emit(TicketChanged(ticket.id, ticket.kind, fields=frozenset({"escalated_to_manager"}), actor_id=actor.person_id))
    return manager


def steps_for(actor: Actor, ticket: Ticket) -> list[Transition]:
    """Steps that the actor may take now, in the order of the life cycle."""
    return [
        step
        for step in lifecycle_of(ticket).steps_from(ticket.state)
        if not step.automatic
        and policy.can_step(actor, ticket, step.permission)
        and (step.guard is None or step.guard(ticket) is None)
    ]


def is_possible(ticket: Ticket, name: str) -> bool:
    """Whether a step of this name leads away from the present state and its guard lets it pass."""
    steps = [step for step in lifecycle_of(ticket).steps_from(ticket.state) if step.name == name]
    return any(step.guard is None or step.guard(ticket) is None for step in steps)


def take_step(
    actor: Actor,
    ticket: Ticket,
    name: str,
    *,
    fields: Mapping[str, Any] | None = None,
    version: int | None = None,
    automatic: bool = False,
) -> None:
    """Take one step of the life cycle; checks permission, guard and required fields.

    Raises `IllegalTransition`, `Forbidden`, or `Invalid` that names every missing field.
    """
    check_version(ticket, version, current=queries.facts_of(ticket))
    step = lifecycle_of(ticket).step(name, state=ticket.state)
    if step.automatic and not automatic:
        raise IllegalTransition(_("“%(step)s” happens by itself.", step=step.title))
    if not automatic and not policy.can_step(actor, ticket, step.permission):
        raise Forbidden(_("You may not take the step “%(step)s”.", step=step.title))
    _check_guard(step, ticket)
    given = _checked_fields(ticket, step, fields or {})
    _move(actor, ticket, step, given)


def _check_guard(step: Transition, ticket: Ticket) -> None:
    objection = step.guard(ticket) if step.guard else None
    if objection is not None:
        raise IllegalTransition(objection)


def _checked_fields(ticket: Ticket, step: Transition, fields: Mapping[str, Any]) -> dict[str, Any]:
    unknown = fields.keys() - {*step.requires, *step.accepts}
    if unknown:
        raise Invalid.field(sorted(unknown)[0], _("The step “%(step)s” takes no such field.", step=step.title))
    missing = [name for name in step.requires if fields.get(name) in (None, "")]
    if missing:
        raise Invalid(
            _("Some fields are needed for “%(step)s”.", step=step.title),
            errors={name: [_("This is needed for “%(step)s”.", step=step.title)] for name in missing},
        )
    if fields.get("hold_reason") and fields["hold_reason"] not in HOLD_REASONS:
        raise Invalid.field("hold_reason", _("Choose one of the reasons."))
    _check_own_fields(ticket, fields)
    return dict(fields)


def _check_own_fields(ticket: Ticket, fields: Mapping[str, Any]) -> None:
    """Fields that only this kind's steps take are texts, some with a fixed set of values."""
    for name in fields.keys() & set(type(ticket).step_texts):
        value, choices = fields[name], type(ticket).step_choices.get(name)
        if not isinstance(value, str) or len(value) > LONGEST_BODY:
            raise Invalid.field(name, _("This must be a text of at most 200,000 characters."))
        if choices is not None and value not in choices:
            raise Invalid.field(name, _("Choose one of: %(names)s.", names=", ".join(choices)))


def _move(actor: Actor, ticket: Ticket, step: Transition, given: dict[str, Any]) -> None:
    cycle = lifecycle_of(ticket)
    before, before_category = ticket.state, Category(ticket.state_category)
    after_category = cycle.category(step.target)
    note = str(given.pop("note", "") or "")
    changes: dict[str, Any] = {"state": step.target, "state_category": after_category.value, **given}
    changes |= _instants(ticket, before_category, after_category)
    if step.takes and actor.person_id is not None and ticket.assignee_id is None:
        changes["assignee_id"] = actor.person_id
    recorded = set_changes(ticket, changes)
    ticket.unfinished = int(after_category in UNFINISHED)
    if before_category == Category.RESOLVED and after_category in UNFINISHED:
        ticket.reopenings += 1
    session.flush()
    write_journal(actor, ticket, "change", body=note, changes={"step": [None, step.name]} | recorded)
    emit(
        TicketMoved(
            ticket.id,
            ticket.kind,
            step=step.name,
            before=before,
            after=step.target,
            before_category=before_category.value,
            after_category=after_category.value,
            actor_id=actor.person_id,
        )
    )


def _instants(ticket: Ticket, before: Category, after: Category) -> dict[str, Any]:
    """Which instants and hold facts a move sets or clears."""
    now, values = clock.now(), dict[str, Any]()
    if after in UNFINISHED:
        values |= {"resolved_at": None, "closed_at": None}
    elif before in UNFINISHED:
        values["resolved_at"] = now
    if after == Category.CLOSED:
        values["closed_at"] = now
    if before == Category.WAITING and after != Category.WAITING:
        values |= {"hold_reason": "", "wake_at": None}
    return {name: value for name, value in values.items() if getattr(ticket, name) != value}


def write_entry(
    actor: Actor,
    ticket: Ticket,
    *,
    kind: str,
    body: str,
    minutes: int = 0,
    automatic: bool = False,
    uploads: Sequence["Upload"] = (),
) -> JournalEntry:
    """Write a public reply, an internal note or work done (minutes), with files that belong to it.

    `automatic` marks an entry that no person wrote just now (an auto-reply by mail): it moves no clock.
    """
    _require_entry(actor, ticket, kind)
    text = body.strip()
    if not text and not uploads and not (kind == "work" and minutes):
        raise Invalid.field("body", _("Write something first."))
    if len(text) > LONGEST_BODY:
        raise Invalid.field("body", _("This text is too long (at most 200,000 characters)."))
    by_requester = not policy.can_work(actor, ticket) or (kind == "public" and policy.is_requester(actor, ticket))
    entry = write_journal(
        actor, ticket, kind, body=text, minutes=minutes, by_requester=by_requester, automatic=automatic
    )
    for upload in uploads:
        attach(actor, ticket, upload, journal_id=entry.id, public=kind == "public")
    ticket.updated_at = clock.now()
    if kind == "public" and not by_requester and not automatic and ticket.responded_at is None:
        ticket.responded_at = clock.now()
    session.flush()
    emit(
        TicketAnswered(
            ticket.id,
            ticket.kind,
            journal_id=entry.id,
            entry_kind=kind,
            by_requester=by_requester,
            automatic=automatic,
            actor_id=actor.person_id,
        )
    )
    return entry


def _require_entry(actor: Actor, ticket: Ticket, kind: str) -> None:
    if kind not in {"public", "internal", "work"}:
        raise Invalid.field("kind", _("Choose public, internal or work."))
    if kind != "public":
        _require_work(actor, ticket)
    elif not policy.can_reply(actor, ticket):
        raise Forbidden(_("You may not reply to this ticket."))


class Upload:
    """A file on its way in: its bytes and the name and media type that the sender claims."""

    def __init__(
        self, name: str, content: bytes, media_type: str, *, inline: bool = False, content_id: str = ""
    ) -> None:
        self.name = queries.safe_name(name)
        self.content, self.media_type = content, media_type or "application/octet-stream"
        self.inline, self.content_id = inline, content_id


def attach(
    actor: Actor, ticket: Ticket, upload: Upload, *, journal_id: int | None = None, public: bool = True
) -> Attachment:
    """Keep a file with a ticket; raises `Invalid` when it is larger than allowed."""
    limit = settings().attachment_limit_bytes
    if len(upload.content) > limit:
        raise Invalid.field(
            "files", _("“%(name)s” is too large: %(most)s MB is the most.", name=upload.name, most=limit // 1_048_576)
        )
    row = Attachment(
        ticket_id=ticket.id,
        journal_id=journal_id,
        name=upload.name,
        media_type=upload.media_type[:120],
        size_bytes=len(upload.content),
        sha256=files.store(upload.content),
        inline=upload.inline,
        content_id=upload.content_id[:250],
        public=public,
    )
    session.add(row)
    session.flush()
    audit.record(
        actor, "attachment.added", subject_kind=ticket.kind, subject_id=ticket.id, changes={"file": [None, upload.name]}
    )
    return row


def link(actor: Actor, source: Ticket, target: Ticket, *, relation: str) -> None:
    """Link two tickets by a relation that some module declares; linking again changes nothing."""
    _require_work(actor, source)
    add_link(actor, source, target, relation=relation)


def add_link(actor: Actor, source: Ticket, target: Ticket, *, relation: str) -> None:
    """`link` for services that have checked the actor's right by their own rule."""
    rule = registry().link_rules.get(relation)
    kinds = (source.kind, target.kind)
    if rule is None or rule.source_kind not in (None, kinds[0]) or rule.target_kind not in (None, kinds[1]):
        raise Invalid.field("relation", _("These two cannot be linked in this way."))
    if source.id == target.id:
        raise Invalid.field("target", _("A ticket cannot be linked to itself."))
    if queries.find_link(source.id, target.id, relation) is not None:
        return
    session.add(TicketLink(source_id=source.id, target_id=target.id, relation=relation))
    session.flush()
    write_journal(actor, source, "change", changes={f"link.{relation}": [None, target.number]})
    write_journal(actor, target, "change", changes={f"linked.{relation}": [None, source.number]})


def unlink(actor: Actor, ticket: Ticket, link_id: int) -> None:
    """Remove a link of this ticket."""
    _require_work(actor, ticket)
    row = get(TicketLink, link_id)
    if ticket.id not in (row.source_id, row.target_id):
        raise Invalid.field("link", _("This link belongs to another ticket."))
    session.delete(row)
    session.flush()
    write_journal(actor, ticket, "change", changes={f"link.{row.relation}": [row.target_id, None]})


def watch(actor: Actor, ticket: Ticket, *, person_id: int) -> None:
    """Let a person watch a ticket; people add themselves, staff may add anyone."""
    if person_id != actor.person_id:
        _require_work(actor, ticket)
    if session.get(Watcher, (ticket.id, person_id)) is None:
        session.add(Watcher(ticket_id=ticket.id, person_id=person_id))
        session.flush()
        write_journal(actor, ticket, "change", changes={"watcher": [None, get(Person, person_id).name]})


def unwatch(actor: Actor, ticket: Ticket, *, person_id: int) -> None:
    """Stop watching."""
    if person_id != actor.person_id:
        _require_work(actor, ticket)
    session.execute(delete(Watcher).where(Watcher.ticket_id == ticket.id, Watcher.person_id == person_id))


def set_due(
    ticket_id: int,
    *,
    state: str,
    due_at: datetime | None,
    from_at: datetime | None,
    left_seconds: int | None,
    target_seconds: int | None,
) -> None:
    """Keep the most pressing clock's due instant on the ticket, so that lists sort and show it without a join.

    Called by the clocks' keeper, who flushes; not a change by anyone, so it is neither journalled nor versioned.
    """
    ticket = session.get(Ticket, ticket_id)
    if ticket is not None:
        ticket.due_state, ticket.due_at = state, due_at or NO_DUE
        ticket.due_from_at, ticket.due_left_seconds, ticket.due_target_seconds = from_at, left_seconds, target_seconds


def _require_work(actor: Actor, ticket: Ticket) -> None:
    if not policy.can_work(actor, ticket):
        raise Forbidden(_("You may read this ticket but not change it."))


def locked_if_exists(ticket_id: int) -> None:
    """Lock a ticket until the end of the transaction, so that simultaneous writers wait for one another."""
    session.execute(select(Ticket.id).where(Ticket.id == ticket_id).with_for_update())
