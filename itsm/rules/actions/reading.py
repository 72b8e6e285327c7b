"""Actions as people and machines write them, checked and turned into what is kept; and carrying kept ones out."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from itsm.identity import references
from itsm.identity.models import Person
from itsm.kernel.db import Base, session
from itsm.kernel.errors import Invalid
from itsm.kernel.module import registry
from itsm.kernel.outgoing import check_url
from itsm.kernel.text import Message, _
from itsm.notifications import webhooks
from itsm.rules.actions.base import ACTIONS, Action, Input, Run
from itsm.rules.actions.facts import step_titles
from itsm.rules.actions.own import own_fields
from itsm.rules.models import Macro
from itsm.tickets import queries, wording
from itsm.tickets.models import Category

MOST_ACTIONS = 20
MOST_PEOPLE = 20
LONGEST_LINE = 255
LONGEST_TEXT = 20_000
DO = "do"

Given = Sequence[Mapping[str, Any]]


def checked(given: Given, *, for_macro: bool = False, before: Given = ()) -> list[dict[str, Any]]:
    """The actions as they are kept; raises `Invalid` whose fields are `actions.<number>.<input>`, counted from 0.

    People, groups and categories may be ids, addresses or names. A secret that is left empty is taken over from the action
    of the same kind and address in `before`.
    """
    if not given:
        raise Invalid.field("actions", _("Say what is to be done."))
    if len(given) > MOST_ACTIONS:
        raise Invalid.field("actions", _("At most %(most)s actions.", most=MOST_ACTIONS))
    errors: dict[str, list[Message]] = {}
    kept = []
    for number, values in enumerate(given):
        try:
            kept.append(_one(values, for_macro=for_macro, before=before))
        except Invalid as error:
            errors |= {f"actions.{number}.{name}": list(texts) for name, texts in error.errors.items()}
    if errors:
        raise Invalid(_("Please check what you entered"), errors=errors)
    return kept


def _one(values: Mapping[str, Any], *, for_macro: bool, before: Given) -> dict[str, Any]:
    action = ACTIONS.get(str(values.get(DO, "")))
    if action is None or not (action.in_macros if for_macro else action.in_rules):
        raise Invalid.field(DO, _("Choose what is to be done."))
    unknown = values.keys() - {DO} - {each.name for each in action.inputs}
    if unknown:
        raise Invalid.field(str(sorted(unknown, key=str)[0]), _("“%(name)s” takes no such field.", name=action.title))
    kept: dict[str, Any] = {DO: action.name}
    errors: dict[str, list[Message]] = {}
    for each in action.inputs:
        try:
            kept |= _input(each, values.get(each.name))
        except Invalid as error:
            errors[each.name] = [text for texts in error.errors.values() for text in texts]
    if not errors and action.check is not None:
        errors = {name: [text] for name, text in action.check(kept).items()}
    if errors:
        raise Invalid(_("Please check what you entered"), errors=errors)
    return kept | _secrets(action, kept, before)


def _input(wanted: Input, value: Any) -> dict[str, Any]:
    if value is None or value in ("", []):
        if wanted.required:
            raise Invalid.field(wanted.name, _("This is needed."))
        return {}
    return {wanted.name: READERS[wanted.kind](wanted, value)}


def _secrets(action: Action, kept: Mapping[str, Any], before: Given) -> dict[str, Any]:
    names = [each.name for each in action.inputs if each.kind == "secret" and each.name not in kept]
    for earlier in before:
        if names and earlier.get(DO) == action.name and earlier.get("url") == kept.get("url"):
            return {name: earlier[name] for name in names if name in earlier}
    return {}


def _text(wanted: Input, value: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_LINE or "\x00" in value:
        raise Invalid.field(wanted.name, _("This must be a text of at most %(most)s letters.", most=LONGEST_LINE))
    return " ".join(value.split())


def _line(wanted: Input, value: Any) -> str:
    text = _text(wanted, value)
    wording.check(wanted.name, text)
    return text


def _words(wanted: Input, value: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or "\x00" in value:
        raise Invalid.field(wanted.name, _("This must be a text of at most %(most)s letters.", most=LONGEST_TEXT))
    wording.check(wanted.name, value)
    return value.strip()


def _choice(wanted: Input, value: Any) -> Any:
    found = next((key for key in wanted.choices if str(key) == str(value)), None)
    if found is None:
        raise Invalid.field(wanted.name, _("Choose one of: %(names)s.", names=", ".join(map(str, wanted.choices))))
    return found


def _number(wanted: Input, value: Any) -> int:
    text = str(value)
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:6]) <= 99 and len(text) < 3):
        raise Invalid.field(wanted.name, _("Write a number from 1 to 99."))
    return int(text)


def _reference(find: Callable[[str, str], int | None]) -> Callable[[Input, Any], int]:
    def read(wanted: Input, value: Any) -> int:
        found = find(wanted.name, str(value)) if isinstance(value, str | int) else None
        if found is None:
            raise Invalid.field(wanted.name, _("There is no “%(name)s”.", name=str(value)[:80]))
        return found

    return read


def _by_id(table: type[Base], text: str) -> int | None:
    if not (text.isascii() and text.isdecimal() and len(text) <= references.LONGEST_ID):
        return None
    return int(text) if session.get(table, int(text)) is not None else None


def _person(field: str, text: str) -> int | None:
    return _by_id(Person, text) or references.person_id(field, text)


def _category(field: str, text: str) -> int | None:
    del field
    wanted = text.strip().lower()
    titles = queries.category_titles()
    return _by_id(Category, text) or next((key for key, title in titles.items() if title.lower() == wanted), None)


def _macro(field: str, text: str) -> int | None:
    del field
    return _by_id(Macro, text)


def _people(wanted: Input, value: Any) -> list[int]:
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list) or len(parts) > MOST_PEOPLE:
        raise Invalid.field(wanted.name, _("Name at most %(most)s people.", most=MOST_PEOPLE))
    found = [_reference(_person)(wanted, each.strip() if isinstance(each, str) else each) for each in parts if each]
    return list(dict.fromkeys(found))


def _known(titles: Callable[[], Mapping[str, Any]]) -> Callable[[Input, Any], str]:
    def read(wanted: Input, value: Any) -> str:
        if str(value) not in titles():
            raise Invalid.field(wanted.name, _("There is no “%(name)s”.", name=str(value)[:80]))
        return str(value)

    return read


def _ticket(wanted: Input, value: Any) -> str:
    number = str(value).strip().upper()
    if queries.NUMBER.match(number) is None:
        raise Invalid.field(wanted.name, _("“%(number)s” is not a number of this kind.", number=number[:40]))
    return number


def _url(wanted: Input, value: Any) -> str:
    return check_url(wanted.name, str(value))


def _secret(wanted: Input, value: Any) -> str:
    return webhooks.seal(_text(wanted, value))


READERS: dict[str, Callable[[Input, Any], Any]] = {
    "text": _text,
    "line": _line,
    "words": _words,
    "choice": _choice,
    "number": _number,
    "group": _reference(references.group_id),
    "person": _reference(_person),
    "category": _reference(_category),
    "macro": _reference(_macro),
    "people": _people,
    "step": _known(step_titles),
    "own_field": _known(own_fields),
    "relation": _known(lambda: registry().link_rules),
    "ticket": _ticket,
    "url": _url,
    "secret": _secret,
}


def perform(run: Run, actions: Given) -> list[Message]:
    """Carry out actions in order; answers in words what each did. An error of one leaves what was before to the caller."""
    return [ACTIONS[each[DO]].run(run, each) for each in actions]


def effects_of(actions: Given) -> dict[str, Any]:
    """The columns of the ticket that these actions set, with their values; those of macros included."""
    found: dict[str, Any] = {}
    for each in actions:
        action = ACTIONS.get(each.get(DO, ""))
        if action is not None:
            found |= action.effects(each)
    return found
