"""Values as people read them, and as programs do."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from itsm.fields import queries
from itsm.fields.definition import PREFIX, Definition
from itsm.fields.held import definitions, held
from itsm.kernel.formats import Reader
from itsm.kernel.text import Message, _


@dataclass(frozen=True)
class Shown:
    """A value on a page: the title of its field, its words, and the address that it leads to if it is one."""

    definition: Definition
    text: str
    address: str = ""


def shown_values(
    kind: str, custom: Mapping[str, Any], reader: Reader, *, staff: bool, people: Mapping[int, str] | None = None
) -> list[Shown]:
    """The values of a record that a reader may see, in the order of the form."""
    known = [one for one in definitions(kind) if one.key in custom and one.shown_to(staff=staff)]
    names = queries.people_in(known, [custom]) if people is None else people
    return [
        Shown(one, text_of(one, custom[one.key], reader, names), custom[one.key] if one.type == "address" else "")
        for one in known
    ]


def text_of(definition: Definition, value: Any, reader: Reader, people: Mapping[int, str]) -> str:
    """A stored value in words."""
    if value is None:
        return ""
    return _WORDS[definition.type](definition, value, reader, people) if definition.type in _WORDS else str(value)


def _number(definition: Definition, value: Any, reader: Reader, _people: Mapping[int, str]) -> str:
    number = reader.number(value, decimals=int(definition.options.get("decimals", 0)))
    return f"{number} {definition.options.get('unit', '')}".strip()


_WORDS: Mapping[str, Callable[[Definition, Any, Reader, Mapping[int, str]], str]] = {
    "number": _number,
    "yes_no": lambda _definition, value, _reader, _people: str(_("yes") if value else _("no")),
    "choice": lambda definition, value, _reader, _people: definition.title_of(value),
    "choices": lambda definition, value, _reader, _people: ", ".join(definition.title_of(one) for one in value),
    "day": lambda _definition, value, reader, _people: reader.day(date.fromisoformat(value)),
    "instant": lambda _definition, value, reader, _people: reader.instant(datetime.fromisoformat(value)),
    "person": lambda _definition, value, _reader, people: people.get(int(value), "–"),
}


def visible_values(kind: str, custom: Mapping[str, Any], *, staff: bool) -> dict[str, Any]:
    """The values of a record as JSON, those of fields in use that the reader may see."""
    return {one.key: custom[one.key] for one in definitions(kind) if one.key in custom and one.shown_to(staff=staff)}


def person_ids(kind: str, changes: Mapping[str, Any]) -> set[int]:
    """The people whose names `change_lines` needs."""
    people = {f"{PREFIX}{one.key}" for one in held().all if one.kind == kind and one.type == "person"}
    return {int(changes[name][1]) for name in people & changes.keys() if changes[name][1] is not None}


def change_lines(kind: str, changes: Mapping[str, Any], reader: Reader, people: Mapping[int, str]) -> list[str]:
    """Changes of own fields in a journal entry, as short sentences; fields that were switched off keep their titles."""
    named = {name.removeprefix(PREFIX): pair for name, pair in changes.items() if name.startswith(PREFIX)}
    if not named:
        return []
    known = {one.key: one for one in held().all if one.kind == kind}
    return [_line(known.get(key), key, pair, reader, people) for key, pair in named.items()]


def _line(
    definition: Definition | None, key: str, pair: Sequence[Any], reader: Reader, people: Mapping[int, str]
) -> str:
    title: Message = definition.title if definition else key
    if pair[1] is None:
        return str(_("%(name)s cleared", name=title))
    words = text_of(definition, pair[1], reader, people) if definition else str(pair[1])
    return f"{title}: {words if len(words) <= 120 else words[:119] + '…'}"


def list_definitions(kinds: Iterable[str]) -> list[Definition]:
    """Fields that lists of these kinds show as columns."""
    return [one for kind in kinds for one in definitions(kind) if one.in_lists]
