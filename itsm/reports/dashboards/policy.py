"""Who may see and change dashboards: they belong to a person, a group or everyone. What they show is each reader's own."""

from sqlalchemy import ColumnElement, and_

from itsm.identity.sharing import Sharing, kept_for
from itsm.kernel.actor import Actor
from itsm.kernel.text import _
from itsm.reports.builder.policy import ALL_REPORTS, GROUP_REPORTS
from itsm.reports.dashboards.models import Dashboard

READ = "dashboards.read"
SHARING = Sharing(GROUP_REPORTS, ALL_REPORTS, _("You may not make dashboards for others than yourself."))


def visible(actor: Actor) -> ColumnElement[bool]:
    """Dashboards that the actor may open."""
    return and_(Dashboard.deleted_at.is_(None), kept_for(Dashboard, actor))
