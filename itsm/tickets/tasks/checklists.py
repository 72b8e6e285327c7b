"""Every write to templates of tasks."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from itsm.identity.models import Group
from itsm.kernel import audit
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.records import apply_changes, check_version, create, get, locked, require
from itsm.kernel.text import _
from itsm.tickets.models import Category
from itsm.tickets.tasks import queries
from itsm.tickets.tasks.models import TaskTemplate
from itsm.tickets.tasks.services import LONGEST_TITLE

MOST_ITEMS = 50
LARGEST = 100_000


def create_template(actor: Actor, values: Mapping[str, Any]) -> TaskTemplate:
    """Record a template: name, category_id, kinds, automatic, items, active."""
    require(actor, "tasks.templates")
    row = create(actor, TaskTemplate(**_checked(values)), kind="task_template")
    queries.templates.renew()
    return row


def edit_template(actor: Actor, template_id: int, *, version: int | None, values: Mapping[str, Any]) -> TaskTemplate:
    """Change a template; what `values` leaves out stays. Tasks that it made stay as they are."""
    require(actor, "tasks.templates")
    row = locked(TaskTemplate, template_id)
    check_version(row, version)
    before = {name: getattr(row, name) for name in ("name", "category_id", "kinds", "automatic", "items", "active")}
    facts = _checked({**before, **values})
    same = select(TaskTemplate.id).where(TaskTemplate.name == facts["name"], TaskTemplate.id != row.id)
    if session.scalar(same) is not None:
        raise Invalid.field("name", _("“%(name)s” exists already.", name=facts["name"]))
    apply_changes(actor, row, facts, kind="task_template")
    queries.templates.renew()
    return row


def delete_template(actor: Actor, template_id: int) -> None:
    """Remove a template; tasks that it made stay."""
    require(actor, "tasks.templates")
    row = get(TaskTemplate, template_id)
    session.delete(row)
    session.flush()
    audit.record(
        actor,
        "task_template.deleted",
        subject_kind="task_template",
        subject_id=template_id,
        changes={"name": [row.name, None]},
    )
    queries.templates.renew()


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    name = " ".join(str(values.get("name") or "").split())
    if not name or len(name) > LONGEST_TITLE:
        raise Invalid.field("name", _("This is needed."))
    category_id = values.get("category_id")
    if category_id is not None:
        get(Category, category_id)
    return {
        "name": name,
        "category_id": category_id,
        "kinds": list(values.get("kinds") or ()),
        "automatic": bool(values.get("automatic")),
        "items": checked_items(values.get("items") or ()),
        "active": bool(values.get("active", True)),
    }


def checked_items(given: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Items as they are kept; raises `Invalid` that names the line, counted from 1."""
    items = [_item(number, each) for number, each in enumerate(given, start=1)]
    if not items:
        raise Invalid.field("items", _("Name at least one task."))
    if len(items) > MOST_ITEMS:
        raise Invalid.field("items", _("At most %(most)s tasks.", most=MOST_ITEMS))
    return items


def _item(number: int, given: Mapping[str, Any]) -> dict[str, Any]:
    title = " ".join(str(given.get("title") or "").split())
    if not title or len(title) > LONGEST_TITLE:
        raise Invalid.field("items", _("Task %(number)s needs a title.", number=number))
    after = given.get("after")
    if after is not None and not 1 <= after < number:
        raise Invalid.field("items", _("Task %(number)s can only wait for one above it.", number=number))
    if given.get("group_id") is not None:
        get(Group, given["group_id"])
    found = {"title": title, "required": bool(given.get("required"))}
    for name in ("group_id", "due_hours", "minutes", "after"):
        if given.get(name) is not None:
            if not 1 <= given[name] <= (LARGEST if name != "group_id" else 2**62):
                raise Invalid.field("items", _("A number in task %(number)s is too large.", number=number))
            found[name] = given[name]
    return found
