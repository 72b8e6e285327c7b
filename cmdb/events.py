"""What happens to configuration items."""

from dataclasses import dataclass

from itsm.kernel.events import Event


@dataclass(frozen=True)
class CiEvent(Event):
    """Base of all events about one CI."""

    ci_id: int
    actor_id: int | None


@dataclass(frozen=True)
class CiCreated(CiEvent):
    """A CI was recorded, by hand or by discovery (`origin`)."""

    class_key: str
    origin: str


@dataclass(frozen=True)
class CiChanged(CiEvent):
    """Facts of a CI changed; `fields` names columns, and attributes as `attributes.<name>`."""

    fields: frozenset[str]


@dataclass(frozen=True)
class CiMoved(CiEvent):
    """A CI went from one state to another."""

    before: str
    after: str
