"""Who does something, through which channel, with which rights."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person, a token or the system itself.

    `permissions` are names such as `incident.resolve`; `group_ids` are the groups the person works in;
    `hidden_group_ids` are restricted groups whose tickets the person may not see;
    `organisation_ids` are the organisations whose tickets colleagues may see together (own and below).
    `person_id` is None for the system and for anonymous visitors; `grants_all` marks the system and administrators.
    """

    person_id: int | None
    name: str
    permissions: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    group_ids: frozenset[int] = frozenset()
    hidden_group_ids: frozenset[int] = frozenset()
    organisation_ids: frozenset[int] = frozenset()
    language: str = "en"
    timezone: str = "UTC"
    channel: str = "system"
    grants_all: bool = False

    def has(self, permission: str) -> bool:
        """Whether the actor holds `permission`."""
        return self.grants_all or permission in self.permissions

    def through(self, channel: str) -> "Actor":
        """The same actor acting through another channel (`web`, `api`, `mail`, `phone`, `system`)."""
        return replace(self, channel=channel)

    @property
    def is_anonymous(self) -> bool:
        """Whether nobody is signed in."""
        return self.person_id is None and not self.grants_all


SYSTEM = Actor(person_id=None, name="itsm", grants_all=True)
ANONYMOUS = Actor(person_id=None, name="anonymous", channel="web")
