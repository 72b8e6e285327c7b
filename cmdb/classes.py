"""The tree of CI classes in memory: inheritance of attributes, what lies below a class, order for lists."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from cmdb.models import CiClass
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.text import Message, _


@dataclass(frozen=True)
class Attribute:
    """One attribute that CIs of a class may have; `choices` only for the type `choice`, `unit` only for numbers."""

    name: str
    title: str
    type: str = "text"
    unit: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()

    @property
    def label(self) -> Message:
        """The title in the reader's language."""
        return _(self.title)


class ClassTree:
    """All classes, as they stand now."""

    def __init__(self, rows: Sequence[CiClass]) -> None:
        self.by_key = {row.key: row for row in rows}
        self.by_id = {row.id: row for row in rows}
        self._below: dict[int | None, list[CiClass]] = {}
        for row in rows:
            self._below.setdefault(row.parent_id, []).append(row)

    def find(self, reference: str | int) -> CiClass | None:
        """The class with this key or id."""
        return self.by_id.get(reference) if isinstance(reference, int) else self.by_key.get(reference)

    def usable(self, key: str) -> CiClass:
        """The class with this key, if CIs may be made of it; else raises `Invalid` for the field `class`."""
        row = self.by_key.get(key)
        if row is None or not row.active:
            raise Invalid.field("class", _("There is no class “%(name)s”.", name=key[:100]))
        if row.abstract:
            raise Invalid.field(
                "class", _("“%(name)s” only groups other classes. Choose one below it.", name=_(row.title))
            )
        return row

    def line(self, key: str) -> list[CiClass]:
        """The class and those above it, root first."""
        above: list[CiClass] = []
        row = self.by_key.get(key)
        while row is not None and row not in above:
            above.insert(0, row)
            row = self.by_id.get(row.parent_id or 0)
        return above

    def keys_below(self, key: str) -> list[str]:
        """Keys of the class and of all below it."""
        root = self.by_key.get(key)
        return [row.key for row, _depth in self._walk(root, 0)] if root else []

    def in_order(self) -> list[tuple[CiClass, int]]:
        """Every active class with its depth, parents before children."""
        return [pair for root in self._below.get(None, []) for pair in self._walk(root, 0) if pair[0].active]

    def _walk(self, row: CiClass, depth: int) -> Iterator[tuple[CiClass, int]]:
        yield row, depth
        for child in self._below.get(row.id, []):
            yield from self._walk(child, depth + 1)

    def attributes_of(self, key: str) -> dict[str, Attribute]:
        """Attributes of a class by name, inherited ones first; a class may redefine one from above."""
        found: dict[str, Attribute] = {}
        for row in self.line(key):
            for definition in row.attributes:
                found[definition["name"]] = _attribute(definition)
        return found

    def title(self, key: str) -> Message:
        """The title of a class in the reader's language."""
        row = self.by_key.get(key)
        return _(row.title) if row else key

    def icon(self, key: str) -> str:
        """The icon of a class."""
        row = self.by_key.get(key)
        return row.icon if row else "box"


def _attribute(definition: Mapping[str, Any]) -> Attribute:
    return Attribute(
        name=definition["name"],
        title=definition.get("title") or definition["name"],
        type=definition.get("type", "text"),
        unit=definition.get("unit", ""),
        required=bool(definition.get("required")),
        choices=tuple(definition.get("choices", ())),
    )


def load() -> ClassTree:
    """The tree as it stands in the database; one statement."""
    return ClassTree(session.scalars(select(CiClass).order_by(CiClass.id)).all())
