"""A definition as the process holds it: plain values, ready to be asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from itsm.fields.models import FieldDefinition
from itsm.kernel.text import Message, OwnText

AUDIENCES = ("staff", "read", "edit")
PREFIX = "custom."  # of names in queries, forms, journals and errors


@dataclass(frozen=True)
class Choice:
    """One choice of a field: its stored key, its title, and whether it is still offered."""

    key: str
    title: Message
    offered: bool = True


@dataclass(frozen=True)
class Definition:
    """One field; see `FieldDefinition` for the meaning of each member."""

    id: int
    kind: str
    key: str
    type: str
    title: Message
    hint: Message
    section: Message
    section_name: str
    position: int
    options: Mapping[str, Any]
    choices: tuple[Choice, ...]
    scope_ids: frozenset[int]
    audience: str
    required: bool
    show_if: str
    require_if: str
    unique: bool
    in_lists: bool
    active: bool

    @property
    def name(self) -> str:
        """Its name in queries, forms, journals and errors."""
        return PREFIX + self.key

    def shown_to(self, *, staff: bool) -> bool:
        """Whether a reader may see its values."""
        return staff or self.audience != "staff"

    def filled_by(self, *, staff: bool) -> bool:
        """Whether an actor may fill it in."""
        return staff or self.audience == "edit"

    def title_of(self, key: Any) -> str:
        """The title of a choice; a key that is no longer known is its own title."""
        return next((str(choice.title) for choice in self.choices if choice.key == key), str(key))


def definition_of(row: FieldDefinition) -> Definition:
    """The row as plain values."""
    choices = row.options.get("choices", ())
    return Definition(
        id=row.id,
        kind=row.kind,
        key=row.key,
        type=row.type,
        title=OwnText(row.titles or {"en": row.key}),
        hint=OwnText(row.hints),
        section=OwnText(row.section),
        section_name=next(iter(sorted(row.section.values())), ""),
        position=row.position,
        options=dict(row.options),
        choices=tuple(Choice(one["key"], OwnText(one["titles"]), one.get("offered", True)) for one in choices),
        scope_ids=frozenset(row.scope_ids),
        audience=row.audience,
        required=row.required,
        show_if=row.show_if,
        require_if=row.require_if,
        unique=row.unique,
        in_lists=row.in_lists,
        active=row.active,
    )
