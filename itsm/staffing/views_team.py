"""Pages of the team lead: workload, calendar, wallboard."""

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for

from itsm.identity import queries as identity
from itsm.identity.models import Group
from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid, ItsmError
from itsm.kernel.month import month_of
from itsm.kernel.text import _
from itsm.staffing import policy, queries, services
from itsm.staffing.calendar import bounds_of, by_day
from itsm.staffing.schemas import LimitForm, ReassignForm
from itsm.staffing.words import STRATEGY_TITLES
from itsm.web.access import current_actor, requires
from itsm.web.forms import read_form
from itsm.web.presentation import reader
from itsm.web.views import offer_undo

blueprint = Blueprint("team", __name__, template_folder="templates")


def _groups(actor: Actor) -> list[Group]:
    """Groups that the reader may look at, the own ones first."""
    shown = [group for group in identity.list_groups() if group.id not in actor.hidden_group_ids]
    return sorted(shown, key=lambda group: group.id not in actor.group_ids)


def _chosen(groups: list[Group]) -> Group | None:
    wanted = request.values.get("group", type=int) or request.values.get("group_id", type=int)
    return next((group for group in groups if group.id == wanted), groups[0] if groups else None)


@blueprint.get("/team")
@requires(policy.READ)
def workload() -> str:
    """How much everyone of a group has to do; tickets move by dragging, or by the choice beside each."""
    return _workload()


def _workload(refusal: ItsmError | None = None) -> str:
    actor = current_actor()
    groups = _groups(actor)
    group = _chosen(groups)
    loads = queries.workload(actor, group.id) if group else []
    most = max((load.total for load in loads if load.person), default=0)
    return render_template(
        "staffing/workload.html",
        groups=groups,
        group=group,
        loads=loads,
        most=max(most, *(load.most_open or 0 for load in loads)) if loads else 0,
        shown=queries.MOST_MEMBERS,
        may_edit=actor.has(policy.EDIT),
        strategy_titles=STRATEGY_TITLES,
        refusal=refusal,
    )


@blueprint.post("/team/reassign")
@requires(policy.READ)
def reassign() -> Any:
    """Give a ticket to somebody else of its group; who may work the ticket may do so."""
    form = read_form(ReassignForm)
    back = url_for("team.workload", group=form.data.get("group_id"))
    try:
        if not form.ok:
            raise Invalid(_("Please check what you entered"), errors=form.errors)
        step = services.reassign(
            current_actor(),
            form.data["ticket_id"],
            assignee_id=form.data["assignee_id"],
            version=form.data["version"],
            back=back,
        )
    except ItsmError as error:
        session.rollback()
        return _workload(refusal=error), error.status
    if step is not None:
        offer_undo(step, step.title)
    return redirect(back)


@blueprint.post("/team/people/<int:person_id>/limit")
@requires(policy.EDIT)
def set_limit(person_id: int) -> Any:
    """How many open tickets somebody takes at most."""
    form = read_form(LimitForm)
    try:
        if not form.ok:
            raise Invalid(_("Please check what you entered"), errors=form.errors)
        services.set_limit(current_actor(), person_id, most_open=form.data["most_open"])
    except ItsmError as error:
        session.rollback()
        return _workload(refusal=error), error.status
    return redirect(url_for("team.workload", group=request.args.get("group")))


@blueprint.get("/team/calendar")
@requires(policy.READ)
def calendar() -> str:
    """Who is away and who is on call, day by day, in the reader's calendar."""
    actor, here = current_actor(), reader()
    groups = _groups(actor)
    group = next((each for each in groups if each.id == request.args.get("group", type=int)), None)
    month = month_of(here, request.args.get("month", ""), today=here.local(clock.now()).date())
    zone = here.local(clock.now()).tzinfo
    start, end = bounds_of(month, zone)  # type: ignore[arg-type]  # the reader's clocks are always a ZoneInfo
    spans = queries.team_spans([group.id] if group else [each.id for each in groups], group, start, end)
    days = by_day(spans, month, zone)  # type: ignore[arg-type]
    return render_template("staffing/calendar.html", groups=groups, group=group, month=month, days=days)


@blueprint.get("/team/wallboard")
@requires(policy.READ)
def wallboard() -> Response:
    """Big numbers for a screen on the wall; an unchanged board is answered with 304."""
    actor = current_actor()
    groups = _groups(actor)
    group = next((each for each in groups if each.id == request.args.get("group", type=int)), None)
    rotas = queries.list_rotas(group_ids=[group.id] if group else [each.id for each in groups], active_only=True)
    shifts = queries.on_call_now(rotas, clock.now())
    away = queries.deputies_at(clock.now())
    ids = {each.person_id for each in shifts if each.person_id}
    page = render_template(
        "staffing/_board.html" if request.headers.get("X-Board") else "staffing/wallboard.html",
        group=group,
        numbers=queries.wallboard_numbers(actor, group.id if group else None),
        shifts=shifts,
        away=len(away.keys() & set(identity.member_ids(group.id))) if group else len(away),
        names=identity.person_names(ids),
    )
    response = Response(page)
    if request.headers.get("X-Board"):
        response.add_etag()
        response.make_conditional(request)
    return response
