"""The tree of categories, and the groups that tickets go to by it and by level."""

from collections.abc import Sequence
from functools import cache

from sqlalchemy import Select, select

from itsm.identity.models import Group
from itsm.kernel.db import held, session
from itsm.kernel.paging import Page, SortKey, checked_limit, keyset, page_of
from itsm.tickets.models import Category, Ticket


def list_categories(*, active_only: bool = True) -> Sequence[Category]:
    """The category tree, parents before children."""
    return session.scalars(_tree(active_only=active_only)).all()


@cache
def _tree(*, active_only: bool) -> Select[Category]:
    statement = select(Category).order_by(Category.path)
    return statement.where(Category.active) if active_only else statement


def page_of_categories(*, words: str = "", limit: int | None = None, cursor: str | None = None) -> Page[Category]:
    """One page of categories, active or not, in tree order."""
    size = checked_limit(limit)
    keys = (SortKey("path", Category.path), SortKey("id", Category.id))
    statement = select(Category)
    if words.strip():
        statement = statement.where(Category.name.icontains(words.strip(), autoescape=True))
    rows = session.scalars(keyset(statement, keys, limit=size, cursor=cursor)).all()
    return page_of(rows, limit=size, cursor_values=lambda row: (row.path, row.id))


def category_titles() -> dict[int, str]:
    """Category id → its full name (`Hardware › Printer`), in tree order."""
    return titled(list_categories(active_only=False))


def titled(categories: Sequence[Category]) -> dict[int, str]:
    """Full names of categories that come parents first."""
    names: dict[int, str] = {}
    for category in categories:
        above = names.get(category.parent_id or 0)
        names[category.id] = f"{above} › {category.name}" if above else category.name
    return dict(sorted(names.items(), key=lambda pair: pair[1]))


def category_line(category_id: int | None) -> list[int]:
    """Ids of a category and of all above it, from the top."""
    category = held(session.get(Category, category_id)) if category_id is not None else None
    return [int(part) for part in category.path.split("/") if part] if category is not None else []


def default_group_id(category_id: int) -> int | None:
    """The group of a category: its own or the nearest above that names one."""
    seen: set[int] = set()
    current = session.get(Category, category_id)
    while current is not None and current.id not in seen:
        if current.group_id is not None:
            return current.group_id
        seen.add(current.id)
        current = session.get(Category, current.parent_id) if current.parent_id else None
    return None


def front_group_id() -> int | None:
    """The group that takes what no rule sends elsewhere: the first active one of level 1."""
    statement = select(Group).where(Group.active, Group.level == 1, ~Group.restricted).order_by(Group.id).limit(1)
    group = held(session.scalars(statement).first())
    return group.id if group else None


def next_level_group(ticket: Ticket) -> Group | None:
    """Where functional escalation leads from the ticket's group."""
    group = session.get(Group, ticket.group_id) if ticket.group_id else None
    if group is not None and group.escalates_to_id:
        return session.get(Group, group.escalates_to_id)
    level = group.level if group else 0
    statement = select(Group).where(Group.active, Group.level > level).order_by(Group.level, Group.id).limit(1)
    return session.scalars(statement).first()
