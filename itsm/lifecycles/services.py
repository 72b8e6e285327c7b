"""Putting an edited life cycle in force, and returning to the shipped one. Rules: L1 to L3."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select, update

from itsm.kernel import audit, jobs, preferences
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Conflict, Invalid
from itsm.kernel.lifecycle import Lifecycle
from itsm.kernel.lifecycles import KEY, LifecycleVersion, active, definition_of, digest_of
from itsm.kernel.module import registry
from itsm.kernel.text import _
from itsm.lifecycles import queries
from itsm.lifecycles.checks import checked
from itsm.lifecycles.policy import require_edit
from itsm.lifecycles.settling import AT_ONCE, TASK, settle_tickets


def put_in_force(
    actor: Actor,
    name: str,
    given: Mapping[str, Any],
    *,
    based_on: str | None = None,
    moves: Mapping[str, str] | None = None,
    note: str = "",
) -> LifecycleVersion | None:
    """Check an edited life cycle and put it in force at once; None when nothing differs from what is in force.

    `moves` says for every state that disappears and has tickets which state they go to (state → state). `based_on` is the
    digest of what the edit began with. A few tickets follow in this transaction, many in the background.
    Raises `Invalid` that names every faulty place, or `moves.<state>` for a state without a successor, and `Conflict`.
    """
    require_edit(actor)
    queries.require_name(name)
    preferences.hold(KEY)  # two edits at once come one after the other, and the second sees what the first made
    before = active(name)
    if based_on is not None and based_on != digest_of(definition_of(before)):
        raise Conflict(_("Somebody else changed this life cycle meanwhile. Look at the present one and edit it again."))
    after, definition = checked(name, given)
    if digest_of(definition) == digest_of(definition_of(before)):
        return None
    complete = _complete_moves(name, before, after, moves or {})
    row = _keep(actor, name, definition, note)
    _announce(actor, row)
    _settle(actor, row, complete)
    return row


def _complete_moves(name: str, before: Lifecycle, after: Lifecycle, moves: Mapping[str, str]) -> dict[str, str]:
    found, faults = {}, {}
    for each in queries.touched(name, before, after):
        state = each.state.name
        target = moves.get(state) if each.gone else state
        if each.gone and each.tickets and target is None:
            faults[f"moves.{state}"] = [_("Say which state the tickets of “%(state)s” go to.", state=each.state.title)]
        elif target is not None and target not in after.states:
            faults[f"moves.{state}"] = [_("The state “%(state)s” does not exist.", state=target)]
        else:
            found[state] = target or each.proposal
    if faults:
        raise Invalid(_("Some tickets are in a state that disappears."), errors=faults)
    return found


def _keep(actor: Actor, name: str, definition: dict[str, Any], note: str) -> LifecycleVersion:
    newest = session.scalar(select(func.max(LifecycleVersion.number)).where(LifecycleVersion.kind == name))
    session.execute(update(LifecycleVersion).where(LifecycleVersion.kind == name).values(active=False))
    row = LifecycleVersion(
        kind=name,
        number=(newest or 0) + 1,
        definition=definition,
        digest=digest_of(definition),
        note=note.strip()[:250],
        active=not _is_shipped(name, definition),
        made_by_id=actor.person_id,
        made_by_name=actor.name,
    )
    session.add(row)
    session.flush()
    return row


def _is_shipped(name: str, definition: Mapping[str, Any]) -> bool:
    return digest_of(definition) == digest_of(definition_of(registry().lifecycles[name]))


def _announce(actor: Actor, row: LifecycleVersion) -> None:
    own = {row.kind: row.digest} if row.active else {}
    preferences.change(actor, KEY, lambda known: {name: known[name] for name in known.keys() - {row.kind}} | own, {})
    changes = {"lifecycle": [None, row.kind], "number": [None, row.number], "note": [None, row.note]}
    audit.record(actor, "lifecycle.changed", subject_kind="lifecycle", subject_id=row.id, changes=changes)


def _settle(actor: Actor, row: LifecycleVersion, moves: dict[str, str]) -> None:
    """Few tickets follow now. The task does the rest, and what other processes did before they learned of the edit."""
    if not moves:
        return
    if sum(queries.count_in(row.kind, moves.keys()).values()) <= AT_ONCE:
        ids = queries.ids_to_settle(row.kind, moves, after_id=0, limit=AT_ONCE)
        settle_tickets(actor, row.kind, moves, ids)
    payload = {"name": row.kind, "moves": moves, "number": row.number}
    title = str(_("Tickets follow the life cycle “%(name)s”", name=row.kind))
    jobs.enqueue(TASK, payload, title=title, requested_by_id=actor.person_id)


def return_to_shipped(actor: Actor, name: str, *, moves: Mapping[str, str] | None = None) -> LifecycleVersion | None:
    """Put the life cycle that the program ships in force again; see `put_in_force`."""
    queries.require_name(name)
    shipped = definition_of(registry().lifecycles[name])
    return put_in_force(actor, name, shipped, moves=moves, note=str(_("Back to the shipped one")))
