"""User-defined fields in forms: what a posted form says, and the part of the page that asks for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import render_template, request
from markupsafe import Markup
from werkzeug.datastructures import CombinedMultiDict, MultiDict

from itsm.fields.definition import Definition
from itsm.fields.held import definitions
from itsm.fields.kinds import Draft
from itsm.fields.layout import Asked, asked, kind_of, sections
from itsm.identity import queries as identity
from itsm.kernel.actor import Actor
from itsm.kernel.text import Message
from itsm.web.presentation import reader

SHOWN = "custom_shown"  # what the part on the page asks for, so that an answer without change can be empty
Posted = MultiDict[str, str] | CombinedMultiDict[str, str]


@dataclass(frozen=True)
class Input:
    """One field as the form shows it; `value` is what stands in it (a list for several choices)."""

    definition: Definition
    required: bool
    value: Any
    fault: str


def posted(kind_name: str, source: Posted | None = None) -> dict[str, Any]:
    """The own values that a posted form holds, as they were typed; instants are in the reader's zone."""
    form = request.form if source is None else source
    return {one.key: _typed(one, form) for one in definitions(kind_name) if one.name in form}


def _typed(definition: Definition, form: Posted) -> Any:
    if definition.type == "choices":
        return [item for item in form.getlist(definition.name) if item]
    text = form.get(definition.name, "").strip()
    return _zoned(text) if definition.type == "instant" and text else text


def _zoned(text: str) -> str:
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (value if value.tzinfo else value.replace(tzinfo=ZoneInfo(reader().timezone))).isoformat()


def asked_for(actor: Actor, kind_name: str, values: Mapping[str, Any], draft: Draft) -> dict[str, Any]:
    """Of the values that were posted, those that the form as it stands asks for: what a condition hides is not sent on."""
    kind = kind_of(kind_name)
    if kind is None:
        return dict(values)
    keys = {one.definition.key for one in asked(actor, kind, replace(draft, custom={**draft.custom, **values}))}
    return {key: value for key, value in values.items() if key in keys}


def posted_draft(kind_name: str, values: Mapping[str, Any] | None = None) -> Draft:
    """The form of a new record as it stands: what was posted, over the values that the page began with."""
    kind = kind_of(kind_name)
    if kind is None:
        return Draft({}, {})
    facts, scope_ids = kind.read_form({**(values or {}), **request.values.to_dict()})
    return Draft(facts, posted(kind_name, request.values), scope_ids)


def posted_values(actor: Actor, kind_name: str) -> dict[str, Any]:
    """The own values of a new record's form that it asks for."""
    return asked_for(actor, kind_name, posted(kind_name), posted_draft(kind_name))


def render_part(
    actor: Actor,
    kind_name: str,
    draft: Draft,
    *,
    address: str,
    errors: Mapping[str, list[Any]] | None = None,
) -> str:
    """The part of a form that asks for own fields; it fetches itself anew from `address` when the form changes.

    Empty, but still there, when nothing is asked for now.
    """
    kind = kind_of(kind_name)
    known = definitions(kind_name)
    if kind is None or not known:
        return ""
    found = asked(actor, kind, draft)
    people = identity.emails_of(_people_ids(draft, known))
    page = render_template(
        "fields/_inputs.html",
        sections=[
            (_section_title(name, members), [_input(one, draft, errors or {}, people) for one in members])
            for name, members in sections(found).items()
        ],
        shown=signature(found),
        address=address,
    )
    return Markup(page)  # noqa: S704 (a rendered template, which escaped what it was given)


def _people_ids(draft: Draft, known: Sequence[Definition]) -> set[int]:
    values = (draft.custom.get(one.key) for one in known if one.type == "person")
    return {int(str(value)) for value in values if str(value or "").isdecimal()}


def _section_title(name: str, members: list[Asked]) -> Message:
    return members[0].definition.section if name else ""


def signature(found: list[Asked]) -> str:
    """What is asked for, in short."""
    return " ".join(f"{one.definition.key}{'*' if one.required else ''}" for one in found)


def _input(one: Asked, draft: Draft, errors: Mapping[str, list[Any]], people: Mapping[int, str]) -> Input:
    definition, value = one.definition, draft.custom.get(one.definition.key)
    fault = " ".join(str(text) for text in errors.get(definition.name, ()))
    if definition.type == "person" and str(value or "").isdecimal():
        value = people.get(int(str(value))) or value
    return Input(definition, one.required, _editable(definition, value), fault)


def _editable(definition: Definition, value: Any) -> Any:
    """A stored or typed value as its control wants it."""
    if value is None:
        return [] if definition.type == "choices" else ""
    if definition.type == "instant":
        return _local(str(value))
    if definition.type == "yes_no":
        return {"True": "true", "False": "false"}.get(str(value), str(value))
    return value


def _local(text: str) -> str:
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        return text
    zone = ZoneInfo(reader().timezone)
    return (value.astimezone(zone) if value.tzinfo else value).replace(tzinfo=None).isoformat(timespec="minutes")
