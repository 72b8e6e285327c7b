"""Tickets found through replies, notes and files: by whom, how the page says so, and when a text leaves the index."""

import threading

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, func, select

from incident.models import Incident
from itsm.identity.models import Person
from itsm.kernel import undo
from itsm.kernel.actor import Actor
from itsm.kernel.db import session, unit_of_work
from itsm.kernel.module import registry
from itsm.search.commands import COMMANDS
from itsm.search.models import SearchDocument, SearchPart
from itsm.tickets import indexing, queries, services
from itsm.tickets.models import Attachment, Ticket
from itsm.tickets.queries.finding import MOST_FOUND, find_matches
from tests.factories import Factory
from tests.itsm.search.test_reading import docx, paragraph
from tests.statements import counted, statements_of


@pytest.fixture
def reader(make: Factory) -> Person:
    return make.person("Rita Requester", organisation_id=make.organisation("North").id)


@pytest.fixture
def worker(make: Factory) -> Actor:
    return make.actor("agent", name="Sam Agent")


@pytest.fixture
def ticket(make: Factory, reader: Person) -> Incident:
    return make.incident(title="Labels are pale", requester_id=reader.id)


def write(worker: Actor, ticket: Ticket, kind: str, body: str, *files: services.Upload) -> None:
    services.write_entry(worker, ticket, kind=kind, body=body, uploads=files)
    session.commit()


def text_file(words: str, name: str = "report.txt") -> services.Upload:
    return services.Upload(name, words.encode(), "text/plain")


def found(actor: Actor, words: str) -> list[int]:
    return list(find_matches(actor, words).through)


def test_a_requester_finds_by_replies_and_never_by_notes(
    make: Factory, worker: Actor, ticket: Incident, reader: Person
) -> None:
    own, stranger = make.actor_of(reader), make.actor_of(make.person())
    write(worker, ticket, "public", "Please clean the zebra head", text_file("giraffe manual"))
    write(worker, ticket, "internal", "The okapi contract has ended", text_file("lemur prices"))
    write(worker, ticket, "work", "Called the walrus hotline")
    indexing.read_files()
    for word in ("zebra", "giraffe"):
        assert found(own, word) == found(worker, word) == [ticket.id]
    for word in ("okapi", "lemur", "walrus"):
        assert found(worker, word) == [ticket.id]
        assert found(own, word) == []
    for word in ("zebra", "giraffe", "okapi", "lemur", "walrus", "labels"):
        assert found(stranger, word) == []
    assert queries.list_rows(own, conditions=[queries.holding(own, "zebra")]).items[0].id == ticket.id


def test_rights_do_not_cut_the_hits(make: Factory, reader: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("itsm.tickets.queries.finding.MOST_FOUND", 3)
    mine = make.incident(title="zebra of mine", requester_id=reader.id)
    for number in range(6):
        make.incident(title=f"zebra {number} of somebody else")
    session.commit()
    assert found(make.actor_of(reader), "zebra") == [mine.id]
    several = find_matches(make.actor("agent"), "zebra")
    assert len(several.through) == 3
    assert several.more
    assert MOST_FOUND == 1000


def test_the_page_says_through_what_a_ticket_was_found(
    client: FlaskClient, make: Factory, worker: Actor, ticket: Incident
) -> None:
    write(worker, ticket, "public", "Please clean the zebra head", text_file("<b>a Giraffe manual</b>", "setup.txt"))
    write(worker, ticket, "internal", "The okapi contract has ended")
    indexing.read_files()
    session.commit()
    make.sign_in(client, make.person("Anna Agent", roles=("agent",)))
    page = client.get("/search?q=zebra").text
    assert "Reply by Sam Agent" in page
    assert "clean the <mark>zebra</mark> head" in page
    assert "Note by Sam Agent" in client.get("/search?q=okapi").text
    page = client.get("/search?q=giraffe").text
    assert "File setup.txt" in page
    assert "&lt;b&gt;a <mark>Giraffe</mark> manual&lt;/b&gt;" in page
    assert "setup.txt" in client.get("/search?q=setup").text
    assert statements_of(client, "/search?q=giraffe&in=tickets") <= 12


def test_a_file_is_read_once_in_the_background(worker: Actor, ticket: Incident) -> None:
    files = (
        services.Upload("broken.pdf", b"%PDF-1.4 rubbish", "application/pdf"),
        services.Upload("plan.docx", docx(paragraph("zebra plan")), "application/zip"),
        services.Upload("photo.png", b"\x89PNG\r\n\x1a\n rest", "image/png"),
    )
    write(worker, ticket, "public", "Files", *files)
    assert found(worker, "plan") == []
    assert indexing.read_files().done == 3
    states = dict(session.execute(select(Attachment.name, Attachment.text_state)).tuples().all())
    assert states == {"broken.pdf": "unreadable", "plan.docx": "read", "photo.png": "none"}
    for words in ("zebra plan", "broken", "photo"):
        assert found(worker, words) == [ticket.id]
    assert indexing.read_files().done == 0


def test_what_is_taken_back_is_no_longer_found(worker: Actor, ticket: Incident, app: object) -> None:
    del app
    with services.undoable(worker, [ticket], title="Note", back="/desk") as step:
        services.write_journal(worker, ticket, "change", body="zebra step", changes={"urgency": [3, 2]})
        ticket.urgency = 2
    session.commit()
    assert step.undo is not None
    assert found(worker, "zebra") == [ticket.id]
    undo.take_back(worker, step.undo.id, registry().undos)
    session.commit()
    assert found(worker, "zebra") == []


def test_a_reply_costs_one_statement_more(worker: Actor, ticket: Incident) -> None:
    with counted() as seen:
        services.write_entry(worker, ticket, kind="public", body="zebra")
    assert sum("search_part" in statement for statement in seen) == 1


def test_the_index_is_rebuilt_in_place(app, make: Factory, worker: Actor, ticket: Incident) -> None:
    write(worker, ticket, "public", "zebra reply", text_file("giraffe"))
    ci = make.ci("okapi-07")
    indexing.read_files()
    session.query(SearchPart).delete()
    session.query(SearchDocument).update({"words": "كاغذ"})  # as it was written before letters were unified
    session.commit()
    rebuilt = app.test_cli_runner().invoke(COMMANDS[0], ["rebuild"])
    assert rebuilt.exit_code == 0, rebuilt.output
    indexing.read_files()
    for words in ("labels", "zebra", "giraffe"):
        assert found(worker, words) == [ticket.id]
    assert session.scalar(select(func.count()).select_from(SearchDocument)) == 2
    assert ci.name in session.scalars(select(SearchDocument.names)).all()


def test_a_reply_that_is_written_while_the_index_is_rebuilt_is_in_it_once(separate_app: Flask) -> None:
    with separate_app.app_context():
        make = Factory()
        worker, ticket = make.actor("agent"), make.incident(title="Labels are pale")
        ticket_id = ticket.id
        session.commit()
        session.remove()

    def reply() -> None:
        with separate_app.app_context(), unit_of_work():
            write(worker, session.get_one(Ticket, ticket_id), "public", "Please clean the zebra head")

    writing = threading.Thread(target=reply)

    def reply_now(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("DELETE FROM search_part") and not writing.ident:
            writing.start()
            writing.join(timeout=1)  # who writes waits for the rebuilding, or is done before it goes on

    event.listen(Engine, "after_cursor_execute", reply_now)
    try:
        with separate_app.app_context(), unit_of_work():
            assert indexing.index_again(0, 10) == ticket_id
    finally:
        event.remove(Engine, "after_cursor_execute", reply_now)
    writing.join()
    with separate_app.app_context():
        assert session.scalar(select(func.count()).select_from(SearchPart)) == 1
        session.remove()


def test_rebuilding_costs_the_same_statements_for_many_records_as_for_one(make: Factory) -> None:
    make.asset()
    make.ci("first")
    make.incident(title="Labels are pale")
    sources = [source for _module, source in registry().searches() if source.index_again]

    def cost() -> int:
        session.commit()
        session.expire_all()
        with counted() as seen:
            for source in sources:
                assert source.index_again is not None
                source.index_again(0, 200)
        return len(seen)

    few = cost()
    for number in range(5):
        make.asset()
        make.ci(f"ci {number}")
        make.incident(title=f"zebra {number}")
    assert cost() == few
