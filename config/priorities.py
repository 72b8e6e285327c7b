"""Impact, urgency and the matrix that makes a priority of them (Rule: P1, `domain.md`; ITIL 4)."""

from itsm.kernel.text import _

IMPACTS = {
    1: _("Whole organisation"),
    2: _("Site or department"),
    3: _("Group"),
    4: _("One person"),
}
URGENCIES = {
    1: _("Work stands still"),
    2: _("Work badly hindered"),
    3: _("Hindered"),
    4: _("Can wait"),
}
PRIORITIES = {
    1: _("Critical"),
    2: _("High"),
    3: _("Medium"),
    4: _("Low"),
    5: _("Planned"),
}
MATRIX = {  # impact -> priority for urgency 1, 2, 3, 4
    1: (1, 1, 2, 3),
    2: (1, 2, 3, 3),
    3: (2, 3, 3, 4),
    4: (3, 3, 4, 5),
}
