"""Saved views: whose they are, what they may hold, and that none of them shows what its reader may not read."""

import csv
import io
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given
from hypothesis import settings as checked
from hypothesis import strategies as st

from itsm.identity.models import Group, Person
from itsm.kernel import sheets
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Forbidden, Invalid, NotFound
from itsm.kernel.formats import Reader
from itsm.tickets import queries
from itsm.tickets.desk import board, export, listing, queues, services
from itsm.tickets.desk.columns import available, chosen
from itsm.tickets.desk.models import DeskChoice, SavedView
from itsm.tickets.models import Ticket
from itsm.tickets.queries import GROUPINGS, ORDERS
from tests.factories import Factory
from tests.itsm.web.browser import post
from tests.properties import examples


@pytest.fixture
def group(make: Factory) -> Group:
    return make.group("Network")


def test_own_views_are_the_makers_group_views_the_groups_and_others_everyones(make: Factory, group: Group) -> None:
    maker = make.actor("supervisor", groups=(group,))
    member, stranger = make.actor("agent", groups=(group,)), make.actor("agent")
    for scope in ("own", "group", "all"):
        services.create_view(maker, {"name": scope, "scope": scope, "group_id": group.id, "query": "priority = 1"})
    names = {
        who: {str(each.title) for each in queues.saved(actor)} for who, actor in (("maker", maker), ("member", member))
    }
    assert names == {"maker": {"own", "group", "all"}, "member": {"group", "all"}}
    assert {str(each.title) for each in queues.saved(stranger)} == {"all"}


@pytest.mark.parametrize("scope", ["group", "all"])
def test_who_may_not_share_makes_own_views_only(make: Factory, group: Group, scope: str) -> None:
    agent = make.actor("agent", groups=(group,))
    with pytest.raises(Forbidden):
        services.create_view(agent, {"name": "Ours", "scope": scope, "group_id": group.id})
    view = services.create_view(agent, {"name": "Mine"})
    with pytest.raises(Forbidden):
        services.edit_view(agent, view.id, version=None, values={"scope": scope, "group_id": group.id})


def test_a_supervisor_makes_views_for_the_own_groups_alone(make: Factory, group: Group) -> None:
    outsider = make.actor("supervisor")
    with pytest.raises(Forbidden):
        services.create_view(outsider, {"name": "Theirs", "scope": "group", "group_id": group.id})


def test_views_of_others_are_not_there(make: Factory) -> None:
    view = services.create_view(make.actor("agent"), {"name": "Private"})
    with pytest.raises(NotFound):
        services.delete_view(make.actor("agent"), view.id)


@pytest.mark.parametrize(
    "values",
    [
        {"query": "priority ="},
        {"sort": "title"},
        {"grouping": "requester"},
        {"columns": ["password"]},
        {"colours": [{"query": "nonsense =", "tone": "red"}]},
        {"colours": [{"query": "priority = 1", "tone": "ultraviolet"}]},
        {"scope": "group"},
        {"name": " "},
    ],
)
def test_what_cannot_be_read_is_not_saved(make: Factory, values: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        services.create_view(make.actor("supervisor"), {"name": "View", **values})


def test_a_deleted_view_takes_choices_for_it_along(make: Factory) -> None:
    actor = make.actor("agent")
    view = services.create_view(actor, {"name": "Short"})
    services.set_favourites(actor, [queues.name_of(view)])
    services.delete_view(actor, view.id)
    assert session.query(DeskChoice).count() == 0
    assert session.query(SavedView).count() == 0


def test_views_are_made_and_changed_through_the_page(make: Factory, client: FlaskClient, group: Group) -> None:
    page = make.sign_in(client, make.person(roles=("agent",), groups=(group,)))
    make.incident(group_id=group.id, impact=1, urgency=1)
    text = page.get("/desk/views/new?view=unassigned&q=priority%20%3D%201").text
    assert "(group in mygroups() and assignee is empty) and (priority = 1)" in text
    form = {
        "name": "Hot",
        "query": "priority = 1",
        "open_only": "true",
        "rules": ["priority = 1", ""],
        "tones": ["red", "red"],
    }
    address = post(page, "/desk/views/new", **form).headers["Location"]
    assert 'class="tone-red"' in page.get(address).text
    view = session.query(SavedView).one()
    assert view.colours == [{"query": "priority = 1", "tone": "red"}]
    wrong = post(page, f"/desk/views/{view.id}", **form | {"version": "1", "query": "priority ="})
    assert wrong.status_code == 422
    assert "Hot" in wrong.text
    post(page, f"/desk/views/{view.id}", **form | {"version": "1", "name": "Hotter"})
    assert session.query(SavedView).one().name == "Hotter"
    stale = post(page, f"/desk/views/{view.id}", **form | {"version": "1", "name": "Hottest"})
    assert stale.status_code == 409
    post(page, f"/desk/views/{view.id}/delete")
    assert session.query(SavedView).count() == 0


def test_the_api_makes_reads_changes_and_removes_views(make: Factory, client: FlaskClient) -> None:
    headers = {"Authorization": f"Bearer {make.token(make.person(roles=('agent',)))}"}
    made = client.post("/api/v1/views", json={"name": "Hot", "query": "priority = 1"}, headers=headers)
    assert made.status_code == 201
    address = made.headers["Location"]
    assert client.get(address, headers=headers).get_json()["count"] == 0
    changed = client.patch(address, json={"sort": "newest"}, headers={**headers, "If-Match": made.headers["ETag"]})
    assert changed.get_json()["sort"] == "newest"
    assert client.patch(address, json={"sort": "due"}, headers=headers).status_code == 428
    assert client.post("/api/v1/views", json={"name": "All", "scope": "all"}, headers=headers).status_code == 403
    assert [each["name"] for each in client.get("/api/v1/views", headers=headers).get_json()["items"]] == ["Hot"]
    assert client.delete(address, headers=headers).status_code == 204
    assert client.get(address, headers=headers).status_code == 404


QUERIES = st.sampled_from(
    [
        "", "priority <= 3", "not priority = 1", "state.category in (open, active)", 'group = "Board room"',
        'group != "Board room"', "assignee is empty", "title ~ secret", "secret", "level >= 1",
        "not (priority = 5 and level > 3)",
        "created > now() - 30d or due < now()", 'kind = problem or group in mygroups()',
    ]
)  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """A view, what is asked of it besides, and which of `_people` reads it."""

    query: str
    further: str
    colour: str
    sort: str
    grouping: str
    who: int
    open_only: bool

    def asked(self, actor: Actor) -> listing.Asked:
        view = SavedView(
            id=7,
            name="Any",
            scope="all",
            owner_id=1,
            query=self.query,
            open_only=self.open_only,
            columns=[],
            sort=self.sort,
            grouping=self.grouping,
            colours=[{"query": self.colour, "tone": "red"}],
        )
        return listing.Asked(queues.as_queue(actor, view), q=self.further, sort=self.sort, grouping=self.grouping)


READINGS = st.builds(
    Reading,
    query=QUERIES,
    further=QUERIES,
    colour=QUERIES,
    sort=st.sampled_from(sorted(ORDERS)),
    grouping=st.sampled_from(["", *GROUPINGS]),
    who=st.integers(0, 3),
    open_only=st.booleans(),
)


@checked(max_examples=examples(40), deadline=None, suppress_health_check=list(HealthCheck))
@given(reading=READINGS)
@pytest.mark.one_database
def test_nothing_of_a_view_shows_what_its_reader_may_not_read(make: Factory, reading: Reading) -> None:
    actors, readable = _people(make)
    actor, mine = actors[reading.who], readable[reading.who]
    asked = reading.asked(actor)
    rows, fault = listing.rows_or_fault(actor, asked)
    assert {row.id for row in rows.items} <= mine
    assert queries.count_up_to_limit(actor, [asked.queue])[asked.queue.name] <= len(mine)
    assert set(queues.tones(actor, asked.queue.colours, range(1, 60))) <= mine
    if fault:
        return
    assert listing.count_all(actor, asked) <= len(mine)
    assert set(listing.matching_ids(actor, asked, limit=5000)) <= mine
    shown = board.read_board(actor, asked, "")
    assert {row.id for cards in shown.cards.values() for row in cards} <= mine
    assert sum(shown.counts.values()) <= len(mine)
    text = _exported(actor, asked)
    assert len(list(csv.reader(io.StringIO(text)))) - 1 <= len(mine)
    assert not [each.title for each in session.query(Ticket).all() if each.id not in mine and each.title in text]


def _exported(actor: Actor, asked: listing.Asked) -> str:
    lines = export.rows(actor, asked, chosen(actor, [each.key for each in available(actor)]), most=100)
    return b"".join(sheets.csv_chunks(["x"], lines, Reader().local)).decode("utf-8-sig")


def _people(make: Factory) -> tuple[list[Actor], list[set[int]]]:
    """An agent outside the restricted group, one inside, an end user and an administrator, and what each may read."""
    known = (
        session.query(Person).filter(Person.name.in_(["Outside", "Inside", "User", "Chief"])).order_by(Person.id).all()
    )
    if not known:
        room, open_group = make.group("Board room", restricted=True), make.group("Desk")
        known = [
            make.person("Outside", roles=("agent",), groups=(open_group,)),
            make.person("Inside", roles=("agent",), groups=(room,)),
            make.person("User"),
            make.person("Chief", roles=("admin",)),
        ]
        for number in range(3):
            make.incident(title=f"The secret affair {number}", group_id=room.id, impact=1 + number)
            make.incident(title=f"Printer {number}", group_id=open_group.id)
            make.problem(title=f"The secret cause {number}", group_id=room.id)
        make.incident(title="My screen", requester_id=known[2].id, group_id=open_group.id)
        session.commit()
    tickets = session.query(Ticket).all()
    secret = {each.id for each in tickets if "secret" in each.title}
    every = {each.id for each in tickets}
    own = {each.id for each in tickets if each.requester_id == known[2].id}
    return [make.actor_of(each) for each in known], [every - secret, every, own, every]
