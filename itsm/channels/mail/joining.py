"""Which ticket a mail belongs to, and whether its sender may speak there. Rules: R20, R21, R31."""

from itsm.channels.mail import queries
from itsm.channels.mail.message import ParsedMail
from itsm.channels.mail.threading import reference_candidates, subject_tags
from itsm.identity import queries as identity
from itsm.identity.models import Person
from itsm.kernel.actor import SYSTEM
from itsm.kernel.errors import NotFound
from itsm.notifications import threads
from itsm.tickets import queries as tickets
from itsm.tickets import services
from itsm.tickets.models import Ticket

WATCHERS_ADDED = 10
TAGS_TRIED = 10


def find_ticket(parsed: ParsedMail) -> Ticket | None:
    """The ticket that a mail answers: by our signed Message-IDs and known ones from outside, then by subject tag."""
    candidates = reference_candidates(parsed)
    foreign = threads.find_ticket_ids(candidates)
    for message_id in candidates:
        found = find_signed(message_id) or (_by_id(foreign[message_id]) if message_id in foreign else None)
        if found is not None:
            return found
    found_tags = (_by_number(number) for number in subject_tags(parsed.subject)[:TAGS_TRIED])
    return next((ticket for ticket in found_tags if ticket is not None), None)


def find_signed(message_id: str) -> Ticket | None:
    """The ticket that one of our own Message-IDs names."""
    reference = threads.read_message_id(message_id)
    return _by_number(reference.number) if reference else None


def _by_number(number: str) -> Ticket | None:
    return tickets.find_ticket(SYSTEM, number)


def _by_id(ticket_id: int) -> Ticket | None:
    try:
        return tickets.get_by_id(SYSTEM, ticket_id)
    except NotFound:
        return None


def lock(ticket: Ticket) -> None:
    """Wait for whoever changes the ticket now, or the one where it goes on, and read their present state."""
    services.lock(ticket, tickets.living(ticket))


def living(cited: Ticket) -> Ticket:
    """The ticket where a cited one that is locked goes on, locked like it."""
    found = tickets.living(cited)
    if found.id != cited.id:
        services.lock(found)  # nearly always held already; not when it was merged further at this very moment
    return found


def is_participant(ticket: Ticket, person: Person | None, address: str) -> bool:
    """Whether a sender belongs to a ticket: its people, its group, the requester's organisation, or someone in copy.

    Colleagues belong to it only where its group is open: tickets of a restricted group are none of theirs.
    """
    if person is not None:
        people = {ticket.requester_id, ticket.opened_by_id, ticket.assignee_id}
        same_organisation = ticket.organisation_id is not None and person.organisation_id == ticket.organisation_id
        if person.id in people or (same_organisation and not _is_restricted(ticket)):
            return True
        if ticket.group_id is not None and person.id in identity.member_ids(ticket.group_id):
            return True
        if any(watcher.id == person.id for watcher in tickets.list_watchers(ticket.id)):
            return True
    return threads.is_participant(ticket.id, address)


def _is_restricted(ticket: Ticket) -> bool:
    return ticket.group_id is not None and identity.get_group(ticket.group_id).restricted


def other_addresses(parsed: ParsedMail, own_addresses: frozenset[str]) -> list[str]:
    """Addresses in To and Cc that are not our own; none of a list's mail. Rule: R31."""
    if parsed.is_list:
        return []
    named = dict.fromkeys(mailbox.address.lower() for mailbox in (*parsed.to, *parsed.cc))
    own = own_addresses | {address.lower() for address in parsed.delivered_to}
    return [address for address in named if address not in own]


def add_watchers(ticket: Ticket, addresses: list[str]) -> None:
    """People whom we know and who were in copy hear of the ticket from now on."""
    added = 0
    for person in queries.list_people_with(addresses[:WATCHERS_ADDED]):
        if person.id != ticket.requester_id and added < WATCHERS_ADDED:
            services.watch(SYSTEM.through("mail"), ticket, person_id=person.id)
            added += 1
