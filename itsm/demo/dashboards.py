"""The dashboard that hangs on the wall of the service desk of Nordhav Foods, with a report that they put together."""

from typing import TYPE_CHECKING

from itsm.identity.actors import actor_of
from itsm.kernel.db import session, unit_of_work
from itsm.reports.builder.question import BuiltQuestion, Dimension
from itsm.reports.builder.services import save_question
from itsm.reports.dashboards import services

if TYPE_CHECKING:
    from itsm.demo.made import Company

BY_CHANNEL = BuiltQuestion(
    "incidents", dimensions=(Dimension("channel"),), instant="created", period="last_30_days", chart="bar"
)
NOTE = "Month end is on Monday: finance first, whatever the priority says."
TILES = (
    "ready:incidents_open", "ready:all_late", "ready:incidents_major", "ready:resolution_met", "queue:all",
    "ready:open_by_group", "ready:incidents_by_week",
)  # fmt: skip


def write_dashboards(made: "Company") -> None:
    """One dashboard for everyone."""
    with unit_of_work():
        manager = actor_of(session.merge(made.people["Karin Holm"]), channel="web")
        report = save_question(manager, BY_CHANNEL, name="How incidents reach us", scope="all")
        row = services.create_dashboard(manager, name="Front office", scope="all")
        for source in (*TILES, f"saved:{report.id}"):
            services.add_tile(manager, row.id, source)
        services.add_tile(manager, row.id, "note", text=NOTE)
