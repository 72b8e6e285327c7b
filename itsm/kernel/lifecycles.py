"""Which life cycles are in force: those that the program ships, or what an administrator made of them.

An edited life cycle is a version: a row that never changes, of which one of a kind is active. A process learns of another
active one by its digest, which is held with the other settings; what it built by a digest it keeps.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel import clock, preferences
from itsm.kernel.db import Base, BigId, session
from itsm.kernel.lifecycle import Category, Lifecycle, LifecycleError, State, Transition
from itsm.kernel.module import registry
from itsm.kernel.text import Message, OwnText, _

KEY = "lifecycles.active"  # the setting that holds life cycle → digest of its active version
SETTLED = "settled"  # the step by which tickets follow an edit of their life cycle
log = structlog.get_logger()


class LifecycleVersion(Base):
    """One edited form of a life cycle. `definition` is JSON as `definition_of` makes it; `active` marks the one in force.

    A version that returns to the shipped life cycle is kept like any other, and no version is then active.
    """

    __tablename__ = "lifecycle_version"
    __table_args__ = (UniqueConstraint("kind", "number"), Base.__table_args__)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(50))
    number: Mapped[int]
    definition: Mapped[dict[str, Any]]
    digest: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(default="")
    active: Mapped[bool] = mapped_column(default=False)
    made_by_id: Mapped[int | None] = mapped_column(BigId)
    made_by_name: Mapped[str] = mapped_column(default="")
    made_at: Mapped[datetime] = mapped_column(default=clock.now)


_built: dict[tuple[str, str], Lifecycle] = {}


def active(name: str) -> Lifecycle:
    """The life cycle in force under this name; raises `KeyError` when nothing of that name is shipped."""
    shipped = registry().lifecycles[name]
    digest = preferences.get(KEY, {}).get(name)
    if digest is None:
        return shipped
    return _built.get((name, digest)) or _read(name, shipped)


def names_of(kind: str) -> list[str]:
    """The names of a kind's life cycles; most kinds have one, which is called like them."""
    return [name for name in registry().lifecycles if name.split(".")[0] == kind]


def state_title(kind: str, state: str) -> Message:
    """The title of a state of a kind, also of one that only the shipped life cycle knows; else its name."""
    cycles = [active(name) for name in names_of(kind)] + [registry().lifecycles[name] for name in names_of(kind)]
    return next((cycle[state].title for cycle in cycles if state in cycle.states), state)


def step_title(kind: str, step: str) -> Message:
    """The title of a step of a kind, also of one that only the shipped life cycle knows; else its name."""
    if step == SETTLED:
        return _("The life cycle was changed")
    cycles = [active(name) for name in names_of(kind)] + [registry().lifecycles[name] for name in names_of(kind)]
    return next((each.title for cycle in cycles for each in cycle.transitions if each.name == step), step)


def in_force() -> tuple[Lifecycle, ...]:
    """All life cycles in force. No two are equal: what is made of them may be kept by them."""
    return tuple(active(name) for name in registry().lifecycles)


def _read(name: str, shipped: Lifecycle) -> Lifecycle:
    """Kept by the digest of the row that was read: another one may be announced whose row is not committed yet."""
    row = session.scalars(
        select(LifecycleVersion).where(LifecycleVersion.kind == name, LifecycleVersion.active)
    ).first()
    if row is None:
        return shipped
    try:
        _built[name, row.digest] = built(shipped, row.definition)
    except LifecycleError:
        log.exception("edited life cycle cannot be built; the shipped one is in force", lifecycle=name)
        _built[name, row.digest] = shipped
    return _built[name, row.digest]


def digest_of(definition: Mapping[str, Any]) -> str:
    """The digest of a definition, the same wherever it is computed."""
    text = json.dumps(definition, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def built(shipped: Lifecycle, definition: Mapping[str, Any]) -> Lifecycle:
    """The life cycle that a definition describes; raises `LifecycleError`.

    What only the program can say of a step (its guard, whether it happens by itself, its key) stays with the step's name.
    """
    known_steps = {step.name: step for step in reversed(shipped.transitions)}
    states = [_state(shipped, each) for each in definition["states"]]
    steps = [_step(known_steps.get(each["name"]), each) for each in definition["steps"]]
    return Lifecycle(shipped.kind, states, steps, initial=definition["initial"])


def _state(shipped: Lifecycle, given: Mapping[str, Any]) -> State:
    own = OwnText(given["titles"]) if given.get("titles") else None
    known = shipped.states.get(given["name"])
    title = own or (known.title if known else given["name"])
    return State(given["name"], Category(given["category"]), title, pauses=bool(given.get("pauses")))


def _step(known: Transition | None, given: Mapping[str, Any]) -> Transition:
    own = OwnText(given["titles"]) if given.get("titles") else None
    return Transition(
        given["name"],
        tuple(given["from"]),
        given["to"],
        own or (known.title if known else given["name"]),
        given["permission"],
        requires=tuple(given.get("requires", ())),
        accepts=tuple(given.get("accepts", ())),
        guard=known.guard if known else None,
        takes=bool(given.get("takes")),
        automatic=known.automatic if known else False,
        key=known.key if known else "",
        roles=tuple(given.get("roles", ())),
    )


def definition_of(lifecycle: Lifecycle) -> dict[str, Any]:
    """A life cycle as a definition; a title that the program ships is left out, so that it stays in every language."""
    return {
        "initial": lifecycle.initial,
        "states": [
            {
                "name": state.name,
                "category": state.category.value,
                "titles": _own_titles(state.title),
                "pauses": state.pauses,
            }
            for state in lifecycle.states.values()
        ],
        "steps": [
            {
                "name": step.name,
                "from": list(step.sources),
                "to": step.target,
                "titles": _own_titles(step.title),
                "permission": step.permission,
                "roles": list(step.roles),
                "requires": list(step.requires),
                "accepts": list(step.accepts),
                "takes": step.takes,
            }
            for step in lifecycle.transitions
        ],
    }


def _own_titles(title: Message) -> dict[str, str]:
    return dict(title.by_language) if isinstance(title, OwnText) else {}
