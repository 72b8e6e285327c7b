"""Mail that opens a ticket: whose it is, what is kept, who watches."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from itsm.channels.mail import mailboxes
from itsm.identity import queries as identity
from itsm.identity.models import Person
from itsm.kernel import files
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.tickets import queries as tickets
from itsm.tickets.models import Attachment
from tests.channels.mail.letters import letter, sent_form, waiting
from tests.channels.mail.receiving import entries, last_mail_row, receive, ticket_of
from tests.factories import Factory


class TestOpening:
    def test_a_mail_becomes_an_incident_of_its_sender(self, app: Flask, make: Factory) -> None:
        outcome = receive(letter("Help\nme", subject="Screen is black"))
        ticket = ticket_of(outcome)
        requester = session.get_one(Person, ticket.requester_id)
        assert (outcome.action, outcome.reason) == ("created", "new_ticket")
        assert (ticket.title, ticket.description, ticket.channel) == ("Screen is black", "Help\nme", "mail")
        assert (requester.name, requester.email, requester.password) == ("Ana Ruiz", "ana@example.org", None)
        assert entries(ticket)[0].by_requester

    def test_a_known_person_is_found_in_any_case(self, app: Flask, make: Factory) -> None:
        person = make.person("Ana", email="ana@example.org")
        assert ticket_of(receive(letter(sender="ANA@Example.ORG"))).requester_id == person.id

    def test_the_raw_mail_is_kept(self, app: Flask, make: Factory) -> None:
        raw = letter()
        outcome = receive(raw)
        row = last_mail_row()
        assert (row.state, row.ticket_id) == ("done", ticket_of(outcome).id)
        assert files.read(row.sha256) == raw

    def test_the_mailbox_names_the_group(self, app: Flask, make: Factory) -> None:
        make.group("First")
        printing = make.group("Printing")
        box = mailboxes.create_mailbox(SYSTEM, name="Print", address="print@desk.test", group_id=printing.id)
        ticket = ticket_of(receive(letter(to="print@desk.test"), box))
        assert (ticket.group_id, ticket.assignment_reason) == (printing.id, "mail")
        confirmation = sent_form(waiting()[-1])
        assert confirmation["Reply-To"] == "print@desk.test"
        assert confirmation["From"] == '"Printing, itsm" <print@desk.test>'

    def test_unknown_senders_are_kept_back_where_the_mailbox_says_so(self, app: Flask, make: Factory) -> None:
        box = mailboxes.create_mailbox(SYSTEM, name="Inside", address="in@desk.test", accepts_unknown=False)
        outcome = receive(letter(), box)
        assert (outcome.action, outcome.ticket, outcome.reason) == ("rejected", None, "unknown_sender: ana@example.org")
        assert last_mail_row().state == "quarantined"
        assert identity.find_by_email("ana@example.org") is None

    @pytest.mark.parametrize("sender", ["", "undisclosed", "Ana Ruiz", "<@example.org>", '"Ana" <ana>, other'])
    def test_nobody_is_created_from_rubbish(self, app: Flask, make: Factory, sender: str) -> None:
        before = session.scalar(select(func.count()).select_from(Person))
        outcome = receive(letter(sender=sender))
        assert outcome.action == "rejected"
        assert outcome.reason.startswith("no_valid_sender")
        assert last_mail_row().state == "quarantined"
        assert session.scalar(select(func.count()).select_from(Person)) == before

    def test_someone_switched_off_is_kept_back(self, app: Flask, make: Factory) -> None:
        make.person(email="ana@example.org", active=False)
        assert receive(letter()).reason == "sender_inactive: ana@example.org"

    def test_html_only_has_text(self, app: Flask, make: Factory) -> None:
        raw = letter("<p>Hello <b>desk</b></p><script>x()</script>", Content_Type="text/html; charset=utf-8")
        assert ticket_of(receive(raw)).description == "Hello desk"

    def test_known_people_in_copy_watch_ours_and_strangers_do_not(self, app: Flask, make: Factory) -> None:
        watcher = make.person(email="bo@example.org")
        mailboxes.create_mailbox(SYSTEM, name="Desk", address="help@desk.test")
        make.person(email="help@desk.test")
        ticket = ticket_of(receive(letter(Cc="Bo <bo@example.org>, help@desk.test, who@example.net")))
        assert [person.id for person in tickets.list_watchers(ticket.id)] == [watcher.id]
        assert identity.find_by_email("who@example.net") is None

    def test_r31_list_addresses_never_watch(self, app: Flask, make: Factory) -> None:
        make.person(email="bo@example.org")
        ticket = ticket_of(receive(letter(Cc="bo@example.org", List_Id="<staff.example.org>")))
        assert tickets.list_watchers(ticket.id) == []

    def test_attachments_are_kept_under_our_name(self, app: Flask, make: Factory) -> None:
        body = (
            "--b\nContent-Type: text/plain\n\nsee file\n--b\nContent-Type: text/html; name=../../x.html\n"
            "Content-Disposition: attachment\n\n<script>1</script>\n--b--"
        )
        ticket = ticket_of(receive(letter(body, Content_Type="multipart/mixed; boundary=b")))
        row = session.scalars(select(Attachment).where(Attachment.ticket_id == ticket.id)).one()
        assert (row.name, row.public) == ("x.html", True)
        assert files.read(row.sha256).strip() == b"<script>1</script>"
