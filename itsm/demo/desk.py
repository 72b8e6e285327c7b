"""Views that the service desk of Nordhav Foods made for itself."""

from typing import TYPE_CHECKING, Any

from itsm.identity.actors import actor_of
from itsm.kernel.db import session, unit_of_work
from itsm.tickets.desk import services

if TYPE_CHECKING:
    from itsm.demo.made import Company

WAITING = {"query": "state.category = waiting", "tone": "grey"}
VIEWS: tuple[dict[str, Any], ...] = (
    {
        "name": "Urgent, by group",
        "scope": "all",
        "query": "priority <= 2",
        "grouping": "group",
        "colours": [{"query": "priority = 1", "tone": "red"}, WAITING],
    },
    {
        "name": "Quiet for two days",
        "scope": "all",
        "query": "updated < now() - 2d and kind = incident",
        "sort": "updated_at",
        "colours": [WAITING],
    },
)


def write_views(made: "Company") -> None:
    """Two views for everyone."""
    with unit_of_work():
        lead = actor_of(session.merge(made.people["Anna Karlsson"]), channel="web")
        for view in VIEWS:
            services.create_view(lead, view)
