"""What requesters hear of merges, and that merges in opposite directions never block each other. Rule: I13."""

import threading

import pytest
from flask import Flask

from itsm.identity.models import Person
from itsm.kernel import undo
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.module import registry
from itsm.kernel.outbox import OutboxMessage
from itsm.tickets import notify, queries, services
from itsm.tickets.events import TicketMerged
from tests.channels.mail.letters import outgoing
from tests.factories import Factory

PAIRS = 6


def merge_mails() -> list[OutboxMessage]:
    return [row for row in outgoing() if row.event_key.startswith(("merged:", "unmerged:"))]


@pytest.fixture
def caller(make: Factory) -> Person:
    return make.person("Elena Ruiz", email="elena@example.org", language="es")


def test_the_requester_learns_where_the_ticket_goes_on_and_nothing_of_the_other(make: Factory, caller: Person) -> None:
    agent, stranger = make.actor(), make.person(email="bo@example.org")
    mine = make.incident(agent, title="No mail", requester_id=caller.id)
    other = make.incident(agent, title="Bo was dismissed", description="Private", requester_id=stranger.id)
    services.merge(agent, mine, other)
    (mail,) = merge_mails()
    assert (mail.recipient, mail.payload["subject"]) == ("elena@example.org", f"[{other.number}] No mail")
    assert mail.payload["text"].startswith("Hola, Elena Ruiz:")
    assert mine.number in mail.payload["text"]
    assert f"/portal/tickets/{other.number}" in mail.payload["text"]
    assert "dismissed" not in str(mail.payload)
    assert "Private" not in str(mail.payload)


def test_who_has_no_address_or_merges_by_oneself_gets_no_mail(make: Factory, caller: Person) -> None:
    agent = make.actor("agent")
    silent = make.person(email=None)
    for requester_id in (silent.id, agent.person_id, None):
        services.merge(agent, make.incident(agent, requester_id=requester_id), make.incident(agent))
    assert merge_mails() == []


def test_who_may_not_read_the_living_ticket_hears_nothing_of_it(make: Factory, caller: Person) -> None:
    mine, other = make.incident(requester_id=caller.id), make.incident()
    notify.tell_of_merge(TicketMerged(mine.id, mine.kind, target_id=other.id, actor_id=None))
    assert merge_mails() == []


@pytest.mark.parametrize("left", [False, True])
def test_an_undone_merge_withdraws_its_mail_or_tells_so(make: Factory, caller: Person, *, left: bool) -> None:
    agent = make.actor("agent")
    mine, other = make.incident(agent, requester_id=caller.id), make.incident(agent)
    step = services.merge(agent, mine, other)
    assert step is not None
    if left:
        merge_mails()[0].state = "sent"
        session.flush()
    taken_back = undo.take_back(agent, step.id, registry().undos)
    names = [mail.event_key.split(":")[0] for mail in merge_mails()]
    assert names == (["merged", "unmerged"] if left else [])
    assert bool(taken_back.stays) == left
    if left:
        assert merge_mails()[1].payload["subject"].startswith(f"[{mine.number}]")


def test_taking_a_split_back_tells_nobody(make: Factory, caller: Person) -> None:
    agent = make.actor("agent")
    ticket = make.incident(agent, requester_id=caller.id, description="Two matters")
    entry = queries.list_journal(agent, ticket)[-1]
    _fresh, step = services.split(agent, ticket, entry_ids=[entry.id])
    assert step is not None
    undo.take_back(agent, step.id, registry().undos)
    assert merge_mails() == []


def test_merges_in_opposite_directions_at_the_same_moment(separate_app: Flask) -> None:
    with separate_app.app_context():
        make = Factory()
        actor = make.actor("agent")
        pairs = [(make.incident().id, make.incident().id) for _pair in range(PAIRS)]
        session.commit()
        session.remove()
    outcomes: list[object] = []
    start = threading.Barrier(2)

    def merge(*, turned: bool) -> None:
        for pair in pairs:
            source_id, into_id = reversed(pair) if turned else pair
            start.wait()
            with separate_app.app_context():
                try:
                    services.merge(actor, queries.get_by_id(actor, source_id), queries.get_by_id(actor, into_id))
                    session.commit()
                    outcomes.append("merged")
                except Invalid:
                    session.rollback()
                    outcomes.append("refused")
                except BaseException as error:  # noqa: BLE001 (told by the main thread)
                    session.rollback()
                    outcomes.append(error)
                finally:
                    session.remove()

    threads = [threading.Thread(target=merge, kwargs={"turned": turned}) for turned in (False, True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes)) == ["merged"] * PAIRS + ["refused"] * PAIRS
