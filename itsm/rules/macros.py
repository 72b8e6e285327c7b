"""Every write to macros, and running one."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import func, select

from itsm.identity.models import Group
from itsm.identity.sharing import SCOPES
from itsm.kernel import audit
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Conflict, Forbidden, Invalid, ItsmError
from itsm.kernel.records import apply_changes, check_version, get, locked, require
from itsm.kernel.text import Message, _
from itsm.kernel.undo import Undo
from itsm.rules import live, policy, queries
from itsm.rules.actions import Run, checked, perform
from itsm.rules.models import Macro, Rule
from itsm.rules.services import checked_kinds, checked_name
from itsm.tickets.models import Ticket
from itsm.tickets.services import undoable
from itsm.tickets.services.journal import require_work


@dataclass(frozen=True)
class MacroResult:
    """What a macro did on one ticket: its actions in words, or why nothing of it was done.

    `undo` takes the whole run back, on all its tickets.
    """

    ticket: Ticket
    done: Sequence[Message] = ()
    error: ItsmError | None = None
    undo: Undo | None = None


def run_macro(actor: Actor, tickets: Sequence[Ticket], macro: Macro) -> list[MacroResult]:
    """Run a macro on tickets; on each all of it or nothing. What one ticket refuses stands in its result. Rules: U7, U9."""
    _require_use(actor, macro)
    title = _("Macro “%(name)s”", name=macro.name)
    back = f"/{type(tickets[0]).path}/{tickets[0].number}" if len(tickets) == 1 else "/desk"
    with undoable(actor, tickets, title=title, back=back, whole=True) as step:
        results = [_run_on(actor, ticket, macro) for ticket in tickets]
    return [replace(each, undo=step.undo) for each in results]


def _require_use(actor: Actor, macro: Macro) -> None:
    require(actor, "macros.use")
    if not policy.may_use(actor, macro) and not policy.may_keep(actor, macro):
        raise Forbidden(_("This macro is not yours to use."))
    if not macro.active:
        raise Conflict(_("The macro “%(name)s” is switched off.", name=macro.name))


def _run_on(actor: Actor, ticket: Ticket, macro: Macro) -> MacroResult:
    try:
        with session.begin_nested():
            return MacroResult(ticket, done=_perform(actor, ticket, macro))
    except ItsmError as error:
        return MacroResult(ticket, error=error)


def _perform(actor: Actor, ticket: Ticket, macro: Macro) -> Sequence[Message]:
    if macro.kinds and ticket.kind not in macro.kinds:
        raise Conflict(_("The macro is not for tickets of this kind."))
    require_work(actor, ticket)
    run = Run(actor, ticket, key=f"m{uuid.uuid4().hex}", by_rule=False, source=macro.name)
    return perform(run, macro.actions)


def run_in_bulk(actor: Actor, ticket: Ticket, macro_id: int) -> Sequence[Message]:
    """Run a macro on one of many tickets; raises what the ticket refuses."""
    macro = queries.get_macro(actor, macro_id)
    _require_use(actor, macro)
    return _perform(actor, ticket, macro)


def offered_in_bulk(actor: Actor) -> dict[int, str]:
    """Macros that the actor may run on many tickets, in order."""
    return {each.id: each.name for each in live.macros() if policy.may_use(actor, each)}


def create_macro(actor: Actor, values: Mapping[str, Any]) -> Macro:
    """Record a macro, last in order; group's and everyone's need the right to share."""
    require(actor, "macros.use")
    facts = _checked(actor, values)
    last = session.scalar(select(func.max(Macro.order))) or 0
    row = Macro(**facts, owner_id=actor.person_id, order=last + 1)
    _check_name(row)
    session.add(row)
    session.flush()
    audit.record(actor, "macro.created", subject_kind="macro", subject_id=row.id, changes={"name": [None, row.name]})
    live.renew()
    return row


def edit_macro(actor: Actor, macro_id: int, *, version: int | None, values: Mapping[str, Any]) -> Macro:
    """Change a macro; what `values` leaves out stays."""
    row = _kept(actor, macro_id)
    check_version(row, version)
    before = {name: getattr(row, name) for name in ("name", "scope", "group_id", "kinds", "actions", "active")}
    facts = _checked(actor, {**before, **values})
    apply_changes(actor, row, facts, kind="macro")
    _check_name(row)
    live.renew()
    return row


def delete_macro(actor: Actor, macro_id: int) -> None:
    """Remove a macro."""
    row = _kept(actor, macro_id)
    session.delete(row)
    session.flush()
    audit.record(actor, "macro.deleted", subject_kind="macro", subject_id=macro_id, changes={"name": [row.name, None]})
    live.renew()


def _kept(actor: Actor, macro_id: int) -> Macro:
    row = locked(Macro, queries.get_macro(actor, macro_id).id)
    if not policy.may_keep(actor, row):
        raise Forbidden(_("This macro is not yours to change."))
    if not actor.has("rules.edit") and _is_run_by_rules(macro_id):
        raise Forbidden(_("A rule runs this macro, so only those who make rules may change it."))
    return row


def _is_run_by_rules(macro_id: int) -> bool:
    """Whether some rule, active or not, runs a macro: with the rights of the system, not of who changes it."""
    return any(
        each.get("macro_id") == macro_id for actions in session.scalars(select(Rule.actions)) for each in actions
    )


def _checked(actor: Actor, values: Mapping[str, Any]) -> dict[str, Any]:
    scope = values.get("scope") or "own"
    if scope not in SCOPES:
        raise Invalid.field("scope", _("Choose one of: %(names)s.", names=", ".join(SCOPES)))
    if scope != "own":
        require(actor, "macros.share")
    group_id = values.get("group_id") if scope == "group" else None
    if scope == "group":
        if group_id is None:
            raise Invalid.field("group_id", _("Choose the group."))
        get(Group, group_id)
    return {
        "name": checked_name(values),
        "scope": scope,
        "group_id": group_id,
        "kinds": checked_kinds(values),
        "actions": checked(values.get("actions") or (), for_macro=True),
        "active": bool(values.get("active", True)),
    }


def _check_name(row: Macro) -> None:
    """Names differ within what one person sees as theirs, a group's or everyone's."""
    same = select(Macro.id).where(Macro.name == row.name, Macro.scope == row.scope, Macro.id != (row.id or 0))
    same = same.where(Macro.owner_id == row.owner_id) if row.scope == "own" else same
    same = same.where(Macro.group_id == row.group_id) if row.scope == "group" else same
    if session.scalar(same.limit(1)) is not None:
        raise Invalid.field("name", _("“%(name)s” exists already.", name=row.name))
