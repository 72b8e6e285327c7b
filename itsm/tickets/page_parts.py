"""What the parts of a ticket's page declare to the module: tasks, time, live pages, texts kept ready, printing."""

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup, escape

from itsm.identity.module import STAFF
from itsm.kernel.actor import Actor
from itsm.kernel.jobs import Job
from itsm.kernel.module import Extension, MenuEntry, Panel, Permission
from itsm.kernel.text import _
from itsm.tickets import conflicts, indexing, previews, quoting
from itsm.tickets.live import services as live
from itsm.tickets.live.views import blueprint as live_blueprint
from itsm.tickets.printing import blueprint as printing_blueprint
from itsm.tickets.tasks import queries as tasks
from itsm.tickets.tasks.api import blueprint as tasks_api
from itsm.tickets.tasks.subscribers import SUBSCRIPTIONS
from itsm.tickets.tasks.views import blueprint as tasks_blueprint
from itsm.tickets.tasks.views import room_panel
from itsm.tickets.tasks.views_admin import blueprint as checklists_blueprint
from itsm.tickets.texts.views import blueprint as texts_blueprint
from itsm.tickets.texts.views import call_panel
from itsm.tickets.worktime import money
from itsm.tickets.worktime.datasets import WORK
from itsm.tickets.worktime.views import blueprint as worktime_blueprint
from itsm.web.presentation import reader

__all__ = [
    "API",
    "DATA_SETS",
    "EXTENSIONS",
    "JOBS",
    "MENU",
    "PAGES",
    "PANELS",
    "PERMISSIONS",
    "SUBSCRIPTIONS",
    "TEMPLATE_NAMES",
]


def progress(actor: Actor, ticket_ids: Sequence[int]) -> dict[int, Markup]:
    """`3 of 5` for each ticket that has tasks; one statement."""
    del actor  # rows of the list are visible already
    return {each: escape(progress_words(*found)) for each, found in tasks.progress_of(ticket_ids).items()}


def progress_words(done: int, number: int) -> str:
    """How many tasks are done."""
    return reader().digits(str(_("%(done)s of %(number)s", done=done, number=number)))


def money_words(amount_minor: int, currency: str) -> str:
    """An amount for the reader."""
    return money.in_words(amount_minor, currency, reader())


TEMPLATE_NAMES: dict[str, Any] = {
    "task_progress": progress_words,
    "money": money_words,
    "quoted_parts": quoting.parts,
    "preview_form": previews.form_of,
    "form_basis": conflicts.basis,
}
PAGES = (
    live_blueprint,
    tasks_blueprint,
    checklists_blueprint,
    worktime_blueprint,
    texts_blueprint,
    printing_blueprint,
)
API = (tasks_api,)
DATA_SETS = (WORK,)
PERMISSIONS = (
    Permission("tasks.templates", _("Make checklists that tickets begin with"), ("admin", "supervisor")),
    Permission("worktime.edit", _("Change kinds of work and what they cost"), ("admin",)),
    Permission("texts.use", _("Use replies kept ready and make own ones"), STAFF),
    Permission("texts.share", _("Make replies and templates for groups and everyone"), ("admin", "supervisor")),
)
EXTENSIONS = (Extension("desk", "tasks", progress, _("Tasks")),)
PANELS = (
    Panel("call.top", call_panel, order=20, permission="texts.use"),
    Panel("major.tasks", room_panel, permission="tickets.read"),
)
JOBS = (
    Job("tickets.live", _("Forget who looked at tickets"), live.forget_old, every_seconds=600),
    Job("tickets.files", _("Read attached files for the search"), indexing.read_files, every_seconds=10),
)
MENU = (
    MenuEntry("rail", _("My tasks"), "tasks.list_own", "clipboard-check", "tickets.read", order=12),
    MenuEntry(
        "admin",
        _("Checklists"),
        "task_templates.list_all",
        "list",
        "tasks.templates",
        order=130,
        section="work",
        hint=_("Tasks that are made together, by one click or when a ticket is opened."),
    ),
    MenuEntry(
        "admin",
        _("Kinds of work"),
        "worktime.list_all",
        "clock",
        "worktime.edit",
        order=132,
        section="work",
        hint=_("What time on tickets is spent on, and what an hour costs."),
    ),
    MenuEntry(
        "admin",
        _("Replies kept ready"),
        "texts.list_all",
        "message-circle",
        "texts.share",
        order=134,
        arguments={"sort": "replies"},
        section="work",
        hint=_("Texts for answers, inserted with /, and templates of tickets."),
    ),
)
