"""What became of a mail and why, in stable words for programs and in sentences for people."""

from dataclasses import dataclass

from itsm.kernel.text import _
from itsm.tickets.models import Ticket

STATES = {"created": "done", "appended": "done", "ignored": "ignored", "rejected": "quarantined"}
REASONS = {
    "new_ticket": _("A new ticket was opened."),
    "continued": _("The ticket was closed; a new one continues it."),
    "reply": _("The mail was added to its ticket."),
    "automatic": _("An automatic answer was added; nothing else moves."),
    "agent_reply": _("An agent answered by mail."),
    "agent_unverified": _("The sender is an agent but was not verified; kept as the customer's text."),
    "not_a_participant": _("The sender does not belong to the ticket; kept as an internal note for review."),
    "own_address": _("The mail came from one of our own addresses; kept as an internal note."),
    "bounce": _("A delivery report was recorded on its ticket."),
    "own_message": _("One of our own mails came back."),
    "duplicate": _("This mail was delivered before."),
    "complaint": _("A complaint about our mail; automatic mail to the address is held."),
    "foreign_bounce": _("A delivery report about a mail that we did not send."),
    "account_bounce": _("A delivery report about a mail that belongs to no ticket."),
    "read_receipt": _("A receipt that a mail was read."),
    "calendar_reply": _("An answer to an invitation."),
    "auto_reply": _("An automatic answer that belongs to no ticket."),
    "no_valid_sender": _("The sender has no valid address."),
    "unknown_sender": _("Nobody knows the sender, and this mailbox accepts known people only."),
    "sender_inactive": _("The sender's record is switched off."),
    "empty": _("The mail is empty."),
    "too_large": _("The mail is too large to be read."),
    "too_deep": _("The parts of the mail are nested too deeply."),
    "too_many_parts": _("The mail has too many parts."),
    "error": _("Handling the mail failed. Try again after the cause is mended, or open a ticket from it."),
    "released": _("An administrator opened a ticket from it."),
}


@dataclass(frozen=True)
class Outcome:
    """What became of a mail: `action` of the contract, the ticket's number or None, and why."""

    action: str
    ticket: str | None
    reason: str


@dataclass(frozen=True)
class Verdict:
    """A decision about a mail while its ticket is still at hand; `code` is a key of `REASONS`."""

    action: str
    code: str
    ticket: Ticket | None = None
    detail: str = ""

    @property
    def outcome(self) -> Outcome:
        """The decision as it is told outside."""
        reason = f"{self.code}: {self.detail}" if self.detail else self.code
        return Outcome(self.action, self.ticket.number if self.ticket else None, reason)
