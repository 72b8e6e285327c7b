"""The desk, and the actions that every record's page has. A kind's own package shows the record itself."""

from typing import Any

from flask import Blueprint, Response, g, redirect, render_template, request, send_file, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as BaseResponse

from itsm.identity import queries as identity
from itsm.kernel import files
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid, ItsmError
from itsm.kernel.module import registry
from itsm.kernel.text import _
from itsm.tickets import filters, pages, policy, queries, services
from itsm.tickets.models import Ticket
from itsm.tickets.schemas import AssignForm, EntryInput, EscalateForm, FactsForm, LinkInput, step_form
from itsm.web.access import current_actor, requires, signed_in
from itsm.web.forms import read_form

blueprint = Blueprint("tickets", __name__, template_folder="templates")

PREVIEWABLE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
INSTANT_FIELD = "wake_at"


@blueprint.get("/desk")
@requires("tickets.read")
def desk() -> str:
    """The agent's queue: ready-made views with counts, a filter in the query language, due soonest first."""
    actor = current_actor()
    views = queries.queue_views(actor)
    chosen = next((view for view in views if view.name == request.args.get("view")), _first_view(actor, views))
    context = list_context(actor, chosen, request.args.get("q", ""))
    if request.headers.get("HX-Target") == "queue":
        return render_template("tickets/_queue.html", **context)
    return render_template("tickets/desk.html", views=views, counts=queries.count_up_to_limit(actor, views), **context)


def _first_view(actor: Actor, views: list[queries.View]) -> queries.View:
    wanted = "groups" if actor.group_ids else "all"
    return next(view for view in views if view.name == wanted)


def list_context(actor: Actor, view: queries.View, text: str) -> dict[str, Any]:
    """Everything a list of tickets needs: one page of rows, what modules add to them, the filter's fault if it has one."""
    context: dict[str, Any] = {"view": view, "q": text, "fault": "", "columns": []}
    order = request.args.get("sort", "newest" if view.name == "finished" else "due")
    order = order if order in queries.ORDERS else "due"
    try:
        conditions = [view.condition, *filters.conditions(actor, text)]
        page = queries.list_rows(actor, conditions=conditions, order=order, cursor=request.args.get("cursor"))
    except Invalid as error:
        return context | {"fault": str(error.message), "rows": [], "next": None, "sort": order}
    ids = [row.id for row in page.items]
    columns = [(item.title, item.read_many(actor, ids) if ids else {}) for item in registry().extensions("desk")]
    return context | {"rows": page.items, "next": page.next, "columns": columns, "sort": order}


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
    form = read_form(EntryInput)
    try:
        if not form.ok:
            raise Invalid(_("Please check what you entered"), errors=form.errors)
        entry = services.write_entry(actor, ticket, **form.data, uploads=read_uploads())
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
        version = fields.pop("version", None)
        if fields.get(INSTANT_FIELD):
            fields[INSTANT_FIELD] = pages.parse_local(INSTANT_FIELD, fields[INSTANT_FIELD])
        services.take_step(actor, ticket, name, fields=fields, version=version)
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
        if not form.ok:
            raise Invalid(_("Please check what you entered"), errors=form.errors)
        changes = dict(form.data)
        version, priority, reason = changes.pop("version"), changes.pop("priority", None), changes.pop("reason", "")
        services.change_facts(actor, ticket, version=version, changes=changes)
        if "priority" in form.values:
            _override(actor, ticket, priority, reason)
    except ItsmError as error:
        return _refused(ticket, error, **form.values)
    return _back(ticket)


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
        if not form.ok:
            raise Invalid(_("Please check what you entered"), errors=form.errors)
        services.assign(
            actor,
            ticket,
            group_id=form.data.get("group_id"),
            assignee_id=form.data.get("assignee_id"),
            version=form.data.get("version"),
        )
    except ItsmError as error:
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
    ticket, actor = _ticket(ticket_id), current_actor()
    form = read_form(LinkInput)
    try:
        if not form.ok:
            raise Invalid(_("Please check what you entered"), errors=form.errors)
        target = queries.find_ticket(actor, form.data["target"])
        if target is None:
            raise Invalid.field(
                "target", _("There is no %(number)s, or you may not see it.", number=form.data["target"])
            )
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
        "tickets/_timeline.html", **pages.timeline(actor, ticket, before_id=request.args.get("before", type=int))
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
    """A file, always as a download except for plain images; the browser runs nothing of it in our origin."""
    del name
    row = queries.get_attachment(current_actor(), attachment_id)
    shown = row.media_type in PREVIEWABLE and request.args.get("show") == "1"
    response = send_file(
        files.open_file(row.sha256),
        mimetype=row.media_type if shown else "application/octet-stream",
        as_attachment=not shown,
        download_name=row.name,
    )
    g.content_policy = "sandbox; default-src 'none'"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.get("/desk/search")
@requires("tickets.read")
def search_all() -> Any:
    """The search field of the shell: a number leads to its record, words lead to the list."""
    words = request.args.get("q", "").strip()
    found = queries.find_ticket(current_actor(), words) if words else None
    if found is not None:
        return redirect(pages.url_of(found))
    quoted = " ".join(f'"{word}"' for word in words.replace('"', " ").split())
    return redirect(url_for("tickets.desk", view="everything", q=quoted))


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
