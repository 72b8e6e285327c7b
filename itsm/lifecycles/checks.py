"""Checking an edited life cycle: the checks of every life cycle, and what the program itself relies on. Rule: L1.

Every fault names its place: `initial`, `states.<name>` or `steps.<name>`.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from itsm.identity.services import ROLES
from itsm.kernel.errors import Invalid
from itsm.kernel.lifecycle import Category, Fault, Lifecycle, LifecycleError, Transition
from itsm.kernel.lifecycles import built, definition_of
from itsm.kernel.module import registry
from itsm.kernel.text import LANGUAGES, _
from itsm.tickets.models import Ticket

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
MOST_STATES, MOST_STEPS = 40, 100
REQUESTER = "requester"
STEP_FIELDS = ("note", "hold_reason", "wake_at", "resolution_code", "resolution")
CATEGORIES = frozenset(category.value for category in Category)


def kinds() -> list[str]:
    """The kinds of tickets."""
    return [kind for kind in Ticket.__mapper__.polymorphic_map if kind != "ticket"]


def editable() -> list[str]:
    """The names of the life cycles of tickets, which can be edited."""
    known = kinds()
    return [name for name in registry().lifecycles if name.split(".")[0] in known]


def class_of(name: str) -> type[Ticket]:
    """The class of the tickets that a life cycle governs."""
    found: type[Ticket] = Ticket.__mapper__.polymorphic_map[name.split(".", maxsplit=1)[0]].class_
    return found


def step_fields(name: str) -> list[str]:
    """The fields that steps of a life cycle may take."""
    return [*STEP_FIELDS, *class_of(name).step_texts]


def permissions_for(name: str) -> list[str]:
    """The permissions that steps of a life cycle may need: those of its kind, and `requester`."""
    kind = name.split(".", maxsplit=1)[0]
    return [REQUESTER, *(each for each in registry().permissions if each.startswith(f"{kind}."))]


def checked(name: str, given: Mapping[str, Any]) -> tuple[Lifecycle, dict[str, Any]]:
    """The life cycle that a definition describes, and the definition as it is kept; raises `Invalid` with every fault."""
    shipped = registry().lifecycles[name]
    faults = [*_faults_of_values(name, given), *_faults_of_program(shipped, given["steps"])]
    try:
        lifecycle = built(shipped, given) if not faults else shipped
    except LifecycleError as error:
        faults += error.faults
        lifecycle = shipped
    if not faults and lifecycle[given["initial"]].category not in (Category.OPEN, Category.ACTIVE):
        faults.append(Fault("initial", _("The first state must be open or active.")))
    if faults:
        raise _refusal(faults)
    return lifecycle, definition_of(lifecycle)


def _refusal(faults: Iterable[Fault]) -> Invalid:
    errors: dict[str, list[Any]] = {}
    for fault in faults:
        errors.setdefault(fault.place, []).append(fault.message)
    return Invalid(_("This life cycle cannot work yet. Look at the marked places."), errors=errors)


def _faults_of_values(name: str, given: Mapping[str, Any]) -> list[Fault]:
    faults = []
    if not 1 <= len(given["states"]) <= MOST_STATES or not 1 <= len(given["steps"]) <= MOST_STEPS:
        faults.append(Fault("initial", _("A life cycle has 1 to 40 states and 1 to 100 steps.")))
    for place, each in [(f"states.{one['name']}", one) for one in given["states"]] + [
        (f"steps.{one['name']}", one) for one in given["steps"]
    ]:
        if not NAME.fullmatch(each["name"]):
            faults.append(Fault(place, _("A name is made of small letters, digits and _, and begins with a letter.")))
        if each.get("titles", {}).keys() - LANGUAGES.keys():
            faults.append(Fault(place, _("A title is in a language that this site does not have.")))
    faults += [
        Fault(f"states.{state['name']}", _("Choose one of: %(names)s.", names=", ".join(sorted(CATEGORIES))))
        for state in given["states"]
        if state["category"] not in CATEGORIES
    ]
    for step in given["steps"]:
        faults += _faults_of_step(name, step)
    return faults


def _faults_of_step(name: str, step: Mapping[str, Any]) -> list[Fault]:
    place = f"steps.{step['name']}"
    faults = []
    shipped = {each.permission for each in registry().lifecycles[name].transitions}
    if step["permission"] not in {*permissions_for(name), *shipped}:
        faults.append(Fault(place, _("There is no permission “%(name)s” for this.", name=step["permission"] or "–")))
    unknown_roles = sorted(set(step.get("roles", ())) - set(ROLES))
    faults += [Fault(place, _("There is no role “%(name)s”.", name=role)) for role in unknown_roles]
    taken = [*step.get("requires", ()), *step.get("accepts", ())]
    unknown_fields = sorted(set(taken) - set(step_fields(name)))
    faults += [Fault(place, _("Steps cannot ask for “%(name)s”.", name=field)) for field in unknown_fields]
    if len(taken) != len(set(taken)):
        faults.append(Fault(place, _("A field is asked for twice.")))
    return faults


def _faults_of_program(shipped: Lifecycle, steps: Iterable[Mapping[str, Any]]) -> list[Fault]:
    """Steps that the program takes by itself stay, and nobody gets round what it checks on the way to a state."""
    steps = list(steps)
    faults = [
        Fault(
            f"steps.{known.name}",
            _("The program takes this step by itself. It stays, from and to the same states; its title may change."),
        )
        for known in shipped.transitions
        if known.automatic and not any(_covers(step, known) for step in steps)
    ]
    return faults + [
        Fault(
            f"steps.{step['name']}", _("The program checks something on the way there; only its own steps lead there.")
        )
        for step in steps
        if step["name"] not in _guards_to(shipped, step["to"], otherwise=step["name"])
    ]


def _covers(step: Mapping[str, Any], known: Transition) -> bool:
    same = step["name"] == known.name and step["to"] == known.target
    return same and set(known.sources) <= set(step["from"])


def _guards_to(shipped: Lifecycle, state: str, *, otherwise: str) -> set[str]:
    """The steps that alone may lead to a state, if the program checks or takes all that lead there; else `otherwise`."""
    leading = [step for step in shipped.transitions if step.target == state]
    watched = bool(leading) and all(step.guard is not None or step.automatic for step in leading)
    return {step.name for step in leading} if watched else {otherwise}
