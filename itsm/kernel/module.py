"""What a package tells the application about itself: one `MODULE` each, named once in `itsm.app`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import click
from flask import Blueprint

from itsm.kernel.actor import Actor
from itsm.kernel.events import Subscription
from itsm.kernel.jobs import Job, TaskHandler
from itsm.kernel.lifecycle import Lifecycle
from itsm.kernel.text import Message
from itsm.kernel.undo import UndoHandler


@dataclass(frozen=True)
class Permission:
    """One right, the text an administrator reads, and the roles that hold it from the start."""

    name: str
    title: Message
    roles: tuple[str, ...] = ()


@dataclass(frozen=True)
class MenuEntry:
    """One entry of the navigation; `area` is `rail` (first band), `desk`, `admin` or `portal`; lower `order` comes first.

    On the administration's page an entry stands under its `section` (`people`, `work`, `system`, or empty for the rest)
    with `hint`, one line that says what it is for. `key` is the letter that leads there after `g`.
    """

    area: str
    title: Message
    endpoint: str
    icon: str
    permission: str = ""
    order: int = 100
    arguments: Mapping[str, Any] = field(default_factory=dict)
    section: str = ""
    hint: Message = ""
    key: str = ""


@dataclass(frozen=True)
class Panel:
    """A part that a module puts on another module's page.

    `slot` names the place (`ticket.side`, `ticket.top`, `ci.side`, …); `render(actor, thing)` answers safe HTML or "".
    """

    slot: str
    render: Callable[[Actor, Any], str]
    order: int = 100
    permission: str = ""


@dataclass(frozen=True)
class Extension:
    """Something a module adds to many records at once, in one statement for a whole list.

    `slot` names the place (`desk` for a column, whose values are safe HTML; `api.ticket` for a member of the JSON form);
    `read_many(actor, ids)` answers id → value and leaves out ids that have none.
    """

    slot: str
    name: str
    read_many: Callable[[Actor, Sequence[int]], dict[int, Any]]
    title: Message = ""


@dataclass(frozen=True)
class PaletteEntry:
    """One thing that the command palette leads to; with `post` it is done rather than opened."""

    title: Any
    address: str
    hint: Any = ""
    icon: str = "chevron-right"
    post: bool = False


@dataclass(frozen=True)
class PaletteSource:
    """What a module offers in the command palette.

    `find(actor, text, path)` answers the best few entries for what was typed (maybe nothing yet) on the page at `path`;
    it shows nothing that the actor may not see.
    """

    title: Message
    find: Callable[[Actor, str, str], Sequence[PaletteEntry]]
    order: int = 100
    permission: str = ""


@dataclass(frozen=True)
class Finder:
    """A way to find another module's records by what somebody typed.

    `slot` names what is looked for (`caller`: people); `find(actor, text)` answers id → what was recognised, for its reader.
    """

    slot: str
    find: Callable[[Actor, str], Mapping[int, str]]


@dataclass(frozen=True)
class Hit:
    """A record that a search found: `text` is where its snippet is cut from; `note` says in a few words how it stands.

    `through` says by which reply, note or file it was found, when not by its own words.
    """

    title: str
    address: str
    number: str = ""
    note: Message = ""
    text: str = ""
    through: Message = ""
    through_icon: str = "message-circle"


@dataclass(frozen=True)
class Facet:
    """What the found records may be narrowed by: `values` maps a key to its title and the number of records."""

    name: str
    title: Message
    values: Mapping[str, tuple[Message, int]]


@dataclass(frozen=True)
class Found:
    """The best hits of one kind, how many there are in all, and facets; with `more` a search stopped counting there."""

    hits: Sequence[Hit] = ()
    count: int = 0
    facets: Sequence[Facet] = ()
    more: bool = False


@dataclass(frozen=True)
class SearchSource:
    """A kind of record on the search page: `find(actor, text, chosen)` shows nothing that the actor may not read.

    `chosen` maps the name of a facet to the key of the value that the records must have; None asks for a few hits and the
    number only. `index_again(after_id, limit)` writes the words of the next records anew and answers the last id, 0 at the end.
    """

    name: str
    title: Message
    find: Callable[[Actor, str, Mapping[str, str] | None], Found]
    icon: str
    order: int = 100
    permission: str = ""
    index_again: Callable[[int, int], int] | None = None


@dataclass(frozen=True)
class BulkAction:
    """What a module lets people do with many tickets at once, besides changing their facts.

    `name` is the field of the form; `offered(actor)` answers id → title of what may be chosen; `do(actor, ticket, id)` does
    it to one ticket and answers in words what was done, or raises what the ticket refuses. It changes rows only.
    """

    name: str
    title: Message
    offered: Callable[[Actor], Mapping[int, str]]
    do: Callable[[Actor, Any, int], Sequence[Message]]
    permission: str = ""


@dataclass(frozen=True)
class Question:
    """A kind of record that people ask for in the query language, with the fields (a `FieldSet`) that an actor may use."""

    kind: str
    title: Message
    fields: Callable[[Actor], Any]


@dataclass(frozen=True)
class LinkRule:
    """A relation that tickets may have: words for both directions and the kinds it joins (None: any kind)."""

    relation: str
    forward: Message
    backward: Message
    source_kind: str | None = None
    target_kind: str | None = None


@dataclass(frozen=True)
class Figure:
    """A figure for `/metrics`: its name there, what it is, its value, and the labels that tell it from others of the name."""

    name: str
    title: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Module:
    """Everything a package contributes.

    `fielded` are kinds of records that administrators may give fields of their own.
    `ticket_fields` are functions that give an actor what the query language asks of tickets beyond their own columns.
    `questions` are kinds of records that may be asked for in the query language; `cubes` are those that people count and
    measure in reports of their own. `figures` are functions that answer what `/metrics` tells of the module.
    `seed` writes base data that any installation needs and must be idempotent; `switchable` modules can be turned off by
    an administrator, which hides their pages, API, menu and panels and stops their jobs.
    """

    name: str
    title: Message
    pages: tuple[Blueprint, ...] = ()
    api: tuple[Any, ...] = ()
    permissions: tuple[Permission, ...] = ()
    lifecycles: tuple[Lifecycle, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    jobs: tuple[Job, ...] = ()
    tasks: Mapping[str, TaskHandler] = field(default_factory=dict)
    undos: Mapping[str, UndoHandler] = field(default_factory=dict)
    menu: tuple[MenuEntry, ...] = ()
    panels: tuple[Panel, ...] = ()
    extensions: tuple[Extension, ...] = ()
    palette: tuple[PaletteSource, ...] = ()
    finders: tuple[Finder, ...] = ()
    searches: tuple[SearchSource, ...] = ()
    link_rules: tuple[LinkRule, ...] = ()
    bulk_actions: tuple[BulkAction, ...] = ()
    ticket_fields: tuple[Callable[[Actor], Sequence[Any]], ...] = ()
    questions: tuple[Question, ...] = ()
    data_sets: tuple[Any, ...] = ()
    cubes: tuple[Any, ...] = ()
    fielded: tuple[Any, ...] = ()
    commands: tuple[click.Command, ...] = ()
    figures: tuple[Callable[[], Sequence[Figure]], ...] = ()
    seed: Callable[[], None] | None = None
    setup: Callable[[Any], None] | None = None
    switchable: bool = False


class ModuleError(ValueError):
    """Two modules contradict one another; raised when the application is built."""


class Registry:
    """All modules of the application, in the order in which they were named."""

    def __init__(self, modules: tuple[Module, ...]) -> None:
        self.modules = modules
        self.by_name = {module.name: module for module in modules}
        self.permissions = {item.name: item for module in modules for item in module.permissions}
        self.lifecycles = {cycle.kind: cycle for module in modules for cycle in module.lifecycles}
        self.jobs = {job.name: (module, job) for module in modules for job in module.jobs}
        self.tasks = {kind: handler for module in modules for kind, handler in module.tasks.items()}
        self.undos = {kind: handler for module in modules for kind, handler in module.undos.items()}
        self.link_rules = {rule.relation: rule for module in modules for rule in module.link_rules}
        self.fielded = {kind.name: kind for module in modules for kind in module.fielded}
        self.bulk_actions = {each.name: each for module in modules for each in module.bulk_actions}
        self.questions = {each.kind: each for module in modules for each in module.questions}
        self.ticket_fields = [item for module in modules for item in module.ticket_fields]
        self.blueprint_modules = {
            blueprint.name: module for module in modules for blueprint in (*module.pages, *module.api)
        }
        if len(self.by_name) != len(modules):
            raise ModuleError("a module is named twice")
        if len(self.permissions) != sum(len(module.permissions) for module in modules):
            raise ModuleError("a permission is declared twice")

    def subscriptions(self) -> list[Subscription]:
        """Subscriptions of all modules, in order."""
        return [subscription for module in self.modules for subscription in module.subscriptions]

    def permissions_of(self, roles: frozenset[str]) -> frozenset[str]:
        """Names of all permissions that these roles hold."""
        return frozenset(name for name, item in self.permissions.items() if roles & set(item.roles))

    def panels(self, slot: str) -> list[tuple[Module, Panel]]:
        """Panels for a place on a page, in order."""
        found = [(module, panel) for module in self.modules for panel in module.panels if panel.slot == slot]
        return sorted(found, key=lambda pair: pair[1].order)

    def extensions(self, slot: str) -> list[Extension]:
        """What modules add to every record of a list."""
        return [item for module in self.modules for item in module.extensions if item.slot == slot]

    def searches(self) -> list[tuple[Module, SearchSource]]:
        """Kinds of records on the search page, in order."""
        found = [(module, source) for module in self.modules for source in module.searches]
        return sorted(found, key=lambda pair: pair[1].order)

    def palette(self) -> list[tuple[Module, PaletteSource]]:
        """What modules offer in the command palette, in order."""
        found = [(module, source) for module in self.modules for source in module.palette]
        return sorted(found, key=lambda pair: pair[1].order)

    def finders(self, slot: str) -> list[Finder]:
        """Ways in which modules find what a place looks for."""
        return [item for module in self.modules for item in module.finders if item.slot == slot]

    def menu(self, area: str) -> list[tuple[Module, MenuEntry]]:
        """Menu entries of an area, in order."""
        found = [(module, entry) for module in self.modules for entry in module.menu if entry.area == area]
        return sorted(found, key=lambda pair: pair[1].order)


_registry: Registry | None = None


def install(registry: Registry) -> None:
    """Make the registry of the application that was just built the one in force."""
    global _registry  # noqa: PLW0603 (one registry a process; the application factory sets it)
    _registry = registry


def registry() -> Registry:
    """The registry in force; raises `RuntimeError` before an application was built."""
    if _registry is None:
        raise RuntimeError("no application was built yet")
    return _registry
