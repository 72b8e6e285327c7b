"""What a mail that was read does: the decisions of the mail rules, in their order. See `docs/rules.md`, Mail."""

from dataclasses import dataclass, replace

from sqlalchemy import update

from incident import services as incidents
from incident.models import Incident
from itsm.channels.mail import joining, trust
from itsm.channels.mail.automatic import answers_allowed, counts_as_contact
from itsm.channels.mail.charset import clean_line
from itsm.channels.mail.message import BounceReport, MailAttachment, ParsedMail
from itsm.channels.mail.models import Mailbox
from itsm.channels.mail.reasons import Verdict
from itsm.identity import queries as identity
from itsm.identity import services as people
from itsm.identity.actors import actor_of
from itsm.identity.models import Person
from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.db import session
from itsm.kernel.runtime import settings
from itsm.kernel.text import _, language
from itsm.notifications import threads
from itsm.tickets import policy
from itsm.tickets import services as tickets
from itsm.tickets.models import Ticket

OPENING_RIGHTS = frozenset({"incident.create", "incident.edit"})
LONGEST_TEXT = 190_000
MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Letter:
    """One mail on its way through the rules.

    `own_addresses` are those of the desk, lower case; `cut_bytes` is the mail's whole size when only its beginning was read.
    """

    parsed: ParsedMail
    mailbox: Mailbox | None
    own_addresses: frozenset[str]
    cut_bytes: int = 0

    @property
    def received_by(self) -> str:
        """The address of ours that the mail came to."""
        return self.mailbox.address if self.mailbox else ""

    @property
    def address(self) -> str:
        """The sender's address in lower case, or an empty text."""
        return self.parsed.sender.address.lower() if self.parsed.sender else ""


def handle(letter: Letter) -> Verdict:
    """Decide about one mail and do it."""
    for check in (_own_message, _complaint, _bounce, _receipt):
        verdict = check(letter)
        if verdict is not None:
            return verdict
    if letter.parsed.sender is None:
        return Verdict("rejected", "no_valid_sender", detail=letter.parsed.sender_reason or "")
    cited = joining.find_ticket(letter.parsed)
    if cited is not None:
        joining.lock(cited)
        return _append(letter, cited)
    return _open(letter)


def open_anyway(letter: Letter) -> Verdict:
    """A ticket from a mail that the rules kept back; nobody is created and nobody is answered."""
    person = identity.find_by_email(letter.address) if letter.address else None
    return replace(_create(letter, person, acknowledge=False), code="released")


def _own_message(letter: Letter) -> Verdict | None:
    """Rule: R13."""
    reference = threads.read_message_id(letter.parsed.message_id)
    return Verdict("ignored", "own_message", detail=reference.number) if reference else None


def _complaint(letter: Letter) -> Verdict | None:
    """Rule: R35. Only a complaint that cites a mail of ours holds further mail: anyone can write one."""
    report = letter.parsed.feedback
    if report is None:
        return None
    if report.original_message_id and threads.read_message_id(report.original_message_id):
        _mark_failed(report.recipients)
    return Verdict("ignored", "complaint", detail=", ".join(report.recipients))


def _bounce(letter: Letter) -> Verdict | None:
    """Rules: R17–R19. A report is believed when it cites a Message-ID that only we can have issued."""
    report = letter.parsed.bounce
    if report is None:
        return None
    cited = (report.original_message_id, letter.parsed.in_reply_to, *reversed(letter.parsed.references))
    ours = next((each for each in cited if each and threads.read_message_id(each)), None)
    if ours is None:
        return Verdict("ignored", "foreign_bounce", detail=report.kind)
    _mark_failed([recipient.address for recipient in report.recipients if recipient.is_permanent_failure])
    ticket = joining.find_signed(ours)
    if ticket is None:
        return Verdict("ignored", "account_bounce", detail=report.kind)
    tickets.write_journal(SYSTEM.through("mail"), ticket, "bounce", body=_report_text(report), automatic=True)
    return Verdict("appended", "bounce", ticket, detail=report.kind)


def _report_text(report: BounceReport) -> str:
    lines = [f"{each.address}: {each.action} {each.status} {each.diagnostic}".strip() for each in report.recipients]
    return "\n".join([report.kind, *lines])[:LONGEST_TEXT]


def _mark_failed(addresses: list[str] | tuple[str, ...]) -> None:
    known = [address.lower() for address in addresses]
    if known:
        session.execute(update(Person).where(Person.email.in_(known)).values(mail_failed_at=clock.now()))


def _receipt(letter: Letter) -> Verdict | None:
    """Rule: R36."""
    if letter.parsed.read_receipt:
        return Verdict("ignored", "read_receipt", detail=letter.parsed.read_receipt.disposition)
    if letter.parsed.calendar_reply:
        return Verdict("ignored", "calendar_reply", detail=letter.parsed.calendar_reply.status or "")
    return None


def _append(letter: Letter, cited: Ticket) -> Verdict:
    """Add a mail to the ticket where the cited one goes on, as what its sender may say there. Rules: R14, R21, R23, I7."""
    ticket = joining.living(cited)
    if letter.address in letter.own_addresses:
        return _note(letter, ticket, "own_address")
    person = identity.find_by_email(letter.address)
    if person is not None and not person.active:
        return _note(letter, ticket, "sender_inactive")
    if not any(joining.is_participant(each, person, letter.address) for each in (cited, ticket)):
        return _note(letter, ticket, "not_a_participant")
    actor, code = _speaker(letter, ticket, person)
    verdict = _write(letter, ticket, actor, code)
    _keep_thread(letter, verdict.ticket or ticket)
    return verdict


def _note(letter: Letter, ticket: Ticket, code: str) -> Verdict:
    sender = letter.parsed.sender
    shown = f"{sender.name} <{sender.address}>" if sender else ""
    body = f"{shown}\n\n{_reply_body(letter)}"
    actor = SYSTEM.through("mail")
    tickets.write_entry(actor, ticket, kind="internal", body=body, automatic=True, uploads=_uploads(letter))
    return Verdict("appended", code, ticket, detail=letter.address)


def _speaker(letter: Letter, ticket: Ticket, person: Person | None) -> tuple[Actor, str]:
    """As whom a participant speaks: an agent whom our own server vouches for as agent, everyone else as customer."""
    if person is None:
        name = clean_line(letter.parsed.sender.name if letter.parsed.sender else "") or letter.address
        return Actor(person_id=None, name=name[:250], channel="mail"), "reply"
    actor = actor_of(person, channel="mail")
    as_customer = replace(actor, permissions=frozenset(), grants_all=False)
    if ticket.requester_id == person.id or not policy.can_work(actor, ticket):
        return as_customer, "reply"
    results = letter.parsed.authentication_results
    if trust.is_vouched_for(results, authserv_id=settings().mail_authserv_id, address=letter.address):
        return actor, "agent_reply"
    return as_customer, "agent_unverified"


def _write(letter: Letter, ticket: Ticket, actor: Actor, code: str) -> Verdict:
    is_contact = counts_as_contact(letter.parsed)
    uploads, body = _uploads(letter), _reply_body(letter)
    if isinstance(ticket, Incident) and code != "agent_reply":
        incident = incidents.reply_as_requester(
            actor,
            ticket,
            body=body,
            uploads=uploads,
            automatic=not is_contact,
            acknowledge=answers_allowed(letter.parsed),
        )
        if incident.id != ticket.id:
            return Verdict("created", "continued", incident, detail=ticket.number)
    else:
        tickets.write_entry(actor, ticket, kind="public", body=body, uploads=uploads, automatic=not is_contact)
    return Verdict("appended", code if is_contact else "automatic", ticket, detail=letter.parsed.auto_reason or "")


def _open(letter: Letter) -> Verdict:
    """A new ticket, and the person behind it where nobody knows them yet. Rules: R1–R8, R14."""
    parsed = letter.parsed
    is_own = letter.address in letter.own_addresses
    is_machine = not counts_as_contact(parsed)
    if is_machine and _is_reply_of_a_machine(parsed.auto_reason or ""):
        return Verdict("ignored", "auto_reply", detail=parsed.auto_reason or "")
    person = None if is_own else identity.find_by_email(letter.address)
    if person is not None and not person.active:
        return Verdict("rejected", "sender_inactive", detail=letter.address)
    if person is None and not is_own:
        accepts = letter.mailbox.accepts_unknown if letter.mailbox else settings().mail_unknown_senders
        if not accepts:
            return Verdict("rejected", "unknown_sender", detail=letter.address)
        person = None if is_machine else _new_person(letter)
    return _create(letter, person, acknowledge=answers_allowed(parsed) and not is_own)


def _is_reply_of_a_machine(reason: str) -> bool:
    """Whether the mail is an answer that some program gave; other automatic mail may be an alarm and opens tickets."""
    lowered = reason.lower()
    return lowered.startswith(("auto-submitted: auto-replied", "x-autoreply", "x-auto-reply", "x-autorespond"))


def _new_person(letter: Letter) -> Person:
    sender = letter.parsed.sender
    name = clean_line(sender.name if sender else "")[:200] or letter.address.partition("@")[0]
    return people.create_person(SYSTEM.through("mail"), name=name, email=letter.address)


def _create(letter: Letter, person: Person | None, *, acknowledge: bool) -> Verdict:
    parsed, group_id = letter.parsed, letter.mailbox.group_id if letter.mailbox else None
    actor = SYSTEM.through("mail")
    if person is not None:
        actor = replace(actor_of(person, channel="mail"), permissions=OPENING_RIGHTS, grants_all=False)
    incident = incidents.open_incident(
        actor,
        title=parsed.title,
        description=_first_body(letter, person),
        requester_id=person.id if person else None,
        group_id=group_id,
        channel="mail",
        uploads=_uploads(letter),
        acknowledge=acknowledge,
    )
    if group_id is not None:
        incident.assignment_reason = "mail"
    _keep_thread(letter, incident)
    joining.add_watchers(
        incident, [each for each in joining.other_addresses(parsed, letter.own_addresses) if each != letter.address]
    )
    return Verdict("created", "new_ticket", incident, detail=parsed.auto_reason or "")


def _first_body(letter: Letter, person: Person | None) -> str:
    """The whole text: what a first mail quotes is part of the request."""
    sender = letter.parsed.sender
    head = f"{sender.name} <{sender.address}>\n\n" if sender and person is None else ""
    return _fitted(head + letter.parsed.text_or_placeholder, letter)


def _reply_body(letter: Letter) -> str:
    return _fitted(letter.parsed.reply_text.strip() or letter.parsed.text_or_placeholder, letter)


def _fitted(text: str, letter: Letter) -> str:
    notes = _left_out_notes(letter)
    cut = text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "…"
    return "\n\n".join([cut, *notes])


def _left_out_notes(letter: Letter) -> list[str]:
    """What was not kept with the ticket, for whoever reads it. Rule: R29."""
    with language(settings().language):
        notes = [
            str(
                _(
                    "[Left out: %(name)s, %(size)s MB is more than is kept]",
                    name=each.name,
                    size=_megabytes(each.size_bytes),
                )
            )
            for each in (*letter.parsed.left_out, *_too_large(letter))
        ]
        if letter.cut_bytes:
            size = _megabytes(letter.cut_bytes)
            notes.append(str(_("[This mail has %(size)s MB; only its beginning was read]", size=size)))
    return ["\n".join(notes)] if notes else []


def _megabytes(size_bytes: int) -> int:
    return max(1, round(size_bytes / MEGABYTE))


def _too_large(letter: Letter) -> list[MailAttachment]:
    limit = settings().attachment_limit_bytes
    return [each for each in letter.parsed.attachments if each.size_bytes > limit]


def _uploads(letter: Letter) -> list[tickets.Upload]:
    limit = settings().attachment_limit_bytes
    return [
        tickets.Upload(each.name, each.content, each.media_type, inline=each.inline, content_id=each.content_id or "")
        for each in letter.parsed.attachments
        if each.size_bytes <= limit
    ]


def _keep_thread(letter: Letter, ticket: Ticket) -> None:
    """Remember the mail as part of the ticket's conversation, so that answers to it find the ticket."""
    people_named = [letter.address, *joining.other_addresses(letter.parsed, letter.own_addresses)]
    threads.note_message(
        ticket.id,
        letter.parsed.message_id,
        received_by=letter.received_by,
        participants=[each for each in people_named if each],
    )
