"""Pages to change many tickets: choose what, look at what would become of each, do it."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from itsm.identity import queries as identity
from itsm.kernel import jobs
from itsm.kernel.actor import Actor
from itsm.kernel.errors import ItsmError
from itsm.kernel.lifecycle import Transition
from itsm.kernel.text import plural
from itsm.tickets import pages as ticket_pages
from itsm.tickets import policy, queries
from itsm.tickets import services as ticket_services
from itsm.tickets.desk import bulk, listing, tasks
from itsm.tickets.desk.bulk import Planned, Result
from itsm.tickets.desk.pages import address
from itsm.tickets.desk.schemas import as_wanted, bulk_form
from itsm.tickets.models import Ticket
from itsm.web.access import current_actor, requires
from itsm.web.forms import Form, own_path, read_form
from itsm.web.views import offer_undo

LONGEST_ID = 18  # digits of the largest id that every database holds

blueprint = Blueprint("bulk", __name__, template_folder="../templates")

SHOWN = 100


@blueprint.get("/desk/bulk")
@requires("tickets.read")
def choose() -> str:
    """What shall change in the tickets that were ticked, or in all that answer the list."""
    actor = current_actor()
    asked = listing.read_asked(actor, request.args)
    if request.args.get("all"):
        ids: Sequence[int] = listing.matching_ids(actor, asked, limit=bulk.MOST)
    else:
        ids = request.args.getlist("ids", type=int)[: bulk.MOST]
    return _page(Form({"chosen": ",".join(map(str, ids)), "back": address(asked)}), ids, None)


@blueprint.post("/desk/bulk/preview")
@requires("tickets.read")
def preview() -> Any:
    """What would change and what would be refused, before anything does."""
    return _take(do=False)


@blueprint.post("/desk/bulk")
@requires("tickets.read")
def change() -> Any:
    """Change the tickets: at once, or by a worker where they are many."""
    return _take(do=True)


def _take(*, do: bool) -> Any:
    actor, form = current_actor(), read_form(bulk_form())
    ids = _ids(form)
    try:
        form.require_ok()
        if not do and _asks_more(form, ids):
            return _page(form, ids, None)
        wanted = _wanted(form)
        bulk.check(actor, wanted, count=len(ids))
        if do:
            return _change(actor, ids, wanted, form)
        return _page(form, ids, bulk.plan(actor, ids, wanted))
    except ItsmError as error:
        form.refuse(error)
        return _page(form, ids, None), error.status


def _ids(form: Form) -> list[int]:
    typed = str(form.values.get("chosen", "")).split(",")
    return [int(each) for each in typed if each.isdecimal() and len(each) <= LONGEST_ID][: bulk.MOST]


def _wanted(form: Form) -> dict[str, Any]:
    wanted = as_wanted(form.data)
    if wanted["fields"].get("wake_at"):
        wanted["fields"]["wake_at"] = ticket_pages.parse_local("wake_at", wanted["fields"]["wake_at"]).isoformat()
    return wanted


def _asks_more(form: Form, ids: Sequence[int]) -> bool:
    """Whether a step was chosen that asks for fields which the page has not shown yet."""
    if not form.values.get("step"):
        return False
    actor = current_actor()
    steps = _steps(actor, listing.list_whole(actor, ids[: bulk.AT_ONCE]))
    step = next((each for each in steps if each.name == form.values["step"]), None)
    return step is not None and any(name not in form.values for name in step.requires)


def _change(actor: Actor, ids: Sequence[int], wanted: dict[str, Any], form: Form) -> Response:
    title = plural("%(num)s ticket changed", "%(num)s tickets changed", len(ids))
    back = own_path(form.data["back"])
    if len(ids) > bulk.AT_ONCE:
        task = tasks.ask(actor, ids, wanted, title=title, back=back)
        return redirect(url_for("bulk.show_task", task_id=task.id))
    result = bulk.change_all(actor, ids, wanted, title=title, back=back)
    offer_undo(result.undo, summary(result))
    for number, reason in result.refused[:10]:
        flash(f"{number}: {reason}", "error")
    return redirect(back)


def summary(result: Result) -> str:
    """What became of a bulk, in a sentence."""
    words = str(plural("%(num)s ticket changed", "%(num)s tickets changed", result.done)) + "."
    if result.unchanged:
        words += " " + str(plural("%(num)s was so already.", "%(num)s were so already.", result.unchanged))
    if result.refused:
        words += " " + str(plural("%(num)s was refused.", "%(num)s were refused.", len(result.refused)))
    return words


@blueprint.get("/desk/bulk/<int:task_id>")
@requires("tickets.read")
def show_task(task_id: int) -> str:
    """How far a bulk in the background is, and what became of it."""
    task = tasks.get_task(current_actor(), task_id)
    template = "_task.html" if request.headers.get("HX-Request") else "task.html"
    return render_template(f"tickets/desk/{template}", task=task, back=task.payload["back"])


@blueprint.post("/desk/bulk/<int:task_id>/cancel")
@requires("tickets.read")
def cancel_task(task_id: int) -> Response:
    """Stop a bulk; what is done stays done and can be taken back."""
    jobs.cancel(tasks.get_task(current_actor(), task_id))
    return redirect(url_for("bulk.show_task", task_id=task_id))


def _steps(actor: Actor, tickets: Sequence[Ticket]) -> list[Transition]:
    """Steps that some of the tickets may take, each once."""
    found: dict[str, Transition] = {}
    for ticket in tickets:
        for step in ticket_services.lifecycle_of(ticket).steps_from(ticket.state):
            if step.name not in found and not step.automatic and policy.can_take(actor, ticket, step):
                found[step.name] = step
    return list(found.values())


def _page(form: Form, ids: Sequence[int], plan: list[Planned] | None) -> str:
    actor = current_actor()
    tickets = listing.list_whole(actor, ids[: bulk.AT_ONCE])
    steps = _steps(actor, tickets)
    group_id = str(form.value("group_id", ""))
    return render_template(
        "tickets/desk/bulk.html",
        form=form,
        ids=ids,
        steps=steps,
        step=next((each for each in steps if each.name == form.value("step")), None),
        kind=next((ticket.kind for ticket in tickets if ticket.id == ids[0]), "incident"),
        groups=identity.list_groups(),
        members=identity.list_members(int(group_id)) if group_id.isdecimal() else identity.list_staff(),
        categories=queries.category_titles(),
        actions=bulk.offered(actor),
        plan=_sorted_plan(plan) if plan is not None else None,
        limit=bulk.AT_ONCE,
        shown=SHOWN,
    )


def _sorted_plan(plan: list[Planned]) -> dict[str, list[Planned]]:
    return {
        "refused": [each for each in plan if each.refusal],
        "changed": [each for each in plan if each.lines and not each.refusal],
        "same": [each for each in plan if not each.lines and not each.refusal],
    }
