"""Data sets: what a module offers to reports, as rows of plain columns that the actor may read."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement

from itsm.kernel import preferences
from itsm.kernel.actor import Actor
from itsm.kernel.errors import NotFound
from itsm.kernel.module import registry
from itsm.kernel.text import Message, _


@dataclass(frozen=True)
class DataField:
    """One column of a data set.

    `kind` is how its values are written: text, count, seconds, instant, day, yes_no. A field that is `counted` has few
    values and says something when rows are counted by it.
    """

    name: str
    title: Message
    kind: str = "text"
    counted: bool = False


@dataclass(frozen=True)
class Selection:
    """Which rows of a data set are asked for.

    The period is half open, [from_at, to_at); what happened from `to_at` on is not known to the rows.
    `organisation_ids` None means all; `filters` maps field names to the one value wanted; `buckets` are instants that
    cut the period into parts, which the field `bucket` numbers from 0.
    """

    from_at: datetime
    to_at: datetime
    organisation_ids: frozenset[int] | None = None
    filters: tuple[tuple[str, Any], ...] = ()
    buckets: tuple[datetime, ...] = ()
    limit: int | None = None


Reader = Callable[[Actor, Selection, Sequence[str]], Iterable[tuple[Any, ...]]]


@dataclass(frozen=True)
class DataSet:
    """Rows that a module offers.

    `rows(actor, selection, columns)` answers tuples in the order of `columns`, in a fixed number of statements and a
    stable order, joined with what the actor may see.
    """

    name: str
    title: Message
    permission: str
    fields: tuple[DataField, ...]
    rows: Reader = field(repr=False)

    def read(self, actor: Actor, selection: Selection, columns: Sequence[str]) -> Sequence[tuple[Any, ...]]:
        """The rows, if the actor holds the data set's permission; an actor without it gets none."""
        found = self.each(actor, selection, columns)
        return found if isinstance(found, list) else list(found)

    def each(self, actor: Actor, selection: Selection, columns: Sequence[str]) -> Iterable[tuple[Any, ...]]:
        """`read` for very many rows: they are gone through once, and no other statement may run meanwhile."""
        return self.rows(actor, selection, columns) if actor.has(self.permission) else []


@dataclass(frozen=True, kw_only=True)
class Cube:
    """A kind of record that people count and measure as they like, by the fields that the query language knows of it.

    `kind` names those fields (`Question.kind`); `source` is the table, `key` its id; `readable` is the condition of what an
    actor may read, which joins every statement. `condition` is a filter that every record of the set meets. `instants` are
    fields by which a period may be cut, the usual one first; `offered` are the fields that people mostly look for, in
    order. `listing` answers the address of the page that lists what a filter asks.
    """

    name: str
    title: Message
    permission: str
    kind: str
    source: Any
    key: Any
    readable: Callable[[Actor], ColumnElement[bool]]
    instants: tuple[str, ...]
    listing: Callable[[str], str]
    condition: str = ""
    offered: tuple[str, ...] = ()


def list_cubes(actor: Actor) -> list[Cube]:
    """What the actor may count, of the modules that are switched on."""
    known = [
        cube
        for module in registry().modules
        if not module.switchable or preferences.is_on(module.name)
        for cube in module.cubes
    ]
    return [cube for cube in known if actor.has(cube.permission)]


def get_cube(actor: Actor, name: str) -> Cube:
    """The data set of this name; raises `NotFound` for one that is not there or that the actor may not read."""
    for cube in list_cubes(actor):
        if cube.name == name:
            return cube
    raise NotFound(_("There is no data set “%(name)s”, or you may not read it.", name=name[:60]))


def find_data_set(name: str) -> DataSet | None:
    """The data set of this name, if a module that is switched on offers it."""
    for module in registry().modules:
        if module.switchable and not preferences.is_on(module.name):
            continue
        for data_set in module.data_sets:
            if data_set.name == name:
                found: DataSet = data_set
                return found
    return None


def get_data_set(name: str) -> DataSet:
    """The data set of this name; raises `NotFound`."""
    data_set = find_data_set(name)
    if data_set is None:
        raise NotFound(_("The module that holds the data “%(name)s” is not installed or is switched off.", name=name))
    return data_set
