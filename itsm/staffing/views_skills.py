"""Pages of skills, and the strategy of a group."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from marshmallow import Schema
from werkzeug.wrappers import Response

from itsm.identity import queries as identity
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid, ItsmError
from itsm.kernel.text import _
from itsm.staffing import policy, queries, services
from itsm.staffing.schemas import LevelForm, NeedForm, SkillForm, StrategyForm
from itsm.staffing.words import LEVELS
from itsm.tickets import queries as tickets
from itsm.web.access import current_actor, requires
from itsm.web.forms import Form, own_path, read_form

blueprint = Blueprint("skills", __name__, template_folder="templates")

LONGEST_SEARCH = 200


@blueprint.get("/skills")
@requires(policy.READ)
def list_all() -> str:
    """Skills by name, with a form for another one."""
    return _list(Form({}))


def _list(form: Form) -> str:
    words = request.args.get("q", "").strip()[:LONGEST_SEARCH]
    page = queries.page_of_skills(words=words, cursor=request.args.get("cursor"))
    may_edit = current_actor().has(policy.EDIT)
    return render_template(
        "staffing/skills.html", rows=page.items, next=page.next, q=words, form=form, may_edit=may_edit
    )


@blueprint.post("/skills")
@requires(policy.EDIT)
def create() -> Any:
    """Record a skill."""
    form = read_form(SkillForm)
    if form.ok:
        try:
            facts = {name: form.data[name] for name in ("name", "description")}
            row = services.create_skill(current_actor(), **facts)
        except ItsmError as error:
            form.refuse(error)
        else:
            return redirect(url_for("skills.show", skill_id=row.id))
    session.rollback()
    return _list(form), 422


@blueprint.get("/skills/<int:skill_id>")
@requires(policy.READ)
def show(skill_id: int) -> str:
    """A skill: who has it, and which categories need it."""
    row = queries.get_skill(skill_id)
    return _show(skill_id, Form({"name": row.name, "description": row.description, "version": row.version}))


def _show(skill_id: int, form: Form) -> str:
    people = queries.people_with(skill_id)
    having = {person.id for person, _level in people}
    titles, needs = tickets.category_titles(), queries.categories_needing(skill_id)
    return render_template(
        "staffing/skill.html",
        skill=queries.get_skill(skill_id),
        form=form,
        people=people,
        others=[(person.id, person.name) for person in identity.list_staff() if person.id not in having],
        needs=[(category_id, titles.get(category_id, ""), level) for category_id, level in needs.items()],
        categories=[(key, title) for key, title in titles.items() if key not in needs],
        levels=LEVELS,
        may_edit=current_actor().has(policy.EDIT),
    )


@blueprint.post("/skills/<int:skill_id>")
@requires(policy.EDIT)
def save(skill_id: int) -> Any:
    """Rename or describe a skill."""

    def write(form: Form) -> None:
        facts = {name: form.data[name] for name in ("name", "description")}
        services.edit_skill(current_actor(), skill_id, version=form.data.get("version"), changes=facts)

    return _written(skill_id, SkillForm, write)


@blueprint.post("/skills/<int:skill_id>/people")
@requires(policy.EDIT)
def set_level(skill_id: int) -> Any:
    """Who has the skill at which level."""
    return _written(skill_id, LevelForm, lambda form: services.set_level(current_actor(), skill_id, **form.data))


@blueprint.post("/skills/<int:skill_id>/categories")
@requires(policy.EDIT)
def set_need(skill_id: int) -> Any:
    """Which level of the skill a category needs."""

    def write(form: Form) -> None:
        values = {"category_id": form.data["category_id"], "least_level": form.data["level"]}
        services.set_need(current_actor(), skill_id, **values)

    return _written(skill_id, NeedForm, write)


def _written(skill_id: int, schema: type[Schema], write: Callable[[Form], None]) -> Any:
    """Read a form of the skill's page and write it; answers the way back, or the page with what is wrong."""
    form = read_form(schema)
    if form.ok:
        try:
            write(form)
        except ItsmError as error:
            form.refuse(error)
        else:
            return redirect(url_for("skills.show", skill_id=skill_id))
    session.rollback()
    return _show(skill_id, form), 422


@blueprint.post("/admin/groups/<int:group_id>/strategy")
@requires(policy.EDIT)
def save_strategy(group_id: int) -> Response:
    """How a group's tickets find their assignee."""
    form = read_form(StrategyForm)
    if not form.ok:
        raise Invalid(_("Please check what you entered"), errors=form.errors)
    services.set_strategy(current_actor(), group_id, strategy=form.data["strategy"], version=form.data["version"])
    flash(str(_("Saved.")), "success")
    return redirect(own_path(request.form.get("next") or url_for("places.edit_group", group_id=group_id)))
