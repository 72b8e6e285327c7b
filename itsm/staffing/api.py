"""Skills, absences, on-call rotas and assignment as JSON."""

from datetime import timedelta
from typing import Any

from flask_smorest import Blueprint

from itsm.identity import queries as identity
from itsm.identity import references
from itsm.identity.models import Group
from itsm.kernel import clock
from itsm.kernel.errors import Forbidden, Invalid
from itsm.kernel.records import get
from itsm.kernel.text import _
from itsm.staffing import queries, schemas, services
from itsm.staffing.models import Absence, RotaOverride
from itsm.staffing.present import (
    minute_of,
    present_absences,
    present_load,
    present_rotas,
    present_shifts,
    present_skill,
    skill_row,
)
from itsm.web import api
from itsm.web.access import current_actor, requires, signed_in

blueprint = Blueprint("staffing-api", __name__, description="Skills, absences, on-call rotas")

LONGEST_SPAN = timedelta(days=400)
SHOWN_SPAN = timedelta(days=28)


@blueprint.get("/skills")
@blueprint.arguments(api.CollectionArguments, location="query")
@blueprint.response(200, api.page_schema(schemas.SkillOutput))
@requires("staffing.read")
def list_skills(arguments: dict[str, Any]) -> dict[str, Any]:
    """A page of skills by name; `q` is part of a name."""
    page = queries.page_of_skills(
        words=arguments.get("q", ""), limit=arguments.get("limit"), cursor=arguments.get("cursor")
    )
    return {"items": [skill_row(skill) for skill, _people, _categories in page.items], "next": page.next}


@blueprint.get("/skills/<int:skill_id>")
@blueprint.response(200, schemas.SkillDetail)
@requires("staffing.read")
def read_skill(skill_id: int) -> dict[str, Any]:
    """One skill, who has it and which categories need it."""
    skill = queries.get_skill(skill_id)
    api.set_etag(skill.version)
    return present_skill(skill)


@blueprint.post("/skills")
@blueprint.arguments(schemas.NewSkill)
@blueprint.response(201, schemas.SkillDetail)
@requires("staffing.edit")
def create_skill(data: dict[str, Any]) -> Any:
    """Record a skill."""
    skill = services.create_skill(current_actor(), **data)
    return api.created(present_skill(skill), ".read_skill", version=skill.version, skill_id=skill.id)


@blueprint.patch("/skills/<int:skill_id>")
@blueprint.arguments(schemas.SkillChanges)
@blueprint.response(200, schemas.SkillDetail)
@requires("staffing.edit")
def change_skill(data: dict[str, Any], skill_id: int) -> dict[str, Any]:
    """Rename or describe a skill; needs If-Match."""
    version = api.check_match(queries.get_skill(skill_id))
    skill = services.edit_skill(current_actor(), skill_id, version=version, changes=data)
    api.set_etag(skill.version)
    return present_skill(skill)


@blueprint.put("/skills/<int:skill_id>/people")
@blueprint.arguments(schemas.PersonLevel)
@blueprint.response(200, schemas.SkillDetail)
@requires("staffing.edit")
def set_level(data: dict[str, Any], skill_id: int) -> dict[str, Any]:
    """Say at which level a person has the skill."""
    person_id = references.person_ids("person", [data["person"]])[0]
    services.set_level(current_actor(), skill_id, person_id=person_id, level=data["level"])
    return present_skill(queries.get_skill(skill_id))


@blueprint.put("/skills/<int:skill_id>/categories")
@blueprint.arguments(schemas.CategoryLevel)
@blueprint.response(200, schemas.SkillDetail)
@requires("staffing.edit")
def set_need(data: dict[str, Any], skill_id: int) -> dict[str, Any]:
    """Say which level of the skill a category needs."""
    services.set_need(current_actor(), skill_id, category_id=data["category_id"], least_level=data["level"])
    return present_skill(queries.get_skill(skill_id))


def _absence(row: Absence) -> dict[str, Any]:
    api.set_etag(row.version)
    return present_absences(current_actor(), [row])[0]


def _absence_values(data: dict[str, Any]) -> dict[str, Any]:
    values = dict(data)
    if "deputy" in values:
        values["deputy_id"] = references.person_id("deputy", values.pop("deputy"))
    return values


@blueprint.get("/absences")
@blueprint.arguments(schemas.AbsenceArguments, location="query")
@blueprint.response(200, api.page_schema(schemas.AbsenceOutput))
@requires("staffing.read")
def list_absences(arguments: dict[str, Any]) -> dict[str, Any]:
    """A page of present and coming absences by their end, of everyone or of one person."""
    page = queries.absence_pages(
        person_id=references.person_id("person", arguments.get("person")),
        over=arguments["over"],
        limit=arguments.get("limit"),
        cursor=arguments.get("cursor"),
    )
    return {"items": present_absences(current_actor(), [row[0] for row in page.items]), "next": page.next}


@blueprint.get("/absences/<int:absence_id>")
@blueprint.response(200, schemas.AbsenceOutput)
@signed_in
def read_absence(absence_id: int) -> dict[str, Any]:
    """One absence."""
    return _absence(queries.get_absence(current_actor(), absence_id))


@blueprint.post("/absences")
@blueprint.arguments(schemas.NewAbsence)
@blueprint.response(201, schemas.AbsenceOutput)
@requires("staffing.read")
def enter_absence(data: dict[str, Any]) -> Any:
    """Say when a person is away: oneself, or anyone for who plans the team."""
    actor, values = current_actor(), _absence_values(data)
    person_id = references.person_id("person", values.pop("person", None)) or actor.person_id
    if person_id is None:
        raise Forbidden(_("You can enter your own absence only."))
    row = services.enter_absence(actor, person_id=person_id, **values)
    return api.created(_absence(row), ".read_absence", version=row.version, absence_id=row.id)


@blueprint.patch("/absences/<int:absence_id>")
@blueprint.arguments(schemas.AbsenceChanges)
@blueprint.response(200, schemas.AbsenceOutput)
@requires("staffing.read")
def change_absence(data: dict[str, Any], absence_id: int) -> dict[str, Any]:
    """Move an absence or name another deputy; needs If-Match."""
    actor = current_actor()
    version = api.check_match(queries.get_absence(actor, absence_id))
    return _absence(services.change_absence(actor, absence_id, version=version, changes=_absence_values(data)))


@blueprint.delete("/absences/<int:absence_id>")
@blueprint.response(204)
@requires("staffing.read")
def cancel_absence(absence_id: int) -> None:
    """The person is not away after all."""
    services.cancel_absence(current_actor(), absence_id)


def _rota_values(data: dict[str, Any]) -> dict[str, Any]:
    values = dict(data)
    if "group" in values:
        values["group_id"] = references.group_id("group", values.pop("group"))
        if values["group_id"] is None:
            raise Invalid.field("group", _("Name a group."))
    if "handover_time" in values:
        values["handover_minute"] = minute_of(values.pop("handover_time"))
    if "people" in values:
        values["person_ids"] = references.person_ids("people", values.pop("people"))
    return values


@blueprint.get("/rotas")
@blueprint.arguments(api.CollectionArguments, location="query")
@blueprint.response(200, api.page_schema(schemas.RotaOutput))
@requires("staffing.read")
def list_rotas(arguments: dict[str, Any]) -> dict[str, Any]:
    """Every rota with who is on call now; there are few, so that one page holds them all."""
    del arguments
    return {"items": present_rotas(queries.list_rotas()), "next": None}


@blueprint.get("/rotas/<int:rota_id>")
@blueprint.response(200, schemas.RotaOutput)
@requires("staffing.read")
def read_rota(rota_id: int) -> dict[str, Any]:
    """One rota."""
    rota = queries.get_rota(rota_id)
    api.set_etag(rota.version)
    return present_rotas([rota])[0]


@blueprint.post("/rotas")
@blueprint.arguments(schemas.NewRota)
@blueprint.response(201, schemas.RotaOutput)
@requires("staffing.edit")
def create_rota(data: dict[str, Any]) -> Any:
    """Record a rota."""
    rota = services.create_rota(current_actor(), **_rota_values(data))
    return api.created(present_rotas([rota])[0], ".read_rota", version=rota.version, rota_id=rota.id)


@blueprint.patch("/rotas/<int:rota_id>")
@blueprint.arguments(schemas.RotaChanges)
@blueprint.response(200, schemas.RotaOutput)
@requires("staffing.edit")
def change_rota(data: dict[str, Any], rota_id: int) -> dict[str, Any]:
    """Change a rota; needs If-Match."""
    version = api.check_match(queries.get_rota(rota_id))
    rota = services.edit_rota(current_actor(), rota_id, version=version, changes=_rota_values(data))
    api.set_etag(rota.version)
    return present_rotas([rota])[0]


@blueprint.get("/rotas/<int:rota_id>/shifts")
@blueprint.arguments(schemas.ShiftArguments, location="query")
@blueprint.response(200, schemas.ShiftList)
@requires("staffing.read")
def list_shifts(arguments: dict[str, Any], rota_id: int) -> dict[str, Any]:
    """Who is on call over a span, overrides included."""
    start = arguments.get("start", clock.now())
    end = arguments.get("end", start + SHOWN_SPAN)
    if not start < end <= start + LONGEST_SPAN:
        raise Invalid.field("end", _("Ask for 1 to 400 days."))
    return {"items": present_shifts(queries.get_rota(rota_id), start, end)}


@blueprint.post("/rotas/<int:rota_id>/overrides")
@blueprint.arguments(schemas.NewOverride)
@blueprint.response(201, schemas.ShiftOutput)
@requires("staffing.read")
def add_override(data: dict[str, Any], rota_id: int) -> Any:
    """Put somebody else on call for a while; people of the rota and planners do."""
    values = dict(data)
    person_id = references.person_ids("person", [values.pop("person")])[0]
    row = services.add_override(current_actor(), rota_id, person_id=person_id, **values)
    return api.created(_override(row), ".read_override", override_id=row.id)


def _override(row: RotaOverride) -> dict[str, Any]:
    person = identity.emails_of({row.person_id}).get(row.person_id)
    return {"person": person, "from_at": row.from_at, "until_at": row.until_at, "override_id": row.id}


@blueprint.get("/overrides/<int:override_id>")
@blueprint.response(200, schemas.ShiftOutput)
@requires("staffing.read")
def read_override(override_id: int) -> dict[str, Any]:
    """One override."""
    return _override(get(RotaOverride, override_id))


@blueprint.delete("/overrides/<int:override_id>")
@blueprint.response(204)
@requires("staffing.read")
def remove_override(override_id: int) -> None:
    """The week's own person is on call again."""
    services.remove_override(current_actor(), override_id)


@blueprint.get("/rotas/<int:rota_id>/notes")
@blueprint.response(200, schemas.NoteOutput(many=True))
@requires("staffing.read")
def list_notes(rota_id: int) -> Any:
    """The newest hand-over notes, newest first."""
    return queries.list_notes(queries.get_rota(rota_id).id)


@blueprint.post("/rotas/<int:rota_id>/notes")
@blueprint.arguments(schemas.NoteInput)
@blueprint.response(201, schemas.NoteOutput)
@requires("staffing.read")
def write_note(data: dict[str, Any], rota_id: int) -> Any:
    """Leave a note for the next shift."""
    row = services.write_note(current_actor(), rota_id, body=data["body"])
    return api.created(row, ".list_notes", rota_id=rota_id)


@blueprint.get("/groups/<int:group_id>/load")
@blueprint.response(200, schemas.LoadList)
@requires("staffing.read")
def read_load(group_id: int) -> dict[str, Any]:
    """How much the members of a group have to do, and who of them is away."""
    return {"items": present_load(identity.get_group(group_id).id)}


def _assignment(group: Group) -> dict[str, Any]:
    api.set_etag(group.version)
    return {"group": group.name, "strategy": group.strategy, "version": group.version}


@blueprint.get("/groups/<int:group_id>/assignment")
@blueprint.response(200, schemas.AssignmentOutput)
@requires("staffing.read")
def read_assignment(group_id: int) -> dict[str, Any]:
    """How a group's tickets find their assignee."""
    return _assignment(identity.get_group(group_id))


@blueprint.patch("/groups/<int:group_id>/assignment")
@blueprint.arguments(schemas.AssignmentInput)
@blueprint.response(200, schemas.AssignmentOutput)
@requires("staffing.edit")
def change_assignment(data: dict[str, Any], group_id: int) -> dict[str, Any]:
    """Choose how a group's tickets find their assignee; needs If-Match."""
    version = api.check_match(identity.get_group(group_id))
    group = services.set_strategy(current_actor(), group_id, strategy=data["strategy"], version=version)
    return _assignment(group)


@blueprint.put("/people/<int:person_id>/limit")
@blueprint.arguments(schemas.LimitInput)
@blueprint.response(204)
@requires("staffing.edit")
def set_limit(data: dict[str, Any], person_id: int) -> None:
    """Say how many open tickets a person takes at most by themselves."""
    services.set_limit(current_actor(), person_id, most_open=data["most_open"])
