"""Actions that reach beyond the ticket: approvals, other systems, and the actions of a macro."""

from functools import reduce
from typing import Any
from urllib.parse import urlsplit

from itsm.approvals import services as approvals
from itsm.identity import queries as identity
from itsm.kernel.db import session
from itsm.kernel.errors import Conflict
from itsm.kernel.records import get
from itsm.kernel.text import Message, _
from itsm.notifications import webhooks
from itsm.rules.actions.base import ACTIONS, Action, Input, Run, Values, register
from itsm.rules.models import Macro
from itsm.tickets.present import as_message


def _ask(run: Run, values: Values) -> Message:
    approvals.ask(
        run.actor, run.ticket.kind, run.ticket.id, approver_ids=values["people"], quorum=values.get("quorum") or None
    )
    names = identity.person_names(set(values["people"]))
    return _("approval asked of %(names)s", names=", ".join(names[each] for each in values["people"]))


def _call(run: Run, values: Values) -> Message:
    """The ticket as the API shows it to staff, with what made it leave."""
    webhooks.queue_webhook(
        url=values["url"],
        body={"rule": run.source} | as_message(run.actor, run.ticket),
        event_key=f"rule:{run.key}:{values['url']}",
        sealed_secret=values.get("secret", ""),
    )
    return _("webhook to %(url)s", url=urlsplit(values["url"]).hostname)  # the rest of an address may be its secret


def _macro(run: Run, values: Values) -> Message:
    macro = get(Macro, values["macro_id"])
    if not macro.active:
        raise Conflict(_("The macro “%(name)s” is switched off.", name=macro.name))
    told = [ACTIONS[each["do"]].run(run, each) for each in macro.actions]
    done = reduce(lambda before, each: _("%(before)s; %(after)s", before=before, after=each), told)
    return _("macro “%(name)s”: %(done)s", name=macro.name, done=done)


def _macro_effects(values: Values) -> dict[str, Any]:
    macro, found = session.get(Macro, values["macro_id"]), dict[str, Any]()
    for each in macro.actions if macro is not None else ():
        found |= ACTIONS[each["do"]].effects(each)
    return found


register(
    Action(
        "approve",
        _("Ask for approval"),
        (
            Input("people", "people", _("Who decides"), hint=_("Mail addresses with commas between them.")),
            Input("quorum", "number", _("How many must approve"), required=False, hint=_("Empty means all of them.")),
        ),
        _ask,
        in_macros=False,
    ),
    Action(
        "webhook",
        _("Call a webhook"),
        (
            Input("url", "url", _("Address")),
            Input("secret", "secret", _("Secret that signs it"), required=False),
        ),
        _call,
        in_macros=False,
    ),
    Action(
        "macro",
        _("Run a macro"),
        (Input("macro_id", "macro", _("Macro")),),
        _macro,
        effects=_macro_effects,
        in_macros=False,
    ),
)
