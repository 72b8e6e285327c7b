"""Mail about mail: bounces, complaints, receipts, our own coming back."""

import pytest
from flask import Flask

from itsm.identity.models import Person
from itsm.kernel.db import session
from tests.channels.mail.letters import bounce_of, letter, outgoing
from tests.channels.mail.receiving import entries, new_ticket, number_of_tickets, receive
from tests.factories import Factory


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
