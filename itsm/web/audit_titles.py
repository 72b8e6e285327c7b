"""What the entries of the audit log are called: a subject and what was done to it, put together from their codes."""

from functools import cache
from typing import Any

from itsm.kernel.module import registry
from itsm.kernel.text import Message, _

SUBJECTS: dict[str, Message] = {
    "absence": _("Absence"), "access": _("Access"), "address": _("Address"), "approval": _("Approval"),
    "asset": _("Asset"), "assets": _("Assets"),
    "attachment": _("Attachment"), "audit": _("Audit log"), "canned_reply": _("Canned reply"),
    "category": _("Category"), "change": _("Change"),
    "change_model": _("Change model"), "ci": _("Configuration item"), "ci_class": _("CI class"),
    "cis": _("Configuration items"), "dashboard": _("Dashboard"), "field": _("Field"), "group": _("Group"),
    "incident": _("Incident"), "inventory": _("Inventory"), "inventory_agent": _("Inventory agent"),
    "licence": _("Licence"),
    "lifecycle": _("Life cycle"), "login": _("Sign-in"), "macro": _("Macro"), "major": _("Major incident"),
    "major_action": _("Action of a review"), "mail": _("Mail"), "mailbox": _("Mailbox"), "organisation": _("Organisation"),
    "outbox": _("Outgoing mail"), "person": _("Person"), "problem": _("Problem"), "question": _("Report"),
    "recurrence": _("Recurring ticket"), "report": _("Report"), "rota": _("Rota"), "rule": _("Rule"),
    "scan_range": _("Range of discovery"), "scan_run": _("Run of discovery"), "session": _("Session"),
    "setting": _("Setting"), "site": _("Site"), "skill": _("Skill"),
    "sla": _("Service level agreement"), "sla_calendar": _("SLA calendar"),
    "sla_calendar_source": _("Source of holidays"),
    "sla_clock": _("SLA clock"), "snmp_credential": _("SNMP credential"), "step": _("Step"),
    "task": _("Background task"), "task_template": _("Checklist"), "ticket_template": _("Ticket template"),
    "tickets": _("Tickets"), "token": _("API token"), "undo": _("Step taken back"), "view": _("View"),
}  # fmt: skip
STEPS: dict[str, Message] = {
    "added": _("added"), "allowed": _("allowed"), "asked": _("asked for"), "assigned": _("assigned"),
    "brought_back": _("brought back"), "cancelled": _("cancelled"),
    "candidate": _("burst found or decided about"),
    "change": _("changed"), "changed": _("changed"), "conflict": _("conflict"), "created": _("created"),
    "deleted": _("deleted"), "done": _("done"), "due": _("due"), "ended": _("ended"), "explained": _("explained"),
    "exported": _("exported"), "failed": _("failed"), "groups": _("groups changed"), "internal": _("internal note"),
    "level": _("level changed"), "limit": _("limit changed"),
    "members": _("members changed"), "moved": _("moved"), "note": _("note added"), "others_ended": _("all others ended"),
    "override": _("override changed"), "password_changed": _("password changed"), "people": _("people changed"),
    "public": _("answer to the requester"), "recomputed": _("recomputed"),
    "refused": _("refused"), "related": _("relation added"), "released": _("released"), "removed": _("removed"),
    "requested": _("asked for"), "reset_link_sent": _("link for a new password sent"), "retired": _("retired"),
    "retried": _("tried again"),
    "revoked": _("revoked"), "roles": _("roles changed"), "secret_changed": _("secret changed"),
    "steps": _("escalation steps changed"),
    "undone": _("taken back"), "unknown": _("unknown name"), "unrelated": _("relation removed"),
    "updated": _("changed"), "verify_asked": _("check asked for"), "voted": _("vote given"),
    "withdrawn": _("withdrawn"), "work": _("work noted"), "workers": _("working hours given or taken"),
}  # fmt: skip


def subject_title(kind: str) -> Message:
    """What a kind of subject is called; the code where nothing is known."""
    return SUBJECTS.get(kind, kind)


def action_title(action: str) -> Message:
    """What an action such as `person.created` is called; the code where its subject or its step is not known."""
    subject, _dot, step = action.partition(".")
    done = STEPS.get(step) or _life_cycle_steps(subject).get(step)
    if subject not in SUBJECTS or done is None:
        return action
    return _("%(subject)s: %(step)s", subject=SUBJECTS[subject], step=done)


@cache
def _life_cycle_steps(kind: str) -> dict[str, Any]:
    cycles = [cycle for name, cycle in registry().lifecycles.items() if name.split(".")[0] == kind]
    return {step.name: step.title for cycle in cycles for step in cycle.transitions}
