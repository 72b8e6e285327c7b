"""What the site decided about major incidents: when a burst is one, how often to speak, and the words to begin with."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from incident.major.phases import IDENTIFIED, INVESTIGATING, MONITORING, RESOLVED
from itsm.kernel import preferences
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid
from itsm.kernel.records import require
from itsm.kernel.text import Message, _

KEY = "major"
EDIT = "major.configure"
TEMPLATES: Mapping[str, Message] = {
    INVESTIGATING: _(
        "We know that %(headline)s is disturbed and are looking for the cause. We will tell you more soon."
    ),
    IDENTIFIED: _("We have found the cause of the trouble with %(headline)s and are working on it."),
    MONITORING: _(
        "%(headline)s should work again. We are watching it closely; please tell us if you still see trouble."
    ),
    RESOLVED: _("%(headline)s works again. Thank you for your patience."),
}
RANGES = {"tickets": (2, 1000), "minutes": (1, 1440), "cadence_minutes": (0, 1440)}


@dataclass(frozen=True)
class Plan:
    """`tickets` incidents about one thing within `minutes` are a candidate; `templates` replace the shipped words by phase."""

    tickets: int = 5
    minutes: int = 30
    cadence_minutes: int = 30
    templates: Mapping[str, str] = field(default_factory=dict)


def plan() -> Plan:
    """The plan in force."""
    return _plan_of(preferences.get(KEY, {}))


def _plan_of(kept: Mapping[str, Any]) -> Plan:
    return Plan(**{name: kept[name] for name in Plan.__dataclass_fields__ if name in kept})


def set_plan(actor: Actor, **values: Any) -> None:
    """Change the plan; `templates` that are empty return to the shipped words."""
    require(actor, EDIT)
    for name, (least, most) in RANGES.items():
        if name in values and not least <= values[name] <= most:
            raise Invalid.field(name, _("Enter a number from %(least)s to %(most)s.", least=least, most=most))
    if "templates" in values:
        given = values["templates"]
        values["templates"] = {phase: given[phase].strip() for phase in TEMPLATES if given.get(phase, "").strip()}
    preferences.change(actor, KEY, lambda kept: asdict(_plan_of(kept)) | values, {})


def words_for(phase: str, headline: str) -> str:
    """The words with which an update of a phase begins, about a headline."""
    own = plan().templates.get(phase)
    return own.replace("{headline}", headline) if own else str(TEMPLATES[phase]) % {"headline": headline}
