"""Mail from the door to the ticket: the rules of mail, each with what it must do to people, tickets and outgoing mail."""

from collections.abc import Iterator
from dataclasses import replace as replaced
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from incident.models import Incident
from itsm.channels.mail import mailboxes, queries, services
from itsm.channels.mail.models import IncomingMail, Mailbox
from itsm.channels.mail.reasons import Outcome
from itsm.identity import queries as identity
from itsm.identity import services as people
from itsm.identity.models import Person
from itsm.kernel import files
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.tickets import queries as tickets
from itsm.tickets import services as ticket_services
from itsm.tickets.models import Attachment, JournalEntry, Ticket
from tests.channels.mail.letters import DESK, bounce_of, letter, outgoing, sent_form, waiting
from tests.factories import Factory


@pytest.fixture
def settings_with(app: Flask) -> Iterator[Any]:
    """Changes settings for one test."""
    before = app.config["ITSM"]

    def change(**values: Any) -> None:
        app.config["ITSM"] = replaced(app.config["ITSM"], **values)

    yield change
    app.config["ITSM"] = before


def receive(raw: bytes, mailbox: Mailbox | None = None) -> Outcome:
    return services.receive(raw, mailbox)


def ticket_of(outcome: Outcome) -> Ticket:
    found = tickets.find_ticket(SYSTEM, outcome.ticket or "")
    assert found is not None
    session.refresh(found)
    return found


def entries(ticket: Ticket) -> list[JournalEntry]:
    return tickets.whole_journal(ticket.id)


def last_mail_row() -> IncomingMail:
    found = session.scalars(select(IncomingMail).order_by(IncomingMail.id.desc())).first()
    assert found is not None
    return found


def number_of_tickets() -> int:
    return session.scalar(select(func.count()).select_from(Ticket)) or 0


def new_ticket(**facts: str) -> tuple[Ticket, str]:
    """A ticket opened by mail and the Message-ID of the confirmation that it got."""
    ticket = ticket_of(receive(letter(**facts)))
    return ticket, waiting()[-1].payload["headers"]["Message-ID"]


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


class TestConfirmation:
    def test_it_carries_the_number_and_answers_the_mail(self, app: Flask, make: Factory) -> None:
        outcome = receive(letter(message_id="<first@example.org>"))
        (row,) = waiting()
        mail = sent_form(row)
        assert outcome.ticket is not None
        assert mail["Subject"] == f"[{outcome.ticket}] Printer"
        assert outcome.ticket in mail.get_content()
        assert (row.recipient, mail["In-Reply-To"], mail["References"]) == (
            "ana@example.org",
            "<first@example.org>",
            "<first@example.org>",
        )

    def test_r9_it_is_marked_as_automatic(self, app: Flask, make: Factory) -> None:
        receive(letter())
        mail = sent_form(waiting()[0])
        assert (mail["Auto-Submitted"], mail["X-Auto-Response-Suppress"]) == ("auto-replied", "All")

    def test_it_speaks_the_persons_language_zone_and_never_tells_notes(self, app: Flask, make: Factory) -> None:
        make.person(email="ana@example.org", language="fa", timezone="Asia/Tehran")
        receive(letter())
        assert "۲۷ آبان ۱۴۰۵ ۱۲:۳۰" in sent_form(waiting()[0]).get_content()

    @pytest.mark.parametrize(
        "header",
        [
            {"Auto_Submitted": "auto-generated"},
            {"Return_Path": "<>"},
            {"List_Id": "<l.example.org>"},
            {"List_Unsubscribe": "<mailto:x@example.org>"},
            {"Precedence": "Bulk"},
            {"Precedence": "junk"},
            {"X_Auto_Response_Suppress": "DR, OOF, AutoReply"},
            {"X_Auto_Response_Suppress": "All"},
            {"X_Loop": "yes"},
            {"X_Autogenerated": "1"},
            {"sender": "NoReply <noreply@example.org>"},
            {"sender": "MAILER-DAEMON@example.org"},
            {"sender": "owner-staff@example.org"},
        ],
    )
    def test_r1_to_r8_no_answer(self, app: Flask, make: Factory, header: dict[str, str]) -> None:
        outcome = receive(letter(**header))
        assert outcome.action == "created"
        assert outgoing() == []

    def test_r2_auto_submitted_no_is_answered(self, app: Flask, make: Factory) -> None:
        receive(letter(Auto_Submitted="no"))
        assert len(waiting()) == 1

    @pytest.mark.parametrize("header", [{"Auto_Submitted": "auto-replied (vacation)"}, {"X_Autoreply": "yes"}])
    def test_an_automatic_answer_to_nothing_opens_nothing(
        self, app: Flask, make: Factory, header: dict[str, str]
    ) -> None:
        outcome = receive(letter(**header))
        assert (outcome.action, outcome.ticket) == ("ignored", None)
        assert outcome.reason.startswith("auto_reply")
        assert (number_of_tickets(), outgoing()) == (0, [])

    def test_machines_do_not_become_people(self, app: Flask, make: Factory) -> None:
        ticket = ticket_of(receive(letter(sender="Disk <alarm@example.org>", Auto_Submitted="auto-generated")))
        assert ticket.requester_id is None
        assert ticket.description.startswith("Disk <alarm@example.org>\n\n")
        assert identity.find_by_email("alarm@example.org") is None

    def test_r12_r16_one_sender_gets_only_so_many(self, app: Flask, make: Factory) -> None:
        limit = app.config["ITSM"].mail_answers_per_hour
        for number in range(limit + 5):
            assert receive(letter(subject=f"Fault {number}")).action == "created"
        assert (len(waiting()), len(outgoing())) == (limit, limit + 5)
        assert outgoing()[-1].state == "held"

    def test_r33_receipt_requests_change_nothing(self, app: Flask, make: Factory) -> None:
        receive(letter(Disposition_Notification_To="ana@example.org"))
        assert len(waiting()) == 1

    def test_r32_nothing_is_smuggled_into_headers(self, app: Flask, make: Factory) -> None:
        receive(letter(subject="=?utf-8?q?a=0d=0aBcc:_x@example.org=0d=0a=E2=80=AEb?="))
        mail = sent_form(waiting()[0])
        assert mail["Bcc"] is None
        assert "\u202e" not in mail["Subject"]
        assert mail["Subject"].endswith("a Bcc: x@example.org b")


class TestJoining:
    def test_a_reply_joins_by_our_message_id(self, app: Flask, make: Factory) -> None:
        ticket, ours = new_ticket()
        outcome = receive(letter("It works\n\n> old text", subject="changed", In_Reply_To=ours))
        assert (outcome.action, outcome.ticket, outcome.reason) == ("appended", ticket.number, "reply")
        entry = entries(ticket)[-1]
        assert (entry.kind, entry.body, entry.by_requester, entry.automatic) == ("public", "It works", True, False)

    def test_r20_references_from_the_right(self, app: Flask, make: Factory) -> None:
        _first, older = new_ticket()
        second, newer = new_ticket(subject="Other")
        outcome = receive(letter(References=f"<x@y.example> {older} {newer}"))
        assert outcome.ticket == second.number

    def test_a_tag_in_the_subject_joins_behind_foreign_ones(self, app: Flask, make: Factory) -> None:
        ticket, _ours = new_ticket()
        subject = f"AW: [Ticket#2026050310000123] [JIRA-12] [#99] [{ticket.number}] Printer"
        assert receive(letter(subject=subject)).ticket == ticket.number

    @pytest.mark.parametrize("subject", ["[INC9999999] gone", "[INC000001] short", "[XYZ0000001] other kind"])
    def test_a_tag_without_its_ticket_opens_a_new_one(self, app: Flask, make: Factory, subject: str) -> None:
        assert receive(letter(subject=subject)).action == "created"

    def test_a_tag_in_the_body_does_not_join(self, app: Flask, make: Factory) -> None:
        ticket, ours = new_ticket()
        assert receive(letter(f"[{ticket.number}] {ours}")).action == "created"

    def test_r22_a_changed_message_id_does_not_join(self, app: Flask, make: Factory) -> None:
        _ticket, ours = new_ticket()
        assert receive(letter(In_Reply_To=ours.replace("opened", "openec"))).action == "created"

    def test_someone_in_copy_joins_by_the_customers_own_message_id(self, app: Flask, make: Factory) -> None:
        ticket, _ours = new_ticket(message_id="<first@example.org>", Cc="colleague@example.net")
        raw = letter(
            "Me too", sender="colleague@example.net", subject="AW: RE: Printer", References="<first@example.org>"
        )
        outcome = receive(raw)
        assert (outcome.action, outcome.ticket, outcome.reason) == ("appended", ticket.number, "reply")
        assert entries(ticket)[-1].kind == "public"

    @pytest.mark.parametrize("by", ["tag", "message-id", "first"])
    def test_r21_a_strangers_mail_is_a_note_for_review(self, app: Flask, make: Factory, by: str) -> None:
        agent = make.person(roles=("agent",), email="agent@desk.test")
        ticket, ours = new_ticket(message_id="<first@example.org>")
        ticket.assignee_id = agent.id
        count = len(outgoing())
        subject = f"[{ticket.number}] x" if by == "tag" else "x"
        reply_to = {"tag": "", "message-id": ours, "first": "<first@example.org>"}[by]
        outcome = receive(
            letter("Give me the password", sender="eve@evil.example", subject=subject, In_Reply_To=reply_to)
        )
        entry = entries(ticket)[-1]
        assert (outcome.action, outcome.reason) == ("appended", "not_a_participant: eve@evil.example")
        assert (entry.kind, entry.by_requester) == ("internal", False)
        assert "eve@evil.example" in entry.body
        assert len(outgoing()) == count
        assert identity.find_by_email("eve@evil.example") is None
        again = receive(letter("Now?", sender="eve@evil.example", subject=f"[{ticket.number}]"))
        assert again.reason.startswith("not_a_participant")

    def test_colleagues_watchers_and_the_group_belong_to_it(self, app: Flask, make: Factory) -> None:
        group, organisation = make.group(), make.organisation()
        make.person(email="ana@example.org", organisation_id=organisation.id)
        make.person(email="same@example.org", organisation_id=organisation.id)
        watcher = make.person(email="watcher@example.org")
        make.person(email="member@example.org", roles=("agent",), groups=(group,))
        ticket, ours = new_ticket()
        ticket.group_id = group.id
        ticket_services.watch(SYSTEM, ticket, person_id=watcher.id)
        for address in ("same@example.org", "watcher@example.org", "member@example.org"):
            assert receive(letter(sender=address, In_Reply_To=ours)).reason in {"reply", "agent_unverified"}

    def test_r21_colleagues_do_not_belong_to_a_restricted_groups_ticket(self, app: Flask, make: Factory) -> None:
        organisation = make.organisation()
        make.person(email="ana@example.org", organisation_id=organisation.id)
        make.person(email="same@example.org", organisation_id=organisation.id)
        ticket, _ours = new_ticket()
        ticket.group_id = make.group(restricted=True).id
        outcome = receive(letter("What is this about?", sender="same@example.org", subject=f"[{ticket.number}]"))
        assert (outcome.reason, entries(ticket)[-1].kind) == ("not_a_participant: same@example.org", "internal")

    def test_r14_our_own_address_is_an_internal_note_and_never_answered(self, app: Flask, make: Factory) -> None:
        ticket, ours = new_ticket()
        count = len(outgoing())
        outcome = receive(letter(sender=DESK, In_Reply_To=ours))
        assert (outcome.reason, entries(ticket)[-1].kind) == (f"own_address: {DESK}", "internal")
        new = receive(letter(sender=DESK))
        assert (new.action, ticket_of(new).requester_id, len(outgoing())) == ("created", None, count)

    def test_r25_commands_in_headers_do_nothing(self, app: Flask, make: Factory) -> None:
        ticket = ticket_of(receive(letter(X_OTRS_State="closed", X_Zammad_Ticket_Priority="1", X_Priority="1")))
        assert (ticket.state, ticket.priority) == ("new", ticket_of(receive(letter())).priority)


class TestAgents:
    def results(self, outcome: str = "pass", server: str = "mx.desk.test") -> str:
        return f"{server}; dmarc={outcome} (p=reject) header.from=desk.test"

    def reply(self, ours: str, results: str) -> Outcome:
        return receive(
            letter("Have you tried?", sender="agent@desk.test", In_Reply_To=ours, Authentication_Results=results)
        )

    @pytest.fixture
    def ticket(self, app: Flask, make: Factory, settings_with: Any) -> tuple[Ticket, str]:
        settings_with(mail_authserv_id="mx.desk.test")
        agent = make.person("Agent", roles=("agent",), email="agent@desk.test")
        ticket, ours = new_ticket()
        ticket.assignee_id = agent.id
        session.flush()
        return ticket, ours

    def test_a_verified_agent_answers_the_customer(self, ticket: tuple[Ticket, str]) -> None:
        outcome = self.reply(ticket[1], self.results())
        entry = entries(ticket[0])[-1]
        assert (outcome.reason, entry.by_requester, ticket[0].responded_at is not None) == ("agent_reply", False, True)
        row = waiting()[-1]
        assert (row.recipient, row.payload["by_person"]) == ("ana@example.org", True)

    @pytest.mark.parametrize("case", ["fail", "other server", "none", "injected below", "other domain"])
    def test_r23_r24_an_unverified_agent_is_the_customer(self, ticket: tuple[Ticket, str], case: str) -> None:
        results = {
            "fail": self.results("fail"),
            "other server": self.results(server="mx.evil.example"),
            "none": "",
            "injected below": f"mx.evil.example; none\r\nAuthentication-Results: {self.results()}",
            "other domain": "mx.desk.test; dmarc=pass header.from=evil.example",
        }[case]
        count = len(outgoing())
        outcome = self.reply(ticket[1], results)
        entry = entries(ticket[0])[-1]
        assert (outcome.reason, entry.by_requester, ticket[0].responded_at) == ("agent_unverified", True, None)
        assert all(row.recipient != "ana@example.org" for row in outgoing()[count:])

    def test_who_was_deactivated_speaks_on_no_ticket(self, ticket: tuple[Ticket, str], make: Factory) -> None:
        agent = session.get_one(Person, ticket[0].assignee_id)
        people.edit_person(SYSTEM, agent.id, version=None, changes={"active": False})
        count = len(outgoing())
        outcome = self.reply(ticket[1], self.results())
        entry = entries(ticket[0])[-1]
        assert (outcome.reason, entry.kind) == ("sender_inactive: agent@desk.test", "internal")
        assert (ticket[0].responded_at, len(outgoing())) == (None, count)


class TestClosedAndWaiting:
    def closed(self, make: Factory) -> tuple[Ticket, str]:
        ticket, ours = new_ticket()
        agent = make.actor()
        ticket_services.take_step(
            agent, ticket, "resolve", fields={"resolution_code": "fixed", "resolution": "New cable"}
        )
        ticket_services.take_step(agent, ticket, "close")
        return ticket, ours

    def test_a_reply_to_a_closed_ticket_continues_it(self, app: Flask, make: Factory) -> None:
        ticket, ours = self.closed(make)
        outcome = receive(letter("Broken again", In_Reply_To=ours))
        fresh = ticket_of(outcome)
        assert isinstance(fresh, Incident)
        assert (outcome.action, outcome.reason) == ("created", f"continued: {ticket.number}")
        assert (fresh.reopened_from_id, ticket.state) == (ticket.id, "closed")
        assert waiting()[-1].payload["subject"].startswith(f"[{fresh.number}]")

    def test_a_reply_to_a_resolved_ticket_reopens_it(self, app: Flask, make: Factory) -> None:
        ticket, ours = new_ticket()
        ticket_services.take_step(
            make.actor(), ticket, "resolve", fields={"resolution_code": "fixed", "resolution": "x"}
        )
        receive(letter("No", In_Reply_To=ours, X_Auto_Response_Suppress="DR, OOF, AutoReply"))
        assert (ticket_of(Outcome("", ticket.number, "")).state, ticket.reopenings) == ("in_progress", 1)

    @pytest.mark.parametrize("state", ["closed", "resolved", "on_hold"])
    def test_r34_out_of_office_is_stored_and_moves_nothing(self, app: Flask, make: Factory, state: str) -> None:
        ticket, ours = new_ticket()
        agent = make.actor()
        if state == "on_hold":
            ticket_services.take_step(agent, ticket, "hold", fields={"hold_reason": "customer"})
        else:
            fields = {"resolution_code": "fixed", "resolution": "x"}
            ticket_services.take_step(agent, ticket, "resolve", fields=fields)
        if state == "closed":
            ticket_services.take_step(agent, ticket, "close")
        before, count = ticket.version, len(outgoing())
        outcome = receive(letter("I am away", In_Reply_To=ours, Auto_Submitted="auto-replied"))
        entry = entries(ticket)[-1]
        assert (outcome.action, outcome.ticket) == ("appended", ticket.number)
        assert outcome.reason.startswith("automatic")
        assert (entry.automatic, entry.body) == (True, "I am away")
        assert (ticket.state, ticket.version, len(outgoing())) == (state, before, count)


class TestReports:
    def test_r17_r18_a_bounce_is_noted_and_marks_the_address(self, app: Flask, make: Factory) -> None:
        ticket, ours = new_ticket()
        count, state = len(outgoing()), ticket.state
        outcome = receive(bounce_of(ours, address="Ana@example.org"))
        entry = entries(ticket)[-1]
        person = session.get_one(Person, ticket.requester_id)
        session.refresh(person)
        assert (outcome.action, outcome.reason, entry.kind) == ("appended", "bounce: failed", "bounce")
        assert "5.1.1" in entry.body
        assert person.mail_failed_at is not None
        assert (ticket.state, len(outgoing())) == (state, count)
        assert receive(letter(subject="Next")).action == "created"
        assert outgoing()[-1].state == "held"

    @pytest.mark.parametrize(("action", "status"), [("failed", "4.2.2"), ("delayed", "4.4.1"), ("delivered", "2.0.0")])
    def test_r18_r19_temporary_ones_do_not_mark(self, app: Flask, make: Factory, action: str, status: str) -> None:
        ticket, ours = new_ticket()
        receive(bounce_of(ours, address="ana@example.org", action=action, status=status))
        person = session.get_one(Person, ticket.requester_id)
        session.refresh(person)
        assert person.mail_failed_at is None

    def test_an_invented_bounce_marks_nobody(self, app: Flask, make: Factory) -> None:
        person = make.person(email="ana@example.org")
        outcome = receive(bounce_of("<made-up@example.org>", address="ana@example.org"))
        session.refresh(person)
        assert (outcome.action, outcome.reason, person.mail_failed_at) == ("ignored", "foreign_bounce: failed", None)

    def test_r13_our_own_mail_coming_back_is_dropped(self, app: Flask, make: Factory) -> None:
        ticket, ours = new_ticket()
        count = len(entries(ticket))
        outcome = receive(letter(message_id=ours, subject=f"[{ticket.number}]", In_Reply_To=ours))
        assert (outcome.action, outcome.ticket) == ("ignored", None)
        assert (number_of_tickets(), len(entries(ticket))) == (1, count)

    def test_r35_a_complaint_stops_mail_and_makes_no_ticket(self, app: Flask, make: Factory) -> None:
        ticket, ours = new_ticket()
        body = (
            "--b\nContent-Type: text/plain\n\nspam\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n"
            f"Original-Rcpt-To: ana@example.org\n\n--b\nContent-Type: message/rfc822\n\nMessage-ID: {ours}\n\nx\n--b--"
        )
        raw = letter(body, Content_Type="multipart/report; report-type=feedback-report; boundary=b")
        person = session.get_one(Person, ticket.requester_id)
        assert receive(raw).action == "ignored"
        session.refresh(person)
        assert person.mail_failed_at is not None
        assert number_of_tickets() == 1

    @pytest.mark.parametrize(
        ("part", "reason"),
        [
            (
                "Content-Type: message/disposition-notification\n\nDisposition: a/b; displayed",
                "read_receipt: displayed",
            ),
            ("Content-Type: text/calendar; method=REPLY\n\nBEGIN:VCALENDAR\nMETHOD:REPLY\nUID:1", "calendar_reply"),
        ],
    )
    def test_r36_receipts_and_calendar_answers_make_no_ticket(
        self, app: Flask, make: Factory, part: str, reason: str
    ) -> None:
        raw = letter(f"--b\n{part}\n--b--", Content_Type="multipart/mixed; boundary=b")
        outcome = receive(raw)
        assert (outcome.action, outcome.reason, number_of_tickets()) == ("ignored", reason, 0)


class TestKeeping:
    def test_r26_a_second_delivery_changes_nothing(self, app: Flask, make: Factory) -> None:
        raw = letter()
        first, second = receive(raw), receive(raw)
        assert (second.action, second.ticket, number_of_tickets()) == ("duplicate", first.ticket, 1)
        assert len(outgoing()) == 1

    def test_r26_without_a_message_id_the_content_counts(self, app: Flask, make: Factory) -> None:
        raw = letter().replace(b"Message-ID", b"X-Was-ID")
        assert [receive(raw).action, receive(b"Received: from elsewhere\r\n" + raw).action] == ["created", "duplicate"]

    def test_another_mailbox_is_another_delivery(self, app: Flask, make: Factory) -> None:
        box = mailboxes.create_mailbox(SYSTEM, name="Second", address="second@desk.test")
        raw = letter()
        assert [receive(raw).action, receive(raw, box).action] == ["created", "created"]

    @pytest.mark.parametrize(("raw", "reason"), [(b"", "empty"), (b"\0\0\r\n", "empty")])
    def test_r27_what_cannot_be_read_is_quarantined(self, app: Flask, make: Factory, raw: bytes, reason: str) -> None:
        outcome = receive(raw)
        assert (outcome.action, outcome.reason, last_mail_row().state) == ("rejected", reason, "quarantined")

    def test_too_many_parts_are_quarantined(self, app: Flask, make: Factory) -> None:
        raw = letter("--b\n\nx\n" * 2000 + "--b--", Content_Type="multipart/mixed; boundary=b")
        assert receive(raw).reason == "too_many_parts"

    def test_r29_a_large_file_is_left_out_with_a_note(self, app: Flask, make: Factory) -> None:
        big = "A" * (30 * 1024 * 1024)
        body = f"--b\n\nsee film\n--b\nContent-Disposition: attachment; filename=film.avi\n\n{big}\n--b--"
        outcome = receive(letter(body, Content_Type="multipart/mixed; boundary=b"))
        ticket = ticket_of(outcome)
        assert (ticket.title, outcome.action) == ("Printer", "created")
        assert ticket.description == "see film\n\n[Left out: film.avi, 30 MB is more than is kept]"
        assert session.scalars(select(Attachment).where(Attachment.ticket_id == ticket.id)).all() == []

    def test_r29_of_a_mail_beyond_every_limit_the_beginning_is_read(self, app: Flask, make: Factory) -> None:
        body = "--b\n\nhello\n--b\nContent-Disposition: attachment; filename=a\n\n" + "A" * (65 * 1024 * 1024)
        ticket = ticket_of(receive(letter(body, Content_Type="multipart/mixed; boundary=b")))
        assert ticket.description == "hello\n\n[This mail has 65 MB; only its beginning was read]"

    def test_a_quarantined_mail_can_be_released(self, app: Flask, make: Factory) -> None:
        outcome = receive(letter(sender="nobody"))
        assert outcome.action == "rejected"
        entry = last_mail_row()
        again = services.retry(SYSTEM, entry)
        assert (again.action, entry.state) == ("rejected", "quarantined")
        released = services.release(SYSTEM, entry)
        ticket = ticket_of(released)
        assert (released.action, released.reason, entry.state, ticket.requester_id) == (
            "created",
            "released",
            "done",
            None,
        )
        assert outgoing() == []

    def test_even_an_unreadable_one_can_be_released(self, app: Flask, make: Factory) -> None:
        receive(b"\0")
        entry = last_mail_row()
        assert services.release(SYSTEM, entry).action == "created"
        assert queries.get_incoming(SYSTEM, entry.id).state == "done"

    def test_hostile_text_stays_text(self, app: Flask, make: Factory) -> None:
        subject = "'; DROP TABLE ticket; -- <script>alert(1)</script>"
        ticket = ticket_of(receive(letter('" onload=1 {{ 7*7 }} %(x)s', subject=subject)))
        assert (ticket.title, ticket.description) == (subject, '" onload=1 {{ 7*7 }} %(x)s')
        assert "49" not in sent_form(waiting()[0]).get_content()
