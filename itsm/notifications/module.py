"""The declaration of notifications: delivery of the outbox and its page."""

from itsm.kernel.module import MenuEntry, Module
from itsm.kernel.text import _
from itsm.notifications import delivery, webhooks
from itsm.notifications.models import ThreadMessage
from itsm.notifications.views import blueprint

__all__ = ["MODULE", "ThreadMessage"]

MODULE = Module(
    name="notifications",
    title=_("Notifications"),
    pages=(blueprint,),
    jobs=(*delivery.JOBS, *webhooks.JOBS),
    menu=(MenuEntry("admin", _("Outgoing mail"), "notifications.outbox", "send", "admin.open", order=60),),
)
