"""The declaration of the search page."""

from itsm.kernel.module import Module
from itsm.kernel.text import _
from itsm.search.commands import COMMANDS
from itsm.search.views import blueprint

MODULE = Module(name="search", title=_("Search"), pages=(blueprint,), commands=COMMANDS)
