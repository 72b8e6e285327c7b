"""The list of CIs as its page and its files ask for it: class, state, a filter text; one order, by name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cmdb import classes, filters, queries
from cmdb.lifecycle import LIFECYCLE
from cmdb.models import Ci
from cmdb.present import present
from itsm.kernel.actor import Actor
from itsm.kernel.paging import LARGEST_LIMIT, Page
from itsm.kernel.text import Message, _
from itsm.query.parser import parse
from itsm.query.tree import Comparison, walk

MOST_ROWS = 100_000
TITLES: tuple[Message, ...] = (
    _("Name"), _("Class"), _("State"), _("Serial number"), _("Criticality"), _("Owner"), _("Managed by"), _("Site"),
    _("Organisation"), _("Last seen"),
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What a list of CIs is narrowed to; empty texts leave it as it is."""

    class_key: str = ""
    state: str = ""
    text: str = ""


def read_asked(arguments: Mapping[str, str]) -> Asked:
    """What the address of a list asks for."""
    return Asked(arguments.get("class", ""), arguments.get("state", ""), arguments.get("q", ""))


def read_page(actor: Actor, asked: Asked, *, cursor: str | None = None, limit: int | None = None) -> Page[Ci]:
    """One page of what was asked for; raises `Invalid` that points at the place when the filter cannot be read.

    Retired CIs stay out unless the state is asked about.
    """
    return queries.list_cis(actor, **_narrowed(actor, asked), cursor=cursor, limit=limit)


def count_all(actor: Actor, asked: Asked) -> int:
    """How many there are on all pages."""
    return queries.count_cis(actor, **_narrowed(actor, asked))


def _narrowed(actor: Actor, asked: Asked) -> dict[str, Any]:
    return {
        "class_key": asked.class_key or None,
        "state": asked.state or None,
        "conditions": filters.conditions(actor, asked.text),  # first: it says where the text cannot be read
        "with_retired": _asks_about_state(asked.text),
    }


def _asks_about_state(text: str) -> bool:
    return any(
        isinstance(node, Comparison) and node.field_name.lower() == "state" for node, _depth in walk(parse(text))
    )


def export_lines(actor: Actor, asked: Asked) -> Iterator[list[Any]]:
    """The cells of each row of all pages, page by page, so that memory does not grow with the list."""
    tree, left, cursor = classes.load(), MOST_ROWS, None
    while left > 0:
        page = read_page(actor, asked, cursor=cursor, limit=min(LARGEST_LIMIT, left))
        yield from (_cells(row, tree) for row in present(page.items))
        left, cursor = left - len(page.items), page.next
        if cursor is None:
            return


def _cells(row: dict[str, Any], tree: classes.ClassTree) -> list[Any]:
    state = LIFECYCLE.states[row["state"]].title if row["state"] in LIFECYCLE.states else row["state"]
    return [
        row["name"],
        str(tree.title(row["class_key"])),
        str(state),
        row["serial"],
        row["criticality"],
        *(row[name] or "" for name in ("owner", "group", "site", "organisation")),
        row["last_seen_at"],
    ]
