"""Keeping mail: once only, what cannot be read, what is too large, what is released."""

import pytest
from flask import Flask
from sqlalchemy import select

from itsm.channels.mail import mailboxes, queries, services
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.tickets.models import Attachment
from tests.channels.mail.letters import letter, outgoing, sent_form, waiting
from tests.channels.mail.receiving import last_mail_row, number_of_tickets, receive, ticket_of
from tests.factories import Factory


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
