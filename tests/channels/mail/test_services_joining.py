"""Mail that belongs to a ticket: how it is found, and who may write on it."""

import pytest
from flask import Flask

from itsm.channels.mail.reasons import Outcome
from itsm.identity import queries as identity
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.tickets import services as ticket_services
from tests.at_once import in_order, unit
from tests.channels.mail.letters import DESK, letter, outgoing
from tests.channels.mail.receiving import entries, new_ticket, receive, ticket_of
from tests.factories import Factory


class TestJoining:
    def test_a_reply_joins_by_our_message_id(self, app: Flask, make: Factory) -> None:
        ticket, ours = new_ticket()
        outcome = receive(letter("It works\n\n> old text", subject="changed", In_Reply_To=ours))
        assert (outcome.action, outcome.ticket, outcome.reason) == ("appended", ticket.number, "reply")
        entry = entries(ticket)[-1]
        assert (entry.kind, entry.body, entry.by_requester, entry.automatic) == ("public", "It works", True, False)

    @pytest.mark.parametrize("by", ["tag", "message-id"])
    def test_i7_a_reply_to_a_merged_ticket_reaches_the_living_one(self, app: Flask, make: Factory, by: str) -> None:
        merged, ours = new_ticket()
        living = make.incident()
        ticket_services.merge(SYSTEM, merged, living)
        cited = {"In_Reply_To": ours} if by == "message-id" else {}
        outcome = receive(letter("Still broken", subject=f"[{merged.number}] x" if by == "tag" else "x", **cited))
        assert (outcome.action, outcome.ticket, outcome.reason) == ("appended", living.number, "reply")
        assert (entries(living)[-1].kind, entries(living)[-1].body) == ("public", "Still broken")

    def test_a_merged_ticket_and_the_living_one_are_locked_in_the_order_of_their_ids(self, separate_app: Flask) -> None:
        with separate_app.app_context():
            living = Factory().incident()
            merged, ours = new_ticket()
            ticket_services.merge(SYSTEM, merged, living)
            ids, number = (living.id, merged.id), living.number
            session.commit()
            session.remove()
        raw = letter("Still broken", In_Reply_To=ours)
        outcome = in_order(separate_app, ids, unit(separate_app, lambda: receive(raw)))
        assert isinstance(outcome, Outcome), outcome
        assert (outcome.action, outcome.ticket) == ("appended", number)

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
