"""The words of staffing, as pages show them."""

from itsm.kernel.text import _

REASONS = {
    "holiday": _("holiday"),
    "sick": _("sick leave"),
    "training": _("training"),
    "parental": _("parental leave"),
    "travel": _("travel"),
    "other": _("other"),
}
LEVELS = {
    1: _("1: began"),
    2: _("2: with help"),
    3: _("3: alone"),
    4: _("4: difficult cases"),
    5: _("5: teaches it"),
}
STRATEGY_TITLES = {
    "none": _("nobody: the group takes tickets by hand"),
    "round_robin": _("in turn: each the next one"),
    "by_load": _("by load: whoever has the fewest open tickets"),
    "by_skill": _("by skill: the fewest open tickets among those with the skills of the category"),
}
