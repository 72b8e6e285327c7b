"""The desk, and the actions that every record's page has. A kind's own package shows the record itself."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, g, redirect, render_template, request, send_file
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as BaseResponse

from itsm.fields import pages as own_fields
from itsm.identity import queries as identity
from itsm.kernel import files
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid, ItsmError
from itsm.kernel.text import _
from itsm.tickets import conflicts, custom, pages, policy, previews, queries, services
from itsm.tickets.desk import pages as desk_pages
from itsm.tickets.live import services as live
from itsm.tickets.models import Ticket
from itsm.tickets.schemas import AssignForm, EntryForm, EscalateForm, FactsForm, LinkInput, VersionForm, step_form
from itsm.web.access import current_actor, requires, signed_in
from itsm.web.forms import read_form

blueprint = Blueprint("tickets", __name__, template_folder="templates")

INSTANT_FIELD = "wake_at"


@blueprint.get("/desk")
@requires("tickets.read")
def desk() -> Any:
    """The agent's queues, as a list or as a board."""
    actor = current_actor()
    return desk_pages.show_board(actor) if request.args.get("layout") == "board" else desk_pages.show_list(actor)


def _ticket(ticket_id: int) -> Ticket:
    services.locked_if_exists(ticket_id)
    return queries.get_by_id(current_actor(), ticket_id)


def _back(ticket: Ticket, anchor: str = "") -> BaseResponse:
    return redirect(pages.url_of(ticket) + anchor)


def _refused(ticket: Ticket, error: ItsmError, **typed: Any) -> tuple[str, int]:
    if not policy.is_staff(current_actor()):
        raise error  # the record's page is the staff's; the requester's side has the portal
    return pages.render_record(current_actor(), ticket, refusal=error, typed=typed), error.status


@blueprint.post("/tickets/<int:ticket_id>/entries")
@signed_in
def write_entry(ticket_id: int) -> Any:
    """Reply, note or work done, with files."""
    ticket, actor = _ticket(ticket_id), current_actor()
    form = read_form(EntryForm)
    try:
        form.require_ok()
        facts = {name: value for name, value in form.data.items() if name != "reply"}
        entry = services.write_entry(actor, ticket, **facts, uploads=read_uploads())
        live.clear_draft(actor, ticket_id)
    except ItsmError as error:
        return _refused(ticket, error, **form.values)
    return _back(ticket, f"#entry-{entry.id}")


@blueprint.post("/tickets/<int:ticket_id>/steps/<name>")
@signed_in
def take_step(ticket_id: int, name: str) -> Any:
    """A step of the life cycle."""
    ticket, actor = _ticket(ticket_id), current_actor()
    form = read_form(step_form(type(ticket).step_texts))
    try:
        fields = dict(form.data)
        version, despite_tasks = fields.pop("version", None), fields.pop("despite_tasks", False)
        if fields.get(INSTANT_FIELD):
            fields[INSTANT_FIELD] = pages.parse_local(INSTANT_FIELD, fields[INSTANT_FIELD])
        services.take_step(actor, ticket, name, fields=fields, version=version, despite_tasks=despite_tasks)
    except ItsmError as error:
        return _refused(ticket, error, step=name, **form.values)
    return _back(ticket)


@blueprint.post("/tickets/<int:ticket_id>/facts")
@signed_in
def change_facts(ticket_id: int) -> Any:
    """Title, description, impact, urgency, category, and a priority set by hand with its reason."""
    ticket, actor = _ticket(ticket_id), current_actor()
    form = read_form(FactsForm)
    try:
        form.require_ok()
        changes = dict(form.data)
        version, priority, reason = changes.pop("version"), changes.pop("priority", None), changes.pop("reason", "")
        changes.pop("was")
        services.change_facts(actor, ticket, version=version, changes=changes)
        if "priority" in form.values:
            _override(actor, ticket, priority, reason)
    except ItsmError as error:
        if conflicts.is_conflict(error):
            return conflicts.render(actor, ticket_id, form.values, endpoint="tickets.change_facts"), error.status
        return _refused(ticket, error, **form.values)
    return _back(ticket)


@blueprint.post("/tickets/<int:ticket_id>/custom")
@signed_in
def change_custom(ticket_id: int) -> Any:
    """Values of the site's own fields."""
    ticket, actor = _ticket(ticket_id), current_actor()
    form = read_form(VersionForm)
    given = own_fields.asked_for(actor, ticket.kind, own_fields.posted(ticket.kind), services.draft_of(ticket))
    try:
        services.change_custom(actor, ticket, given, version=form.data.get("version"), whole=True)
    except ItsmError as error:
        g.own_fields_refused = (own_fields.posted(ticket.kind), error.errors)
        return _refused(ticket, error)
    return _back(ticket)


@blueprint.post("/tickets/<int:ticket_id>/custom/form")
@requires("tickets.read")
def custom_part(ticket_id: int) -> Any:
    """The own fields that the ticket's form asks for as it stands."""
    actor = current_actor()
    ticket = queries.get_by_id(actor, ticket_id)
    draft = services.draft_of(ticket)
    return custom.render_form(actor, ticket, replace(draft, custom={**draft.custom, **own_fields.posted(ticket.kind)}))


def _override(actor: Actor, ticket: Ticket, priority: int | None, reason: str) -> None:
    if priority is None and ticket.priority_reason:
        services.override_priority(actor, ticket, priority=None, reason="")
    elif priority is not None and priority != ticket.priority:
        services.override_priority(actor, ticket, priority=priority, reason=reason)


@blueprint.post("/tickets/<int:ticket_id>/assign")
@signed_in
def assign(ticket_id: int) -> Any:
    """Give the ticket to a group and a person."""
    ticket, actor = _ticket(ticket_id), current_actor()
    form = read_form(AssignForm)
    try:
        form.require_ok()
        services.assign(
            actor,
            ticket,
            group_id=form.data.get("group_id"),
            assignee_id=form.data.get("assignee_id"),
            version=form.data.get("version"),
        )
    except ItsmError as error:
        if conflicts.is_conflict(error):
            return conflicts.render(actor, ticket_id, form.values, endpoint="tickets.assign"), error.status
        return _refused(ticket, error, **form.values)
    return _back(ticket)


@blueprint.post("/tickets/<int:ticket_id>/take")
@signed_in
def take(ticket_id: int) -> BaseResponse:
    """Assign the ticket to oneself."""
    ticket, actor = _ticket(ticket_id), current_actor()
    group_id = ticket.group_id if ticket.group_id in actor.group_ids else next(iter(sorted(actor.group_ids)), None)
    services.assign(actor, ticket, group_id=group_id, assignee_id=actor.person_id)
    return _back(ticket)


@blueprint.post("/tickets/<int:ticket_id>/escalate")
@signed_in
def escalate(ticket_id: int) -> Any:
    """Pass to more skill, or to more authority, with a note."""
    ticket, actor = _ticket(ticket_id), current_actor()
    form = read_form(EscalateForm)
    try:
        if form.data.get("to") == "manager":
            services.escalate_to_manager(actor, ticket, note=form.data.get("note", ""))
        else:
            services.escalate(actor, ticket, note=form.data.get("note", ""), group_id=form.data.get("group_id"))
    except ItsmError as error:
        return _refused(ticket, error, step="escalate", **form.values)
    return _back(ticket)


@blueprint.post("/tickets/<int:ticket_id>/links")
@signed_in
def link(ticket_id: int) -> Any:
    """Link to another ticket by number."""
    actor, form = current_actor(), read_form(LinkInput)
    ticket = queries.get_by_id(actor, ticket_id)
    try:
        form.require_ok()
        target = queries.find_ticket(actor, form.data["target"])
        if target is None:
            raise Invalid.field(
                "target", _("There is no %(number)s, or you may not see it.", number=form.data["target"])
            )
        services.lock(ticket, target)
        services.link(actor, ticket, target, relation=form.data["relation"])
    except ItsmError as error:
        return _refused(ticket, error, **form.values)
    return _back(ticket)


@blueprint.post("/tickets/<int:ticket_id>/links/<int:link_id>/remove")
@signed_in
def unlink(ticket_id: int, link_id: int) -> BaseResponse:
    """Remove a link."""
    ticket = _ticket(ticket_id)
    services.unlink(current_actor(), ticket, link_id)
    return _back(ticket)


@blueprint.post("/tickets/<int:ticket_id>/watch")
@signed_in
def watch(ticket_id: int) -> BaseResponse:
    """Watch, or stop watching."""
    ticket, actor = _ticket(ticket_id), current_actor()
    if actor.person_id is None:
        return _back(ticket)
    watching = any(person.id == actor.person_id for person in queries.list_watchers(ticket.id))
    (services.unwatch if watching else services.watch)(actor, ticket, person_id=actor.person_id)
    return _back(ticket)


@blueprint.get("/tickets/<int:ticket_id>/journal")
@requires("tickets.read")
def older_entries(ticket_id: int) -> str:
    """Older entries of the timeline, below those on the page."""
    actor = current_actor()
    ticket = queries.get_by_id(actor, ticket_id)
    return render_template(
        "tickets/_timeline.html",
        **pages.timeline(
            actor, ticket, before_id=request.args.get("before", type=int), show=request.args.get("show", "")
        ),
    )


@blueprint.get("/tickets/open/<number>")
@signed_in
def open_by_number(number: str) -> BaseResponse:
    """Lead to the page of a ticket of any kind."""
    ticket = queries.find_ticket(current_actor(), number)
    if ticket is None:
        raise Invalid.field("number", _("There is no %(number)s, or you may not see it.", number=number))
    return redirect(pages.url_of(ticket))


@blueprint.get("/attachments/<int:attachment_id>/<name>")
@signed_in
def download(attachment_id: int, name: str) -> Response:
    """A file, as a download except for plain images and harmless PDFs; the browser runs nothing of it in our origin."""
    del name
    row = queries.get_attachment(current_actor(), attachment_id)
    form = previews.form_of(row) if request.args.get("show") == "1" else ""
    shown = form == "picture" or (form == "pdf" and previews.is_plain_pdf(row))
    response = send_file(
        files.open_file(row.sha256),
        mimetype=row.media_type if shown else "application/octet-stream",
        as_attachment=not shown,
        download_name=row.name,
    )
    # The browsers' own PDF viewers, which run nothing of a file in our origin, refuse to work in a sandbox.
    g.content_policy = "default-src 'none'" if shown and form == "pdf" else "sandbox; default-src 'none'"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.get("/attachments/<int:attachment_id>/text")
@signed_in
def excerpt(attachment_id: int) -> str:
    """The beginning of a text file, as escaped text."""
    row = queries.get_attachment(current_actor(), attachment_id)
    if previews.form_of(row) != "text":
        raise Invalid.field("file", _("This file is not a text."))
    text, more = previews.excerpt(row)
    return render_template("tickets/_excerpt.html", file=row, text=text, more=more)


@blueprint.get("/desk/group-members")
@requires("tickets.read")
def group_members() -> str:
    """The people of a group, as options of the assignee field."""
    group_id = request.args.get("group_id", type=int)
    members = identity.list_members(group_id) if group_id else []
    return render_template("tickets/_members.html", members=members, chosen=None)


def read_uploads(field: str = "files") -> list[services.Upload]:
    """The files of a posted form."""
    uploads: list[FileStorage] = [each for each in request.files.getlist(field) if each.filename]
    return [services.Upload(each.filename or "file", each.read(), each.mimetype) for each in uploads]
