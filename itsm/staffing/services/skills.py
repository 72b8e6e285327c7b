"""Writes to skills, who has them, and which categories need them."""

from collections.abc import Mapping
from typing import Any

from itsm.identity.models import Person
from itsm.identity.services.checks import check_free_name
from itsm.kernel import audit
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.records import apply_changes, check_version, create, get, require
from itsm.kernel.text import _
from itsm.staffing import policy
from itsm.staffing.models import CategorySkill, PersonSkill, Skill
from itsm.tickets.models import Category

HIGHEST_LEVEL = 5


def create_skill(actor: Actor, *, name: str, description: str = "") -> Skill:
    """Record a skill."""
    require(actor, policy.EDIT)
    return create(actor, Skill(name=name.strip(), description=description.strip()), kind="skill")


def edit_skill(actor: Actor, skill_id: int, *, version: int | None, changes: Mapping[str, Any]) -> Skill:
    """Rename or describe a skill."""
    require(actor, policy.EDIT)
    row = get(Skill, skill_id)
    check_version(row, version)
    check_free_name(Skill, changes, ignore_id=row.id)
    apply_changes(actor, row, changes, kind="skill")
    return row


def set_level(actor: Actor, skill_id: int, *, person_id: int, level: int) -> None:
    """Say at which level (1 to 5) a person has a skill; 0 takes it away."""
    require(actor, policy.EDIT)
    skill, person = get(Skill, skill_id), get(Person, person_id)
    row = session.get(PersonSkill, (person.id, skill.id))
    before = _store(row, "level", level, lambda: PersonSkill(person_id=person.id, skill_id=skill.id, level=level))
    _record(actor, skill, ("person", person.id), before=before, after=level)


def set_need(actor: Actor, skill_id: int, *, category_id: int, least_level: int) -> None:
    """Say which level (1 to 5) of a skill a category needs at least; 0 takes the need away."""
    require(actor, policy.EDIT)
    skill, category = get(Skill, skill_id), get(Category, category_id)
    row = session.get(CategorySkill, (category.id, skill.id))

    def fresh() -> CategorySkill:
        return CategorySkill(category_id=category.id, skill_id=skill.id, least_level=least_level)

    before = _store(row, "least_level", least_level, fresh)
    _record(actor, skill, ("category", category.id), before=before, after=least_level)


def _store(row: Any, column: str, level: int, fresh: Any) -> int:
    """Write, change or remove a row by its level; answers the level before."""
    if not 0 <= level <= HIGHEST_LEVEL:
        raise Invalid.field("level", _("A level lies between 1 and 5; 0 takes the skill away."))
    before: int = getattr(row, column) if row is not None else 0
    if row is None and level:
        session.add(fresh())
    elif row is not None and level:
        setattr(row, column, level)
    elif row is not None:
        session.delete(row)
    session.flush()
    return before


def _record(actor: Actor, skill: Skill, of: tuple[str, int], *, before: int, after: int) -> None:
    if before != after:
        changes = {f"{of[0]}.{of[1]}": [before or None, after or None]}
        audit.record(actor, "skill.level", subject_kind="skill", subject_id=skill.id, changes=changes)
