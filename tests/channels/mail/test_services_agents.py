"""Mail of agents: who is believed to be one."""

from typing import Any

import pytest
from flask import Flask

from itsm.channels.mail.reasons import Outcome
from itsm.identity import services as people
from itsm.identity.models import Person
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.tickets.models import Ticket
from tests.channels.mail.letters import letter, outgoing, waiting
from tests.channels.mail.receiving import entries, new_ticket, receive
from tests.factories import Factory


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
