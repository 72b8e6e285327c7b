"""Mail on tickets that are closed, resolved or wait."""

import pytest
from flask import Flask

from incident.models import Incident
from itsm.channels.mail.reasons import Outcome
from itsm.tickets import services as ticket_services
from itsm.tickets.models import Ticket
from tests.channels.mail.letters import letter, outgoing, waiting
from tests.channels.mail.receiving import entries, new_ticket, receive, ticket_of
from tests.factories import Factory


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
