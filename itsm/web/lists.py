"""The page of a list, as data: whoever lists records names columns, filter and rows; `web/list.html` shows them.

A list that grows attaches here: stored views are links of a section, a choice of columns is another `columns`, an export is
an action, work on several rows is `bulk`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import render_template, url_for
from jinja2 import pass_context
from jinja2.runtime import Context

from itsm.kernel.paging import COUNT_LIMIT
from itsm.web.presentation import reader


@dataclass(frozen=True)
class Column:
    """One column: the macro `name` of the template `cells` writes its cell for a row.

    `shape` holds classes of the design system; a `quiet` title is there for screen readers only.
    """

    name: str
    title: Any
    cells: str
    shape: str = ""
    quiet: bool = False


@dataclass(frozen=True)
class Link:
    """A way to another page, shown to those who hold `permission`; `count` is a number as people read it."""

    title: Any
    endpoint: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    icon: str = ""
    permission: str = ""
    count: str = ""
    chosen: bool = False
    depth: int = 0


@dataclass(frozen=True)
class Section:
    """Links under a heading at the side of the list; the heading leads to `endpoint` where one is named."""

    title: Any
    links: Sequence[Link]
    endpoint: str = ""


@dataclass(frozen=True)
class Choice:
    """A field of fixed values; `options` maps value to title, `anything` is the title of the empty value if there is one."""

    name: str
    label: Any
    options: Mapping[Any, Any]
    chosen: Any = ""
    anything: Any = None


@dataclass(frozen=True)
class Filter:
    """The bar above the rows: a text in the field `name`, and choices; `kind` says what a text in the filter language asks."""

    label: Any
    hint: Any
    text: str = ""
    name: str = "q"
    kind: str = ""
    choices: Sequence[Choice] = ()

    @property
    def names(self) -> set[str]:
        """The fields that the bar itself sends."""
        return {self.name, *(choice.name for choice in self.choices)}

    @property
    def narrows(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.text) or any(choice.chosen for choice in self.choices)


@dataclass(frozen=True)
class Empty:
    """What stands in place of rows when there are none."""

    title: Any
    text: Any
    icon: str


@dataclass(frozen=True)
class ListPage:
    """A list as it is shown: `arguments` of its address are what was asked for, without the page marker.

    `count` tells how many there are, as people read it. `create` makes a new record. `bulk` is led to with the ids of the
    chosen rows, whose boxes are called by the member `named_by`. `fault` says why the filter could not be read. Rows of tickets
    are `assignable` from the keyboard.
    """

    title: Any
    endpoint: str
    columns: Sequence[Column]
    rows: Sequence[Any]
    filter: Filter
    empty: Empty
    arguments: Mapping[str, Any] = field(default_factory=dict)
    next: str | None = None
    sections: Sequence[Section] = ()
    sort: Choice | None = None
    count: str = ""
    actions: Sequence[Link] = ()
    create: Link | None = None
    bulk: Link | None = None
    fault: Any = ""
    assignable: bool = False
    named_by: str = "name"

    def address(self, *without: str) -> str:
        """The address of the list as it is, without some of its arguments."""
        return url_for(self.endpoint, **self.kept(*without))

    def kept(self, *without: str) -> dict[str, Any]:
        """The arguments of the address that are set, without some of them."""
        return {name: value for name, value in self.arguments.items() if value and name not in without}


def render(page: ListPage, **shared: Any) -> str:
    """The page; `shared` is what the columns' macros read beside the row."""
    return render_template("web/list.html", page=page, cell_macros=cell_macros, **shared)


@pass_context
def cell_macros(context: Context, columns: Sequence[Column]) -> list[tuple[Column, Callable[[Any], Any]]]:
    """Each column with the macro that writes its cells; each template is read once for all rows."""
    values = context.get_all()
    modules = {
        name: context.environment.get_template(name).make_module(values, shared=True)
        for name in {column.cells for column in columns}
    }
    return [(column, getattr(modules[column.cells], column.name)) for column in columns]


def limited_count(number: int) -> str:
    """A number that was counted up to the limit, as people read it."""
    return reader().digits(f"{COUNT_LIMIT}+") if number > COUNT_LIMIT else reader().number(number)
