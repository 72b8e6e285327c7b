"""The columns that lists on the desk can show: those of every ticket, those of modules, those of the site's own fields."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import escape
from sqlalchemy import Row

from itsm.kernel import lifecycles
from itsm.kernel.actor import Actor
from itsm.kernel.module import registry
from itsm.kernel.text import Message, _
from itsm.tickets import custom
from itsm.tickets.models import NO_DUE
from itsm.tickets.pages import number_of
from itsm.tickets.priority import TITLES as PRIORITIES

EXTENSION_SLOT = "desk"
UNSORTED = _("Cannot be sorted by: tickets are kept in the order of number, priority, due time and change only.")


@dataclass(frozen=True)
class DeskColumn:
    """One column. `sorts` are orders that its heading switches through (none: see `UNSORTED`); `shape` holds classes.

    `text` gives a row's cell for a file: a text, a number, an instant or None; columns that modules add have none.
    """

    key: str
    title: Message
    text: Callable[[Row[Any]], Any] | None = None
    sorts: tuple[str, ...] = ()
    shape: str = ""
    quiet: bool = False


TITLE = DeskColumn("title", _("Title"), lambda row: row.title, shape="title-cell")
OWN = (
    DeskColumn("priority", _("Priority"), lambda row: row.priority, ("priority",), "narrow", quiet=True),
    DeskColumn(
        "number", _("Number"), lambda row: number_of(row.kind, row.id), ("newest", "created_at"), "number-column"
    ),
    TITLE,
    DeskColumn("state", _("State"), lambda row: lifecycles.state_title(row.kind, row.state), shape="state-column"),
    DeskColumn("assignee", _("Assignee"), lambda row: row.assignee_name, shape="narrow", quiet=True),
    DeskColumn("due", _("Time left"), lambda row: row.due_at if row.due_at < NO_DUE else None, ("due",), "due-column"),
    DeskColumn("requester", _("Requester"), lambda row: row.requester_name, shape="wide-only"),
    DeskColumn("organisation", _("Organisation"), lambda row: row.organisation_name, shape="wide-only"),
    DeskColumn("group", _("Group"), lambda row: row.group_name, shape="wide-only"),
    DeskColumn("category", _("Category"), lambda row: row.category_name, shape="wide-only"),
    DeskColumn("impact", _("Impact"), lambda row: row.impact, shape="wide-only"),
    DeskColumn("urgency", _("Urgency"), lambda row: row.urgency, shape="wide-only"),
    DeskColumn("level", _("Support level"), lambda row: row.level, shape="wide-only"),
    DeskColumn("channel", _("Channel"), lambda row: row.channel, shape="wide-only"),
    DeskColumn("created", _("Created"), lambda row: row.created_at, ("-created_at", "created_at"), "wide-only"),
    DeskColumn("updated", _("Last changed"), lambda row: row.updated_at, ("-updated_at", "updated_at"), "wide-only"),
)
ORDER_TITLES = {
    "due": _("Due first"),
    "priority": _("Priority"),
    "newest": _("Newest"),
    "created_at": _("Oldest"),
    "-updated_at": _("Last changed"),
    "updated_at": _("Longest unchanged"),
}
GROUPING_TITLES = {
    "state": _("State"),
    "priority": _("Priority"),
    "group": _("Group"),
    "assignee": _("Assignee"),
    "category": _("Category"),
}


def available(actor: Actor) -> list[DeskColumn]:
    """Every column that the actor may choose."""
    added = [DeskColumn(each.name, each.title, shape="wide-only") for each in registry().extensions(EXTENSION_SLOT)]
    own = [DeskColumn(name, title, shape="wide-only") for name, title in custom.column_titles(actor).items()]
    return [*OWN, *added, *own]


def chosen(actor: Actor, keys: Sequence[str]) -> list[DeskColumn]:
    """The columns with these keys, or those that everyone has; the title is always among them."""
    known = {column.key: column for column in available(actor)}
    found = [known[key] for key in keys if key in known] or _standard(list(known.values()))
    return found if TITLE in found else [TITLE, *found]


def _standard(known: Sequence[DeskColumn]) -> list[DeskColumn]:
    """What everyone sees at first: the six columns of the desk, with those of modules and own fields after the title."""
    return [*OWN[:3], *known[len(OWN) :], *OWN[3:6]]


def added_cells(actor: Actor, columns: Sequence[DeskColumn], ids: Sequence[int]) -> dict[str, dict[int, Any]]:
    """Cells that modules and own fields write (safe HTML), by column; one statement a module, none for what is not shown."""
    keys = {column.key for column in columns if column.text is None}
    extensions = [each for each in registry().extensions(EXTENSION_SLOT) if each.name in keys]
    cells: dict[str, dict[int, Any]] = {each.name: each.read_many(actor, ids) if ids else {} for each in extensions}
    return cells | custom.columns(actor, keys, ids)


def plain_cell(column: DeskColumn, row: Row[Any], added: dict[str, dict[int, Any]]) -> Any:
    """A cell for a file."""
    if column.text is not None:
        return column.text(row)
    return escape(added[column.key].get(row.id, "")).striptags()


def part_title(grouping: str, row: Row[Any]) -> Any:
    """The heading of the part of a divided list that a row stands in."""
    titles: dict[str, Callable[[], Any]] = {
        "state": lambda: lifecycles.state_title(row.kind, row.state),
        "priority": lambda: PRIORITIES[row.priority],
        "group": lambda: row.group_name or _("no group"),
        "assignee": lambda: row.assignee_name or _("nobody"),
        "category": lambda: row.category_name or _("no category"),
    }
    return titles[grouping]()
