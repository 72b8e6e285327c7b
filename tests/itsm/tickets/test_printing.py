"""A ticket on paper: what stands on it for whom."""

import io

import pdfplumber
import pytest
from flask.testing import FlaskClient

from incident.models import Incident
from itsm.identity.models import Person
from itsm.tickets import printing
from itsm.tickets.services import Upload, attach, write_entry
from itsm.tickets.tasks.services import add_task
from tests.factories import Factory


@pytest.fixture
def agent(make: Factory) -> Person:
    return make.person("Ada Lovelace", roles=("agent",))


@pytest.fixture
def incident(make: Factory, agent: Person) -> Incident:
    actor = make.actor_of(agent)
    incident = make.incident(actor, title="<b>No labels</b>", description="Nothing comes out")
    write_entry(actor, incident, kind="internal", body="The secret is 42")
    write_entry(actor, incident, kind="public", body="We look into it")
    add_task(actor, incident, title="Ask the shift")
    return incident


def words_of(content: bytes) -> str:
    with pdfplumber.open(io.BytesIO(content)) as document:
        return " ".join(" ".join(page.extract_text() for page in document.pages).split())


@pytest.mark.parametrize("internal", [False, True])
def test_the_page_and_the_pdf_hold_the_inside_only_when_asked(
    client: FlaskClient, make: Factory, agent: Person, incident: Incident, *, internal: bool
) -> None:
    desk, query = make.sign_in(client, agent), "?internal=1" if internal else ""
    page = desk.get(f"/tickets/{incident.id}/print{query}").text
    pdf = desk.get(f"/tickets/{incident.id}/pdf{query}")
    assert pdf.mimetype == "application/pdf"
    for text in (page, words_of(pdf.data)):
        assert "We look into it" in text
        assert text.index("Nothing comes out") < text.index("We look into it")
        assert ("The secret is 42" in text) is internal
        assert ("Ask the shift" in text) is internal
    assert "&lt;b&gt;No labels" in page
    assert "<b>No labels</b>" in words_of(pdf.data)


def test_a_requester_prints_nothing_of_the_staffs(client: FlaskClient, make: Factory, incident: Incident) -> None:
    person = make.sign_in(client, make.person())
    assert person.get(f"/tickets/{incident.id}/print?internal=1").status_code == 403
    assert person.get(f"/tickets/{incident.id}/pdf").status_code == 403


def file(name: str, media_type: str, content: bytes) -> Upload:
    return Upload(name, content, media_type)


def test_pictures_texts_and_harmless_pdfs_are_shown(
    client: FlaskClient, make: Factory, agent: Person, incident: Incident
) -> None:
    actor, desk = make.actor_of(agent), make.sign_in(client, agent)
    log = attach(actor, incident, file("print.log", "text/plain", b"<script>alert(1)</script>\n" + b"x" * 9000))
    plain = attach(actor, incident, file("plan.pdf", "application/pdf", b"%PDF-1.7\n1 0 obj <<>> endobj"))
    active = attach(actor, incident, file("evil.pdf", "application/pdf", b"%PDF-1.7\n<< /OpenAction << /JS (x) >> >>"))
    text = desk.get(f"/attachments/{log.id}/text").text
    assert "&lt;script&gt;alert(1)" in text
    assert "There is more" in text
    assert desk.get(f"/attachments/{plain.id}/text").status_code == 422
    shown = desk.get(f"/attachments/{plain.id}/plan.pdf?show=1")
    assert shown.mimetype == "application/pdf"
    assert not shown.headers["Content-Disposition"].startswith("attachment")
    refused = desk.get(f"/attachments/{active.id}/evil.pdf?show=1")
    assert refused.mimetype == "application/octet-stream"
    assert refused.headers["Content-Disposition"].startswith("attachment")
    page = desk.get(f"/incidents/{incident.number}").text
    assert f"/attachments/{log.id}/text" in page
    assert f"/attachments/{plain.id}/plan.pdf?show=1" in page


def test_the_story_is_filtered_by_links(client: FlaskClient, make: Factory, agent: Person, incident: Incident) -> None:
    desk = make.sign_in(client, agent)
    address = f"/incidents/{incident.number}"
    assert "The secret is 42" not in desk.get(f"{address}?show=conversation").text
    assert "We look into it" not in desk.get(f"{address}?show=internal").text
    changes = desk.get(f"{address}?show=changes").text
    assert "task added: Ask the shift" in changes
    assert "We look into it" not in changes
    assert "We look into it" in desk.get(f"{address}?show=nonsense").text


def test_a_very_long_story_is_cut_and_says_so(
    client: FlaskClient, make: Factory, agent: Person, incident: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = make.sign_in(client, agent)
    assert "left out" not in desk.get(f"/tickets/{incident.id}/print?internal=1").text
    write_entry(make.actor_of(agent), incident, kind="internal", body="Newest of all")
    monkeypatch.setattr(printing, "MOST_LETTERS", 20)
    page = desk.get(f"/tickets/{incident.id}/print?internal=1").text
    assert "Newest of all" in page
    assert "The secret is 42" not in page
    assert "Older entries are left out" in page
