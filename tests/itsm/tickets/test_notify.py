"""Who hears what of a ticket by mail, and what must never leave the house."""

import pytest
from flask import Flask

from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.notifications import services as notifications
from itsm.notifications import threads
from itsm.tickets import closing, services
from itsm.tickets.closing import Period
from itsm.tickets.models import Ticket
from itsm.tickets.services import Upload
from tests.channels.mail.letters import outgoing, sent_form
from tests.factories import Factory
from tests.statements import counted

RESOLVED = {"resolution_code": "fixed", "resolution": "New cable"}


def mails() -> list[tuple[str, str]]:
    """(event, recipient) of every row."""
    return [(row.event_key.split(":")[0], row.recipient) for row in outgoing()]


def test_opening_tells_requester_and_group(app: Flask, make: Factory) -> None:
    group = make.group("Printing", email="printing@desk.test")
    person = make.person(email="ana@example.org")
    make.incident(make.actor(), requester_id=person.id, group_id=group.id)
    assert mails() == [("opened", "ana@example.org"), ("assigned", "printing@desk.test")]


def test_without_acknowledgement_the_requester_hears_nothing(app: Flask, make: Factory) -> None:
    person = make.person(email="ana@example.org")
    make.incident(make.actor(), requester_id=person.id, acknowledge=False)
    assert mails() == []


def test_imported_history_and_silence_tell_nobody(app: Flask, make: Factory) -> None:
    person = make.person(email="ana@example.org")
    make.incident(make.actor(), requester_id=person.id, channel="import")
    with notifications.silenced():
        incident = make.incident(make.actor(), requester_id=person.id)
        services.write_entry(make.actor(), incident, kind="public", body="Hello")
        services.take_step(make.actor(), incident, "resolve", fields=RESOLVED)
    assert mails() == []


def test_people_without_address_or_switched_off_get_nothing(app: Flask, make: Factory) -> None:
    for facts in ({"email": None}, {"email": "off@example.org", "active": False}):
        make.incident(make.actor(), requester_id=make.person(**facts).id)
    assert mails() == []


class TestAnswers:
    @pytest.fixture
    def ticket(self, app: Flask, make: Factory) -> Ticket:
        self.agent = make.person("Agent", roles=("agent",), email="agent@desk.test")
        self.watcher = make.person("Bo", email="bo@example.org")
        self.requester = make.person("Ana", email="ana@example.org")
        group = make.group("Front")
        services_group = make.actor_of(self.agent)
        incident = make.incident(services_group, requester_id=self.requester.id, group_id=group.id)
        services.watch(services_group, incident, person_id=self.watcher.id)
        incident.assignee_id = self.agent.id
        for row in outgoing():
            session.delete(row)
        session.flush()
        return incident

    def test_an_agents_reply_goes_to_requester_and_watchers(self, ticket: Ticket, make: Factory) -> None:
        services.write_entry(make.actor_of(self.agent), ticket, kind="public", body="Try this")
        assert mails() == [("reply", "ana@example.org"), ("reply", "bo@example.org")]
        mail = sent_form(outgoing()[0])
        assert mail.get_content().startswith("Try this")
        assert mail["Subject"] == f"[{ticket.number}] Cannot print labels"
        assert mail["From"].addresses[0].display_name == "Front, itsm"
        assert (mail["Auto-Submitted"], mail["Reply-To"]) == (None, app_address())

    def test_every_message_id_is_ours_and_names_the_ticket(self, ticket: Ticket, make: Factory) -> None:
        services.write_entry(make.actor_of(self.agent), ticket, kind="public", body="Try this")
        found = [threads.read_message_id(sent_form(row)["Message-ID"]) for row in outgoing()]
        assert [each.number for each in found if each] == [ticket.number] * 2
        assert len({each.key for each in found if each}) == 2

    def test_the_reply_answers_the_customers_mails(self, ticket: Ticket, make: Factory) -> None:
        for number in (1, 2):
            threads.note_message(ticket.id, f"<m{number}@example.org>", received_by="help@desk.test", participants=[])
        services.write_entry(make.actor_of(self.agent), ticket, kind="public", body="Try this")
        mail = sent_form(outgoing()[0])
        assert mail["In-Reply-To"] == "<m2@example.org>"
        assert mail["References"].split() == ["<m1@example.org>", "<m2@example.org>"]
        assert (mail["Reply-To"], mail["From"].addresses[0].addr_spec) == ("help@desk.test", "help@desk.test")

    def test_public_files_go_along(self, ticket: Ticket, make: Factory) -> None:
        upload = Upload("manual.pdf", b"%PDF", "application/pdf")
        services.write_entry(make.actor_of(self.agent), ticket, kind="public", body="See file", uploads=[upload])
        (part,) = sent_form(outgoing()[0]).iter_attachments()
        assert (part.get_filename(), part.get_content()) == ("manual.pdf", b"%PDF")

    @pytest.mark.parametrize("kind", ["internal", "work"])
    def test_internal_entries_never_leave(self, ticket: Ticket, make: Factory, kind: str) -> None:
        services.write_entry(make.actor_of(self.agent), ticket, kind=kind, body="SECRET", minutes=5)
        services.write_entry(make.actor_of(self.agent), ticket, kind="public", body="Hello")
        services.take_step(make.actor_of(self.agent), ticket, "resolve", fields=RESOLVED)
        assert outgoing()
        assert all("SECRET" not in sent_form(row).get_content() for row in outgoing())

    def test_the_requesters_answer_goes_to_the_assignee_and_watchers(self, ticket: Ticket, make: Factory) -> None:
        services.write_entry(make.actor_of(self.requester), ticket, kind="public", body="Still broken")
        assert mails() == [("answered", "agent@desk.test"), ("answered", "bo@example.org")]
        mail = sent_form(outgoing()[0])
        assert f"/incidents/{ticket.number}" in mail.get_content()
        assert mail["Auto-Submitted"] == "auto-generated"

    def test_without_assignee_it_goes_to_the_groups_address(self, ticket: Ticket, make: Factory) -> None:
        group = make.group(email="front@desk.test")
        ticket.assignee_id, ticket.group_id = None, group.id
        services.write_entry(make.actor_of(self.requester), ticket, kind="public", body="Still broken")
        assert mails()[0] == ("answered", "front@desk.test")

    def test_automatic_entries_tell_nobody(self, ticket: Ticket, make: Factory) -> None:
        services.write_entry(make.actor_of(self.requester), ticket, kind="public", body="Away", automatic=True)
        assert mails() == []

    def test_resolution_asks_for_confirmation_in_the_portal(self, ticket: Ticket, make: Factory) -> None:
        services.take_step(make.actor_of(self.agent), ticket, "resolve", fields=RESOLVED)
        assert mails() == [("resolved", "ana@example.org")]
        text = sent_form(outgoing()[0]).get_content()
        assert "New cable" in text
        assert f"/portal/tickets/{ticket.number}" in text

    def test_a_second_resolution_is_told_again(self, ticket: Ticket, make: Factory) -> None:
        agent = make.actor_of(self.agent)
        services.take_step(agent, ticket, "resolve", fields=RESOLVED)
        services.take_step(agent, ticket, "reopen", fields={"note": "no"})
        services.take_step(agent, ticket, "resolve", fields=RESOLVED)
        assert mails() == [("resolved", "ana@example.org")] * 2


def app_address() -> str:
    return "servicedesk@localhost.localdomain"


def test_assignment_tells_the_person_but_not_who_did_it(app: Flask, make: Factory) -> None:
    group = make.group("Second", level=2)
    one = make.person(roles=("agent",), groups=(group,), email="one@desk.test")
    two = make.person(roles=("agent",), groups=(group,), email="two@desk.test")
    incident = make.incident(make.actor())
    services.assign(make.actor_of(one), incident, group_id=group.id, assignee_id=two.id)
    services.assign(make.actor_of(one), incident, group_id=group.id, assignee_id=one.id)
    assert mails() == [("assigned", "two@desk.test")]


def test_escalation_tells_the_members_of_a_group_without_address(app: Flask, make: Factory) -> None:
    second = make.group("Second", level=2)
    make.person(roles=("agent",), groups=(second,), email="one@desk.test")
    make.person(roles=("agent",), groups=(second,), email="two@desk.test")
    incident = make.incident(make.actor(), group_id=make.group("First", escalates_to_id=second.id).id)
    services.escalate(make.actor(), incident)
    assert sorted(mails()) == [("assigned", "one@desk.test"), ("assigned", "two@desk.test")]


@pytest.mark.parametrize("language", ["en", "sv", "es", "fa", "el"])
def test_every_text_can_be_written_in_every_language(app: Flask, make: Factory, language: str) -> None:
    person = make.person(email="ana@example.org", language=language)
    incident = make.incident(make.actor(), requester_id=person.id, title="100% <b> %(x)s")
    agent = make.actor()
    services.write_entry(agent, incident, kind="public", body="Hello")
    services.take_step(agent, incident, "resolve", fields=RESOLVED)
    assert [event for event, _to in mails()] == ["opened", "reply", "resolved"]
    assert all(incident.number in sent_form(row).get_content() for row in outgoing())


def test_the_period_of_a_category_is_read_once_for_all_recipients(app: Flask, make: Factory) -> None:
    category = make.category()
    closing.set_period(SYSTEM, category.id, Period(2))
    incident = make.incident(category_id=category.id, requester_id=make.person().id)
    for _number in range(4):
        services.watch(SYSTEM, incident, person_id=make.person().id)
    session.commit()
    session.expunge_all()
    session.info.clear()
    ticket = session.get_one(Ticket, incident.id)
    with counted() as seen:
        services.write_entry(make.actor(), ticket, kind="public", body="We are on it")
    assert len([row for row in mails() if row[0] == "reply"]) == 5
    assert sum("FROM ticket_category" in statement for statement in seen) == 1
