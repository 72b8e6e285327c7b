"""Reads of skills: who has them, which categories need them."""

from collections.abc import Collection, Sequence

from sqlalchemy import Row, func, select, true

from itsm.identity.models import Person
from itsm.kernel.db import session
from itsm.kernel.errors import NotFound
from itsm.kernel.paging import Page, SortKey, checked_limit, keyset, page_of
from itsm.kernel.text import _
from itsm.staffing.models import CategorySkill, PersonSkill, Skill
from itsm.tickets.models import Category


def get_skill(skill_id: int) -> Skill:
    """A skill; raises `NotFound`."""
    row = session.get(Skill, skill_id)
    if row is None:
        raise NotFound(_("There is no such skill."))
    return row


def list_skills() -> Sequence[Skill]:
    """All skills by name."""
    return session.scalars(select(Skill).order_by(Skill.name)).all()


def page_of_skills(
    *, words: str = "", limit: int | None = None, cursor: str | None = None
) -> Page[Row[Skill, int, int]]:
    """One page of skills by name, each with the numbers of people who have it and of categories that need it."""
    size = checked_limit(limit)
    people = select(func.count()).where(PersonSkill.skill_id == Skill.id).correlate(Skill).scalar_subquery()
    categories = select(func.count()).where(CategorySkill.skill_id == Skill.id).correlate(Skill).scalar_subquery()
    named = Skill.name.icontains(words.strip(), autoescape=True) if words.strip() else true()
    statement = select(Skill, people, categories).where(named)
    keys = (SortKey("name", Skill.name), SortKey("id", Skill.id))
    rows = session.execute(keyset(statement, keys, limit=size, cursor=cursor)).all()
    return page_of(rows, limit=size, cursor_values=lambda row: (row[0].name, row[0].id))


def people_with(skill_id: int) -> Sequence[Row[Person, int]]:
    """Active people who have a skill, with their level, the best first."""
    statement = select(Person, PersonSkill.level).join(PersonSkill, PersonSkill.person_id == Person.id)
    statement = statement.where(PersonSkill.skill_id == skill_id, Person.active)
    return session.execute(statement.order_by(PersonSkill.level.desc(), Person.name_key)).all()


def categories_needing(skill_id: int) -> dict[int, int]:
    """Category id → least level, of the categories that name a skill themselves."""
    statement = select(CategorySkill.category_id, CategorySkill.least_level).where(CategorySkill.skill_id == skill_id)
    return {row.category_id: row.least_level for row in session.execute(statement)}


def needs_of(category_id: int | None) -> dict[int, int]:
    """Skill id → least level that a category needs: its own needs and those above it, the highest of each. Two statements."""
    path = session.scalar(select(Category.path).where(Category.id == category_id)) if category_id else None
    ids = [int(part) for part in (path or "").split("/") if part]
    if not ids:
        return {}
    least = func.max(CategorySkill.least_level)
    statement = select(CategorySkill.skill_id, least).where(CategorySkill.category_id.in_(ids))
    return {row[0]: row[1] for row in session.execute(statement.group_by(CategorySkill.skill_id))}


def levels_of(person_ids: Collection[int], skill_ids: Collection[int]) -> dict[tuple[int, int], int]:
    """(person id, skill id) → level, in one statement."""
    statement = select(PersonSkill).where(PersonSkill.person_id.in_(person_ids), PersonSkill.skill_id.in_(skill_ids))
    return {(row.person_id, row.skill_id): row.level for row in session.scalars(statement)}
