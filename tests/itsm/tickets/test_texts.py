"""Replies kept ready and templates of tickets: whose they are, what is filled in, and how they reach a page."""

import pytest
from flask.testing import FlaskClient

from incident.models import Incident
from itsm.identity.models import Group, Person
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Forbidden, Invalid, NotFound
from itsm.tickets.live import queries as live
from itsm.tickets.texts import queries, services
from itsm.tickets.texts.models import CannedReply
from tests.factories import Factory
from tests.itsm.tickets.posting import send
from tests.statements import statements_of


@pytest.fixture
def group(make: Factory) -> Group:
    return make.group("Desk")


@pytest.fixture
def agent(make: Factory, group: Group) -> Person:
    return make.person("Ada Lovelace", roles=("agent",), groups=(group,))


@pytest.fixture
def actor(make: Factory, agent: Person) -> Actor:
    return make.actor_of(agent)


@pytest.fixture
def incident(make: Factory, actor: Actor) -> Incident:
    return make.incident(actor, requester_id=make.person("Elena Ruiz").id, title="No labels")


def test_places_are_filled_in_and_nothing_is_run(actor: Actor, incident: Incident) -> None:
    body = "Hello {{requester.first_name}}, {{ number }} “{{title}}”. {{me.name}}"
    row = services.save_reply(actor, None, {"name": "Hello", "body": body})
    assert services.filled(actor, incident, row.id) == f"Hello Elena, {incident.number} “No labels”. Ada Lovelace"


@pytest.mark.parametrize("place", ["config", "''.__class__", "ticket.__class__", "7*7", "ticket.requester.password"])
def test_a_place_that_nobody_knows_is_refused(actor: Actor, place: str) -> None:
    with pytest.raises(Invalid, match="cannot be filled in"):
        services.save_reply(actor, None, {"name": "Evil", "body": f"{{{{{place}}}}}"})


def test_what_is_filled_in_is_not_looked_at_again(make: Factory, actor: Actor) -> None:
    incident = make.incident(actor, title="{{me.name}} {{config}}")
    row = services.save_reply(actor, None, {"name": "Hello", "body": "{{title}}"})
    assert services.filled(actor, incident, row.id) == "{{me.name}} {{config}}"


def test_replies_are_ones_own_a_groups_or_everyones(make: Factory, actor: Actor, group: Group) -> None:
    lead = make.actor("supervisor")
    services.save_reply(actor, None, {"name": "Own", "body": "x"})
    services.save_reply(lead, None, {"name": "Of the desk", "scope": "group", "group_id": group.id, "body": "x"})
    services.save_reply(lead, None, {"name": "Of all", "scope": "all", "body": "x"})
    assert [each.name for each in queries.replies_for(actor)] == ["Of all", "Of the desk", "Own"]
    assert [each.name for each in queries.replies_for(actor, "desk OF")] == ["Of the desk"]
    assert [each.name for each in queries.replies_for(make.actor())] == ["Of all"]
    with pytest.raises(Forbidden):
        services.save_reply(actor, None, {"name": "Mine for all", "scope": "all", "body": "x"})
    shared = next(row for row in queries.list_rows(actor, CannedReply) if row.scope == "all")
    with pytest.raises(Forbidden):
        services.save_reply(actor, shared, {"name": "Changed", "body": "x"})


def test_a_strangers_own_reply_is_not_inserted(make: Factory, actor: Actor, incident: Incident) -> None:
    theirs = services.save_reply(make.actor(), None, {"name": "Secret", "body": "Secret"})
    with pytest.raises(NotFound):
        services.filled(actor, incident, theirs.id)


def test_typing_offers_replies_with_their_text(
    client: FlaskClient, make: Factory, agent: Person, actor: Actor, incident: Incident
) -> None:
    services.save_reply(actor, None, {"name": "Spare device", "body": 'Dear {{requester.name}}, "quoted" <b>'})
    desk = make.sign_in(client, agent)
    page = desk.get(f"/tickets/{incident.id}/replies?q=spare").text
    assert "Dear Elena Ruiz, &#34;quoted&#34; &lt;b&gt;" in page
    assert "Spare device" not in desk.get(f"/tickets/{incident.id}/replies?q=other").text


def test_many_replies_are_offered_with_as_many_statements_as_one(
    client: FlaskClient, make: Factory, agent: Person, actor: Actor, incident: Incident
) -> None:
    services.save_reply(actor, None, {"name": "One", "body": "Hello"})
    desk = make.sign_in(client, agent)
    few = statements_of(desk, f"/tickets/{incident.id}/replies")
    for number in range(6):
        services.save_reply(actor, None, {"name": f"Other {number}", "body": "Hello"})
    assert statements_of(desk, f"/tickets/{incident.id}/replies") == few


def test_without_scripts_a_reply_is_inserted_below_what_is_typed(
    client: FlaskClient, make: Factory, agent: Person, actor: Actor, incident: Incident
) -> None:
    row = services.save_reply(actor, None, {"name": "Hello", "body": "Hello {{requester.first_name}}"})
    desk = make.sign_in(client, agent)
    form = {"kind": "public", "body": "Before", "reply": str(row.id)}
    assert send(desk, f"/tickets/{incident.id}/insert", form).status_code == 302
    draft = live.unsent(actor, incident.id)[0]
    assert draft is not None
    assert draft.body == "Before\n\nHello Elena"
    assert "Hello Elena</textarea>" in desk.get(f"/incidents/{incident.number}").text


def test_a_new_ticket_begins_with_a_template(client: FlaskClient, make: Factory, agent: Person, actor: Actor) -> None:
    values = {"title": "Label printer", "description": "Hall:", "urgency": "1"}
    row = services.save_template(actor, None, {"name": "Printer", "kind": "incident", "values": values})
    desk = make.sign_in(client, agent)
    page = desk.get(f"/incidents/new?template={row.id}").text
    assert 'value="Label printer"' in page
    assert "Hall:</textarea>" in page
    assert "Printer" in desk.get("/incidents/new").text
    assert (
        'value="Label printer"'
        not in make.sign_in(client, make.person(roles=("agent",))).get(f"/incidents/new?template={row.id}").text
    )


def test_texts_are_kept_on_their_pages(client: FlaskClient, make: Factory, agent: Person) -> None:
    desk = make.sign_in(client, agent)
    form = {"name": "Hello", "scope": "own", "body": "Hello {{requester.first_name}}", "active": "true"}
    assert send(desk, "/texts/replies/new", form).status_code == 302
    assert "Hello" in desk.get("/texts/replies").text
    faulty = send(desk, "/texts/replies/new", form | {"name": "Other", "body": "{{nobody}}"})
    assert faulty.status_code == 422
    assert "{{nobody}}" in faulty.text
    template = {"name": "Printer", "scope": "own", "title": "No labels", "active": "true"}
    assert send(desk, "/texts/templates/new", template).status_code == 302
    assert "No labels" in desk.get("/texts/templates").text
    assert desk.get("/texts/poems").status_code == 404
