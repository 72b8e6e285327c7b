"""Who may see and change saved views: they belong to a person, a group or everyone."""

from itsm.identity.sharing import Sharing
from itsm.kernel.text import _

GROUP_VIEWS = "views.group"
ALL_VIEWS = "views.all"
SHARING = Sharing(GROUP_VIEWS, ALL_VIEWS, _("You may not make views for others than yourself."))
