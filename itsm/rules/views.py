"""Pages of rules: the list, the form with its builder, the laboratory, what rules did, and why on a ticket's page."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from babel.dates import get_day_names
from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import ItsmError
from itsm.kernel.jobs import BackgroundTask
from itsm.kernel.month import week_of
from itsm.kernel.text import _
from itsm.rules import conflicts, forms, laboratory, live, queries, services
from itsm.rules.actions import ACTIONS
from itsm.rules.laboratory import MOST_DAYS
from itsm.rules.models import Rule
from itsm.rules.naming import Names
from itsm.rules.present import OUTCOMES, changes_in_words, sides_of
from itsm.rules.schemas import DEFAULT_DAYS, RuleForm
from itsm.rules.triggers import CHANGEABLE, METRICS, TRIGGERS
from itsm.tickets.models import Ticket
from itsm.tickets.wording import PLACES
from itsm.web.access import current_actor, requires
from itsm.web.forms import Form, read_form
from itsm.web.presentation import reader

blueprint = Blueprint("rules", __name__, template_folder="templates")


@blueprint.get("/admin/rules")
@requires("rules.edit")
def list_all() -> str:
    """All rules in the order in which they run, what they did lately, and where they work against one another."""
    rows = queries.list_rules(current_actor())
    return render_template(
        "rules/list.html",
        rows=rows,
        counts=queries.count_firings(),
        findings=conflicts.findings([row for row in rows if row.active]),
        triggers=TRIGGERS,
        days=queries.COUNTED_DAYS,
    )


@blueprint.get("/admin/rules/new")
@requires("rules.edit")
def new() -> str:
    """The form of a new rule."""
    return _form_page(Form({"trigger": "opened", "days": DEFAULT_DAYS, "active": True} | _built()), [], None)


def _built() -> dict[str, str]:
    """The condition on the way back from the builder, where somebody comes from there."""
    return {"condition": request.args["q"]} if "q" in request.args else {}


@blueprint.post("/admin/rules/new")
@requires("rules.edit")
def create() -> Any:
    """Save a new rule, change its actions, or try it."""
    return _take(None)


@blueprint.get("/admin/rules/<int:rule_id>")
@requires("rules.edit")
def edit(rule_id: int) -> str:
    """A rule."""
    rule = queries.get_rule(current_actor(), rule_id)
    values = forms.rule_values(rule) | {"days": DEFAULT_DAYS} | _built()
    return _form_page(Form(values), forms.as_typed(rule.actions), rule)


@blueprint.post("/admin/rules/<int:rule_id>")
@requires("rules.edit")
def save(rule_id: int) -> Any:
    """Save a rule, change its actions, or try it as it stands in the form."""
    return _take(queries.get_rule(current_actor(), rule_id))


def _take(rule: Rule | None) -> Any:
    rest, actions = forms.split(request.form)
    form = read_form(RuleForm, source=rest)
    then = str(form.values.get("then", "save"))
    arranged = forms.rearranged(actions, then, str(form.values.get("add", "")))
    if arranged is not None:
        form.errors = {}
        return _form_page(form, arranged, rule)
    if form.ok:
        try:
            facts = forms.rule_facts(form, actions)
            return _try(facts, rule, form.data["days"]) if then == "try" else _saved(rule, form, facts)
        except ItsmError as error:
            session.rollback()
            form.refuse(error)
    return _form_page(form, actions, rule), 422


def _saved(rule: Rule | None, form: Form, facts: dict[str, Any]) -> Response:
    actor = current_actor()
    if rule is None:
        rule = services.create_rule(actor, facts)
    else:
        rule = services.edit_rule(actor, rule.id, version=form.data.get("version"), values=facts)
    flash(str(_("Saved.")), "success")
    has_findings = conflicts.findings_about(rule, queries.list_rules(actor))
    return redirect(url_for("rules.edit", rule_id=rule.id) if has_findings else url_for("rules.list_all"))


def _try(given: dict[str, Any], rule: Rule | None, days: int) -> Any:
    facts = services.checked_rule(given, before=rule)
    result = laboratory.ask(current_actor(), facts, days=days)
    if isinstance(result, BackgroundTask):
        return redirect(url_for("rules.show_try", task_id=result.id))
    return _try_page(facts["name"], result.as_data(), None)


@blueprint.post("/admin/rules/<int:rule_id>/try")
@requires("rules.edit")
def try_saved(rule_id: int) -> Any:
    """Run a saved rule in shadow over the last days."""
    rule = queries.get_rule(current_actor(), rule_id)
    days = min(max(request.form.get("days", DEFAULT_DAYS, type=int), 1), MOST_DAYS)
    return _try({name: getattr(rule, name) for name in services.FACTS}, rule, days)


@blueprint.get("/admin/rules/tries/<int:task_id>")
@requires("rules.edit")
def show_try(task_id: int) -> str:
    """A shadow run in the background: its progress, then what it found."""
    task = laboratory.get_task(current_actor(), task_id)
    return _try_page(task.payload["facts"]["name"], task.result, task)


def _try_page(name: str, data: dict[str, Any] | None, task: BackgroundTask | None) -> str:
    part, names = request.headers.get("HX-Target") == "trial", Names()
    names.learn(sides_of(data["hits"] if data else ()))
    shown = [
        (hit, datetime.fromisoformat(hit["at"]), changes_in_words(hit["changes"], names))
        for hit in (data["hits"] if data else ())
    ]
    return render_template(
        "rules/_trial.html" if part else "rules/trial.html",
        name=name,
        trial=data,
        hits=shown,
        task=task,
        also=[ACTIONS[each].title for each in data["also"] if each in ACTIONS] if data else [],
    )


@blueprint.get("/admin/rules/<int:rule_id>/firings")
@requires("rules.edit")
def list_firings(rule_id: int) -> str:
    """What a rule did, on which tickets, and why."""
    actor = current_actor()
    rule = queries.get_rule(actor, rule_id)
    page = queries.list_firings(actor, rule_id=rule_id, cursor=request.args.get("cursor"))
    return render_template(
        "rules/firings.html", rule=rule, rows=page.items, next=page.next, outcomes=OUTCOMES, triggers=TRIGGERS
    )


@blueprint.post("/admin/rules/<int:rule_id>/move")
@requires("rules.edit")
def move(rule_id: int) -> Response:
    """Let a rule run earlier or later."""
    services.move_rule(current_actor(), rule_id, up=request.form.get("to") == "up")
    return redirect(url_for("rules.list_all"))


@blueprint.post("/admin/rules/<int:rule_id>/switch")
@requires("rules.edit")
def switch(rule_id: int) -> Response:
    """Switch a rule on or off."""
    services.switch_rule(current_actor(), rule_id, on=request.form.get("on") == "1")
    return redirect(url_for("rules.list_all"))


@blueprint.post("/admin/rules/<int:rule_id>/delete")
@requires("rules.edit")
def delete(rule_id: int) -> Response:
    """Remove a rule."""
    services.delete_rule(current_actor(), rule_id)
    flash(str(_("Deleted.")), "success")
    return redirect(url_for("rules.list_all"))


def _form_page(form: Form, actions: Sequence[dict[str, Any]], rule: Rule | None) -> str:
    actor = current_actor()
    return render_template(
        "rules/rule.html",
        form=form,
        known=rule,
        rows=forms.action_rows(actions),
        offered=[each for each in ACTIONS.values() if each.in_rules],
        choices=forms.choices(actor),
        kinds=forms.kinds(),
        triggers=TRIGGERS,
        changeable=CHANGEABLE,
        states=forms.states(),
        metrics=METRICS,
        places=list(PLACES),
        weekdays=week_of(reader().language, sorted(get_day_names("abbreviated", locale=reader().language).items())),
        findings=conflicts.findings_about(rule, queries.list_rules(actor)) if rule is not None else (),
        most_days=MOST_DAYS,
    )


def why_panel(actor: Actor, ticket: Ticket) -> str:
    """What rules last did on a ticket; nothing, and no statement, where no rule was ever made."""
    del actor
    rows = queries.firings_on(ticket) if live.has_rules() else ()
    return render_template("rules/_why.html", rows=rows, triggers=TRIGGERS, outcomes=OUTCOMES) if rows else ""
