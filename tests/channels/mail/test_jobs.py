"""Mail through real servers: SMTP into a real mailbox, IMAP into the desk, and the answers back out."""

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from flask import Flask
from imapclient import SEEN
from sqlalchemy import func, select

from itsm.channels.mail import intake, jobs, mailboxes
from itsm.channels.mail.models import IncomingMail, Mailbox
from itsm.identity import services as identity
from itsm.identity.actors import actor_of, forget_actors
from itsm.identity.models import Person
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session, unit_of_work
from itsm.kernel.outbox import OutboxMessage
from itsm.notifications.delivery import deliver
from itsm.tickets import queries as tickets
from itsm.tickets import services as ticket_services
from itsm.tickets.models import Ticket
from tests.channels.mail.letters import letter
from tests.journal import whole_journal
from tests.servers.mail import PASSWORD, MailServers, free_port
from tests.statements import counted

STATEMENTS_OF_A_MAIL = 18
_numbers = count(1)


@contextmanager
def desk_at(app: Flask, servers: MailServers, address: str, **facts: Any) -> Any:
    """Work inside a desk that reads a mailbox of the servers."""
    with app.app_context():
        forget_actors()
        with unit_of_work():
            box = mailboxes.create_mailbox(
                SYSTEM, name=address, address=address, host="127.0.0.1", port=servers.imap_port, security="none",
                password=PASSWORD, **facts,
            )  # fmt: skip
            mailbox_id = box.id
        yield mailbox_id
        session.remove()


def box_name() -> str:
    """A mailbox that no other test uses."""
    return f"desk{next(_numbers)}@desk.test"


def all_tickets() -> list[Ticket]:
    session.expire_all()
    return list(session.scalars(select(Ticket).order_by(Ticket.id)))


def number_of_mails() -> int:
    return session.scalar(select(func.count()).select_from(IncomingMail)) or 0


def test_a_mail_becomes_a_ticket_and_the_answer_comes_back(
    new_desk: Callable[..., Flask], mail_servers: MailServers
) -> None:
    address, customer = box_name(), "customer1@people.test"
    app = new_desk("one", smtp_url=mail_servers.smtp_url, mail_from=address)
    with desk_at(app, mail_servers, address):
        mail_servers.send(letter(sender=customer, to=address, subject="Skärmen är svart"), sender=customer, to=address)
        mail_servers.wait_for(address, 1)
        assert jobs.poll().done == 1
        (ticket,) = all_tickets()
        assert ticket.title == "Skärmen är svart"
        assert deliver().done == 1
        (confirmation,) = mail_servers.wait_for(customer, 1)
        assert confirmation["Subject"] == f"[{ticket.number}] Skärmen är svart"
        assert confirmation["Return-Path"] == "<>"
        with unit_of_work():
            agent = identity.create_person(SYSTEM, name="Agent", email="agent@people.test", roles=("agent",))
            actor = actor_of(agent, channel="web")
            ticket_services.write_entry(actor, tickets.get_by_id(actor, ticket.id), kind="public", body="Plugged in?")
        assert deliver().done == 1
        answer = mail_servers.wait_for(customer, 2)[1]
        assert answer.get_content().startswith("Plugged in?")
        reply = letter(
            "Yes!", sender=customer, to=str(answer["Reply-To"]), subject="Re: x", In_Reply_To=str(answer["Message-ID"])
        )
        mail_servers.send(reply, sender=customer, to=address)
        mail_servers.wait_for(address, 2)
        assert jobs.poll().done == 1
        assert [entry.body for entry in whole_journal(ticket.id)][-1] == "Yes!"
        assert len(all_tickets()) == 1


def test_r28_stored_mail_is_marked_and_is_not_read_again(
    new_desk: Callable[..., Flask], mail_servers: MailServers
) -> None:
    address = box_name()
    with desk_at(new_desk("one"), mail_servers, address) as mailbox_id:
        mail_servers.send(letter(), sender="ana@people.test", to=address)
        mail_servers.wait_for(address, 1)
        assert [jobs.poll().done, jobs.poll().done] == [1, 0]
        with mail_servers.open_box(address) as box:
            assert SEEN in next(iter(box.get_flags(box.search(["ALL"])).values()))
        mailbox = session.get_one(Mailbox, mailbox_id)
        assert (mailbox.last_error, mailbox.last_polled_at is not None) == ("", True)


def test_r28_stored_mail_is_moved_where_the_mailbox_says(
    new_desk: Callable[..., Flask], mail_servers: MailServers
) -> None:
    address = box_name()
    with mail_servers.open_box(address) as box:
        box.create_folder("Stored")
    with desk_at(new_desk("one"), mail_servers, address, archive_folder="Stored"):
        mail_servers.send(letter(), sender="ana@people.test", to=address)
        mail_servers.wait_for(address, 1)
        assert jobs.poll().done == 1
        with mail_servers.open_box(address) as box:
            assert box.search(["ALL"]) == []
            assert box.select_folder("Stored")[b"EXISTS"] == 1


def test_r27_bad_mail_stops_nobody(
    new_desk: Callable[..., Flask], mail_servers: MailServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = box_name()
    receive = intake.services.receive

    def failing(raw: bytes, mailbox: Mailbox | None) -> Any:
        if b"Poison" in raw:
            raise RuntimeError("cannot digest")
        return receive(raw, mailbox)

    monkeypatch.setattr(intake.services, "receive", failing)
    with desk_at(new_desk("one"), mail_servers, address):
        for subject in ("Good", "Poison", "Fine"):
            mail_servers.send(letter(subject=subject), sender="ana@people.test", to=address)
            mail_servers.wait_until_quiet()
        mail_servers.wait_for(address, 3)
        assert jobs.poll().done == 3
        assert [ticket.title for ticket in all_tickets()] == ["Good", "Fine"]
        row = session.scalars(select(IncomingMail).where(IncomingMail.state == "quarantined")).one()
        assert (row.reason, row.detail, row.subject) == ("error", "RuntimeError: cannot digest", "Poison")


def test_r28_what_was_not_stored_stays_new(
    new_desk: Callable[..., Flask], mail_servers: MailServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = box_name()

    def refuse(raw: bytes, mailbox_id: int) -> None:
        raise intake.NotStored("the database is away")

    with desk_at(new_desk("one"), mail_servers, address) as mailbox_id:
        mail_servers.send(letter(), sender="ana@people.test", to=address)
        mail_servers.wait_for(address, 1)
        with monkeypatch.context() as patched:
            patched.setattr(intake, "take_in", refuse)
            assert (jobs.poll().failed, number_of_mails()) == (1, 0)
        assert "away" in session.get_one(Mailbox, mailbox_id).last_error
        session.remove()
        assert (jobs.poll().done, number_of_mails()) == (1, 1)


def test_one_unreachable_server_stops_no_other(new_desk: Callable[..., Flask], mail_servers: MailServers) -> None:
    address = box_name()
    with desk_at(new_desk("one"), mail_servers, address):
        with unit_of_work():
            facts = {"host": "127.0.0.1", "security": "none", "password": "x"}
            dead = mailboxes.create_mailbox(
                SYSTEM, name="A dead one", address="dead@desk.test", port=free_port(), **facts
            )
            wrong = mailboxes.create_mailbox(
                SYSTEM, name="Wrong", address="wrong@desk.test", port=mail_servers.imap_port, **facts
            )
            ids = dead.id, wrong.id
        mail_servers.send(letter(), sender="ana@people.test", to=address)
        mail_servers.wait_for(address, 1)
        outcome = jobs.poll()
        assert (outcome.done, outcome.failed) == (1, 2)
        assert all(session.get_one(Mailbox, each).last_error for each in ids)


def test_a_mail_costs_the_same_number_of_statements_however_many_came_before(new_desk: Callable[..., Flask]) -> None:
    with new_desk("one").app_context():
        raws = [letter(subject=f"Fault {number}", sender=f"p{number % 5}@people.test") for number in range(40)]
        spent = []
        for raw in raws:
            with counted() as seen:
                assert intake.take_in(raw).action == "created"
            spent.append(len(seen))
        assert len(set(spent[5:])) == 1
        assert spent[-1] <= STATEMENTS_OF_A_MAIL


def test_r15_two_desks_that_mail_each_other_stop(new_desk: Callable[..., Flask], mail_servers: MailServers) -> None:
    """Desk A writes to an address that is desk B's mailbox; both confirm, and then it is quiet."""
    ours, theirs = box_name(), f"desk{next(_numbers)}@other.test"
    first = new_desk("first", smtp_url=mail_servers.smtp_url, mail_from=ours)
    second = new_desk("second", smtp_url=mail_servers.smtp_url, mail_from=theirs)
    second.config["ITSM"] = replace(second.config["ITSM"], secret_key="another-secret-key-of-enough-length")
    with desk_at(first, mail_servers, ours), unit_of_work():
        person = identity.create_person(SYSTEM, name="The other desk", email=theirs)
        from incident import services as incidents

        incidents.open_incident(SYSTEM, title="Please look", requester_id=person.id)
    with desk_at(second, mail_servers, theirs):
        pass
    for _round in range(5):
        for app in (first, second):
            with app.app_context():
                forget_actors()
                deliver()
                mail_servers.wait_until_quiet()
                jobs.poll()
                session.remove()
    sent = []
    for app in (first, second):
        with app.app_context():
            sent.append(session.scalar(select(func.count()).select_from(OutboxMessage)))
            assert len(all_tickets()) <= 1
            session.remove()
    assert sent[0] == 1
    assert sent[1] <= 1


def test_a_refused_address_and_a_returned_mail_are_both_noticed(
    new_desk: Callable[..., Flask], mail_servers: MailServers
) -> None:
    address = box_name()
    app = new_desk("one", smtp_url=mail_servers.smtp_url, mail_from=address, mail_bounce_address=address)
    with desk_at(app, mail_servers, address):
        mail_servers.send(letter(sender="gone@people.test", to=address), sender="x@people.test", to=address)
        mail_servers.send(letter(sender="a@outside.test", to=address), sender="x@people.test", to=address)
        mail_servers.wait_for(address, 2)
        assert jobs.poll().done == 2
        deliver()
        person = session.scalars(select(Person).where(Person.email == "gone@people.test")).one()
        assert person.mail_failed_at is not None
        session.remove()
        mail_servers.wait_for(address, 3)
        outcome = jobs.poll()
        assert outcome.done == 1
        row = session.scalars(select(IncomingMail).order_by(IncomingMail.id.desc())).first()
        assert row is not None
        assert (row.reason, row.state) == ("bounce", "done")
        outside = session.scalars(select(Person).where(Person.email == "a@outside.test")).one()
        assert outside.mail_failed_at is not None
