"""The declaration of the mail channel."""

from itsm.channels.mail.commands import COMMANDS
from itsm.channels.mail.jobs import JOBS
from itsm.channels.mail.views import blueprint
from itsm.kernel.module import MenuEntry, Module, Permission
from itsm.kernel.text import _

MODULE = Module(
    name="mail",
    title=_("Mail"),
    pages=(blueprint,),
    permissions=(Permission("mail.edit", _("Manage mailboxes and incoming mail"), ("admin",)),),
    jobs=JOBS,
    menu=(MenuEntry("admin", _("Mailboxes"), "mail.overview", "inbox", "mail.edit", order=50),),
    commands=COMMANDS,
)
