"""What approvers decide on: each kind of record tells the engine about its own.

A module declares `Extension(SLOT, kind, read_many)`, where `read_many(actor, ids)` answers id → `Subject` for those that
the actor may see.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid
from itsm.kernel.module import registry
from itsm.kernel.text import Message, _

SLOT = "approval.subject"


@dataclass(frozen=True)
class Subject:
    """One record as approvers see it.

    `barred_ids` are people who asked for it and never vote on it; `permission` is what an approver must hold; `facts`
    are label and text, already written for the reader.
    """

    kind: str
    id: int
    number: str
    title: str
    address: str
    barred_ids: frozenset[int] = frozenset()
    permission: str = ""
    facts: Sequence[tuple[Message, Message]] = field(default=())


def read_subjects(actor: Actor, wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Subject]:
    """Subjects by kind and id, as far as the actor may see them; one call for each kind."""
    ids: dict[str, list[int]] = {}
    for kind, subject_id in wanted:
        ids.setdefault(kind, []).append(subject_id)
    found: dict[tuple[str, int], Subject] = {}
    for extension in registry().extensions(SLOT):
        if extension.name in ids:
            read = extension.read_many(actor, ids[extension.name])
            found |= {(extension.name, subject_id): subject for subject_id, subject in read.items()}
    return found


def find_subject(actor: Actor, kind: str, subject_id: int) -> Subject | None:
    """One subject, or None when there is none that the actor may see; raises `Invalid` for a kind that nobody declares."""
    if kind not in {extension.name for extension in registry().extensions(SLOT)}:
        raise Invalid.field("subject_kind", _("Records of the kind “%(kind)s” are not approved.", kind=kind))
    return read_subjects(actor, [(kind, subject_id)]).get((kind, subject_id))
