"""What escalation steps do, as it is written, checked and kept. Rule: E7."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from itsm.identity import queries as identity
from itsm.identity import references
from itsm.identity.models import Group, Person
from itsm.identity.services.checks import check_all_exist
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.outgoing import check_url
from itsm.kernel.text import Message, _
from itsm.notifications import webhooks
from itsm.tickets.tasks.services import LONGEST_TITLE
from sla.agreements.terms import StepAction
from sla.calendars.working_hours import NUMBERED
from sla.models import ACTIONS, MORE_ACTIONS

HIGHER = "higher"
MOST_TOLD = 20
LONGEST_SECRET = 500
LARGEST_HOURS = 90 * 24
TITLES: Mapping[str, Message] = {
    "notify_assignee": _("Tell the assignee"),
    "notify_group": _("Tell the group"),
    "call_rota": _("Call whoever is on call"),
    "notify_manager": _("Tell the manager"),
    "raise_level": _("Pass to the next level"),
    "notify_requester": _("Tell the requester"),
    "notify_people": _("Tell chosen people"),
    "assign": _("Give it to somebody"),
    "set_priority": _("Raise the priority"),
    "task": _("Add a task"),
    "webhook": _("Call a webhook"),
}

Field = Callable[[str], str]


def name_of(action: StepAction) -> str:
    """The name of an action."""
    return action if isinstance(action, str) else str(action.get("do", ""))


def values_of(action: StepAction) -> Mapping[str, Any]:
    """What an action needs besides its name."""
    return {} if isinstance(action, str) else action


def read(given: StepAction, field: Field, before: Iterable[StepAction] = ()) -> StepAction:
    """An action as it is kept; people and groups may be given as addresses, names or ids.

    `field` makes the name of the field that `Invalid` names. A webhook without a secret keeps that of the action to the
    same address in `before`.
    """
    name, values = name_of(given), values_of(given)
    if name in ACTIONS:
        return name
    if name not in MORE_ACTIONS:
        raise Invalid.field(field("do"), _("Choose what is to be done."))
    return {"do": name} | READERS[name](values, field, before)


def _told(values: Mapping[str, Any], field: Field, before: Iterable[StepAction]) -> dict[str, Any]:
    del before
    groups = references.group_ids(field("groups"), [str(each) for each in values.get("groups") or ()])
    people = _person_ids(field("people"), values.get("people") or ())
    if not groups and not people:
        raise Invalid.field(field("people"), _("Name the people or groups to tell."))
    if len(groups) + len(people) > MOST_TOLD:
        raise Invalid.field(field("people"), _("Name at most %(most)s people and groups.", most=MOST_TOLD))
    return {"group_ids": sorted(set(groups)), "person_ids": list(dict.fromkeys(people))}


def _assigned(values: Mapping[str, Any], field: Field, before: Iterable[StepAction]) -> dict[str, Any]:
    del before
    group_id = references.group_id(field("group"), values.get("group"))
    assignee_id = _person_id(field("assignee"), values.get("assignee"))
    if group_id is None and assignee_id is None:
        raise Invalid.field(field("group"), _("Choose a group or a person."))
    if group_id and assignee_id and assignee_id not in identity.member_ids(group_id):
        raise Invalid.field(field("assignee"), _("This person does not work in that group."))
    return {"group_id": group_id, "assignee_id": assignee_id}


def _priority(values: Mapping[str, Any], field: Field, before: Iterable[StepAction]) -> dict[str, Any]:
    del before
    wanted = str(values.get("priority", ""))
    if wanted != HIGHER and wanted not in {"1", "2", "3", "4", "5"}:
        raise Invalid.field(field("priority"), _("Choose a priority from 1 to 5, or one higher than it is."))
    return {"priority": wanted if wanted == HIGHER else int(wanted)}


def _task(values: Mapping[str, Any], field: Field, before: Iterable[StepAction]) -> dict[str, Any]:
    del before
    title = " ".join(str(values.get("title") or "").split())
    if not title or len(title) > LONGEST_TITLE:
        raise Invalid.field(field("title"), _("Say in at most %(most)s letters what the task is.", most=LONGEST_TITLE))
    hours = values.get("due_hours")
    if hours is not None and not 1 <= hours <= LARGEST_HOURS:
        raise Invalid.field(field("due_hours"), _("A task is due within 1 to %(most)s hours.", most=LARGEST_HOURS))
    return {
        "title": title,
        "group_id": references.group_id(field("group"), values.get("group")),
        "owner_id": _person_id(field("owner"), values.get("owner")),
        "due_hours": hours,
    }


def _webhook(values: Mapping[str, Any], field: Field, before: Iterable[StepAction]) -> dict[str, Any]:
    url, secret = check_url(field("url"), str(values.get("url") or "")), str(values.get("secret") or "")
    if len(secret) > LONGEST_SECRET or "\x00" in secret:
        raise Invalid.field(field("secret"), _("A secret has at most %(most)s letters.", most=LONGEST_SECRET))
    known = (values_of(each) for each in before if name_of(each) == "webhook")
    kept = next((each["secret"] for each in known if each["url"] == url), "")
    return {"url": url, "secret": webhooks.seal(secret) if secret else kept}


def _person_ids(field: str, named: Sequence[Any]) -> list[int]:
    """People by address, or by `#` and their id where they have none."""
    found = []
    for text in map(str, named):
        if NUMBERED.fullmatch(text.strip()):
            check_all_exist(field, Person, {int(text.strip()[1:])})
            found.append(int(text.strip()[1:]))
        else:
            found += references.person_ids(field, [text])
    return found


def _person_id(field: str, named: Any) -> int | None:
    return _person_ids(field, [named])[0] if named else None


READERS: Mapping[str, Callable[[Mapping[str, Any], Field, Iterable[StepAction]], dict[str, Any]]] = {
    "notify_people": _told,
    "assign": _assigned,
    "set_priority": _priority,
    "task": _task,
    "webhook": _webhook,
}


# Of these at least one.
NEEDED: Mapping[str, Sequence[str]] = {
    "notify_people": ("group_ids", "person_ids"),
    "assign": ("group_id", "assignee_id"),
    "set_priority": ("priority",),
    "task": ("title",),
    "webhook": ("url",),
}


def is_whole(action: StepAction) -> bool:
    """Whether an action has everything that it needs, as `read` answers it."""
    name, values = name_of(action), values_of(action)
    if name in ACTIONS:
        return not values
    return any(values.get(each) for each in NEEDED.get(name, ()))


def group_ids_of(actions: Iterable[StepAction]) -> set[int]:
    """The groups that actions name."""
    values = [values_of(each) for each in actions]
    single = {each["group_id"] for each in values if each.get("group_id")}
    return single | {group_id for each in values for group_id in each.get("group_ids", ())}


def person_ids_of(actions: Iterable[StepAction]) -> set[int]:
    """The people whom actions name."""
    values = [values_of(each) for each in actions]
    single = {each[name] for each in values for name in ("assignee_id", "owner_id") if each.get(name)}
    return single | {person_id for each in values for person_id in each.get("person_ids", ())}


class Names:
    """Names of groups and addresses of people whom the actions of some steps name; two statements.

    `full` shows whole addresses of webhooks, of which the path may be a secret; else only their hosts.
    """

    def __init__(self, actions: Iterable[StepAction], *, full: bool = False) -> None:
        found = list(actions)
        self._full = full
        groups, people = group_ids_of(found), person_ids_of(found)
        rows = list(session.query(Person).filter(Person.id.in_(people))) if people else []
        called = session.query(Group).filter(Group.id.in_(groups)) if groups else ()
        self.groups: dict[int | None, str] = {row.id: row.name for row in called}
        self.addresses: dict[int | None, str] = {row.id: row.email or f"#{row.id}" for row in rows}
        self.people: dict[int | None, str] = {row.id: row.name for row in rows}

    def shown(self, action: StepAction) -> StepAction:
        """An action as `read` takes it; a webhook's secret never leaves."""
        name, values = name_of(action), values_of(action)
        if name in ACTIONS:
            return name
        if name == "notify_people":
            groups = [self.groups.get(each, "") for each in values.get("group_ids", ())]
            people = [self.addresses.get(each, "") for each in values.get("person_ids", ())]
            return {"do": name, "groups": list(filter(None, groups)), "people": list(filter(None, people))}
        if name == "assign":
            group, assignee = values.get("group_id"), values.get("assignee_id")
            return {"do": name, "group": self.groups.get(group), "assignee": self.addresses.get(assignee)}
        if name == "task":
            group, owner = self.groups.get(values.get("group_id")), self.addresses.get(values.get("owner_id"))
            return {"do": name, "title": values["title"], "group": group, "owner": owner} | {
                "due_hours": values.get("due_hours")
            }
        if name == "webhook" and not self._full:
            return {"do": name, "url": urlsplit(values["url"]).hostname or ""}
        return {"do": name} | {key: values[key] for key in ("priority", "url") if key in values}

    def words(self, action: StepAction) -> Message:
        """An action in words for people who look at a matrix."""
        name, values = name_of(action), values_of(action)
        title = TITLES.get(name, name)
        detail = self._detail(name, values)
        return _("%(action)s: %(detail)s", action=title, detail=detail) if detail else title

    def _detail(self, name: str, values: Mapping[str, Any]) -> Message:
        if name == "notify_people":
            groups = [self.groups.get(each, "") for each in values.get("group_ids", ())]
            people = [self.people.get(each, "") for each in values.get("person_ids", ())]
            return ", ".join(filter(None, groups + people))
        if name == "assign":
            found = [self.groups.get(values.get("group_id"), ""), self.people.get(values.get("assignee_id"), "")]
            return ", ".join(filter(None, found))
        if name == "set_priority":
            return _("one higher") if values["priority"] == HIGHER else f"P{values['priority']}"
        if name == "task":
            return str(values["title"])
        # The rest of an address may be its secret.
        return urlsplit(values["url"]).hostname or "" if name == "webhook" else ""


def in_audit(action: StepAction) -> str:
    """An action as the audit log names it, without secrets."""
    name, values = name_of(action), values_of(action)
    kept = {key: value for key, value in values.items() if key not in {"do", "secret", "url"} and value}
    if values.get("url"):
        kept["host"] = urlsplit(values["url"]).hostname
    return f"{name} {kept}" if kept else name
