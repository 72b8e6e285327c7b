"""Pages of skills, absence, on-call and the team."""

import re
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient

from itsm.identity.models import Group, Person
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.staffing import queries, services
from itsm.staffing.models import Absence, Rota
from tests.conftest import NOW
from tests.factories import Factory
from tests.itsm.web.browser import post
from tests.statements import statements_of

HOSTILE = "<script>alert(1)</script>\"'{{7*7}}"


@pytest.fixture
def group(make: Factory) -> Group:
    return make.group("Network")


@pytest.fixture
def lead(make: Factory, group: Group) -> Person:
    return make.person("Lena Lead", roles=("agent", "supervisor"), groups=(group,), email="lena@example.org")


@pytest.fixture
def anna(make: Factory, group: Group) -> Person:
    return make.person("Anna", roles=("agent",), groups=(group,), email="anna@example.org")


@pytest.fixture
def page(client: FlaskClient, make: Factory, lead: Person) -> FlaskClient:
    """The team lead's browser."""
    session.commit()
    return make.sign_in(client, lead)


def rota_of(group: Group, *people: Person) -> Rota:
    return services.create_rota(
        SYSTEM,
        name="Nights",
        group_id=group.id,
        timezone="Europe/Stockholm",
        starts_on=date(2026, 11, 2),
        handover_minute=540,
        person_ids=[person.id for person in people],
    )


def absent(person: Person, deputy: Person | None = None) -> Absence:
    return services.enter_absence(
        SYSTEM,
        person_id=person.id,
        from_at=NOW - timedelta(days=1),
        until_at=NOW + timedelta(days=1),
        reason="sick",
        note="Broken arm",
        deputy_id=deputy.id if deputy else None,
    )


class TestSkills:
    def test_a_skill_is_made_given_and_needed(self, page: FlaskClient, make: Factory, anna: Person) -> None:
        category = make.category("Wi-Fi")
        made = post(page, "/skills", name=HOSTILE, description=HOSTILE)
        address = made.headers["Location"]
        assert post(page, f"{address}/people", person_id=anna.id, level=4).status_code == 302
        assert post(page, f"{address}/categories", category_id=category.id, level=2).status_code == 302
        text = page.get(address).text
        assert "<script>alert" not in text
        assert "Anna" in text
        assert "Wi-Fi" in text
        assert "{{7*7}}" in page.get("/skills").text
        assert "Nothing found" in page.get("/skills?q=nothing-like-it").text

    def test_what_is_wrong_is_said_on_the_page(self, page: FlaskClient, anna: Person) -> None:
        skill = services.create_skill(SYSTEM, name="Linux")
        assert "exists already" in post(page, "/skills", name="Linux").text
        assert post(page, f"/skills/{skill.id}", name="", version=1).status_code == 422
        assert post(page, f"/skills/{skill.id}/people", person_id=anna.id, level=9).status_code == 422
        assert post(page, f"/skills/{skill.id}", name="Unix", version=skill.version).status_code == 302

    def test_agents_read_but_change_nothing(self, client: FlaskClient, make: Factory, anna: Person) -> None:
        skill = services.create_skill(SYSTEM, name="Linux")
        browser = make.sign_in(client, anna)
        assert "New skill" not in browser.get("/skills").text
        assert post(browser, f"/skills/{skill.id}/people", person_id=anna.id, level=5).status_code == 403


class TestStrategy:
    def test_the_panel_on_the_groups_page_sets_it(self, client: FlaskClient, make: Factory, group: Group) -> None:
        admin = make.sign_in(client, make.person(roles=("admin",)))
        address = f"/admin/groups/{group.id}"
        assert "Who gets a ticket that comes to this group" in admin.get(address).text
        answer = post(admin, f"{address}/strategy", strategy="by_load", version=group.version)
        assert answer.headers["Location"] == address
        session.refresh(group)
        assert group.strategy == "by_load"
        assert post(admin, f"{address}/strategy", strategy="by_luck").status_code == 422

    def test_the_lead_sets_it_from_the_team_and_never_leads_elsewhere(self, page: FlaskClient, group: Group) -> None:
        fields = {"strategy": "round_robin", "next": "//evil.example"}
        assert post(page, f"/admin/groups/{group.id}/strategy", **fields).headers["Location"] == "/"


class TestAbsence:
    def test_ones_own_absence_leads_to_ones_open_tickets(
        self, client: FlaskClient, make: Factory, group: Group, anna: Person, lead: Person
    ) -> None:
        incident = make.incident(group_id=group.id, assignee_id=anna.id, title=HOSTILE)
        browser = make.sign_in(client, anna)
        fields = {"from_at": "2026-11-18T08:00", "until_at": "2026-11-20T17:00", "deputy_id": lead.id, "note": HOSTILE}
        answer = post(browser, "/absence", **fields, reason="holiday")
        text = browser.get(answer.headers["Location"]).text
        assert incident.number in text
        assert "<script>alert" not in text
        handed = post(browser, f"{answer.headers['Location']}/hand", ticket_ids=incident.id)
        assert handed.status_code == 302
        session.refresh(incident)
        assert incident.assignee_id == lead.id
        assert "1 ticket given to Lena Lead" in browser.get(answer.headers["Location"]).text

    def test_the_reason_is_seen_by_the_person_and_the_lead_only(
        self, client: FlaskClient, make: Factory, anna: Person, lead: Person
    ) -> None:
        row = absent(anna)
        colleague = make.person(roles=("agent",))
        seen = {}
        for person in (anna, lead, colleague):
            browser = make.sign_in(client, person)
            seen[person.name] = "Broken arm" in browser.get(f"/absence/{row.id}").text + browser.get("/absence").text
        assert seen == {"Anna": True, "Lena Lead": True, colleague.name: False}

    def test_a_circle_brings_back_what_was_typed(self, page: FlaskClient, anna: Person, lead: Person) -> None:
        absent(anna, lead)
        fields = {"person_id": lead.id, "from_at": "2026-11-18T08:00", "until_at": "2026-11-20T17:00"}
        answer = post(page, "/absence", **fields, deputy_id=anna.id, note="Do not lose me")
        assert answer.status_code == 422
        assert "in a circle" in answer.text
        assert "Do not lose me" in answer.text
        for odd in ("0001-01-01T00:00", "9999-12-31T23:59", "tomorrow"):
            assert post(page, "/absence", from_at=odd, until_at="2026-11-20T17:00").status_code == 422

    def test_it_is_changed_and_cancelled(self, page: FlaskClient, anna: Person, lead: Person) -> None:
        row = absent(anna)
        fields = {"from_at": "2026-11-18T08:00", "until_at": "2026-11-21T08:00", "version": row.version}
        assert post(page, f"/absence/{row.id}", **fields, deputy_id=lead.id).status_code == 302
        assert post(page, f"/absence/{row.id}", **fields).status_code == 422
        assert queries.deputies_at(NOW) == {anna.id: lead.id}
        assert post(page, f"/absence/{row.id}/cancel").status_code == 302
        assert queries.deputies_at(NOW) == {}

    def test_the_account_names_the_own_absence(
        self, client: FlaskClient, make: Factory, anna: Person, lead: Person
    ) -> None:
        absent(anna, lead)
        assert "Lena Lead stands in" in make.sign_in(client, anna).get("/account").text


class TestRotas:
    def test_a_rota_is_made_swapped_and_handed_over(
        self, page: FlaskClient, group: Group, anna: Person, lead: Person
    ) -> None:
        fields = {
            "name": HOSTILE,
            "group_id": group.id,
            "timezone": "Europe/Madrid",
            "starts_on": "2026-11-16",
            "handover_time": "08:30",
            "people": "anna@example.org, lena@example.org",
            "active": "true",
        }
        address = post(page, "/rotas/new", **fields).headers["Location"]
        swap = {"person_id": lead.id, "from_at": "2026-11-18T08:00", "until_at": "2026-11-19T08:00"}
        assert post(page, f"{address}/overrides", **swap, note=HOSTILE).status_code == 302
        assert post(page, f"{address}/notes", body=HOSTILE).status_code == 302
        text = page.get(address).text
        assert "<script>alert" not in text
        assert "span-swap" in text
        assert "Hand-over each Monday at 08:30" in text
        assert "Lena Lead" in page.get("/rotas").text
        override = re.search(r"/overrides/(\d+)/remove", text)
        assert override is not None
        assert post(page, override[0]).status_code == 302
        assert "span-swap" not in re.sub(r'<p class="legend.*?</p>', "", page.get(address).text, flags=re.DOTALL)

    def test_faults_are_named_and_nothing_typed_is_lost(self, page: FlaskClient, group: Group, anna: Person) -> None:
        rota = rota_of(group, anna)
        fields = {"name": "Days", "group_id": group.id, "timezone": "Mars", "starts_on": "2026-11-16"}
        answer = post(page, "/rotas/new", **fields, handover_time="25:00", people="nobody@example.org")
        assert answer.status_code == 422
        answer = post(page, f"/rotas/{rota.id}/edit", **fields, handover_time="09:00", people="nobody@example.org")
        assert "Nobody has the address nobody@example.org" in answer.text
        odd = {"person_id": anna.id, "from_at": "2026-11-19T08:00", "until_at": "2026-11-18T08:00"}
        assert "must lie after" in post(page, f"/rotas/{rota.id}/overrides", **odd).text
        assert post(page, f"/rotas/{rota.id}/notes", body=" ").status_code == 422
        edited = fields | {"timezone": "Europe/Athens", "version": rota.version}
        answer = post(page, f"/rotas/{rota.id}/edit", **edited, handover_time="07:15", people="anna@example.org")
        assert answer.status_code == 302
        assert 'value="07:15"' in page.get(f"/rotas/{rota.id}/edit").text

    def test_the_calendar_is_jalali_for_persian(
        self, client: FlaskClient, make: Factory, group: Group, anna: Person
    ) -> None:
        rota_of(group, anna)
        reader = make.person(roles=("agent",), language="fa")
        text = make.sign_in(client, reader).get("/team/calendar").text
        assert "آبان ۱۴۰۵" in text
        assert text.count("Anna") > 20


class TestWorkload:
    def test_tickets_stand_with_their_people_and_the_limit_shows(
        self, page: FlaskClient, make: Factory, group: Group, anna: Person, lead: Person
    ) -> None:
        mine = make.incident(group_id=group.id, assignee_id=anna.id, title=HOSTILE)
        nobodys = make.incident(group_id=group.id)
        absent(anna, lead)
        rota_of(group, lead)
        assert post(page, f"/team/people/{anna.id}/limit", most_open=1).status_code == 302
        text = page.get("/team").text
        assert "<script>alert" not in text
        assert "1 of 1 open" in text
        assert "away; Lena Lead stands in" in text
        assert text.index(nobodys.number) < text.index(mine.number)
        assert post(page, f"/team/people/{anna.id}/limit", most_open=-1).status_code == 422

    def test_a_ticket_is_given_away_and_taken_back(
        self, page: FlaskClient, make: Factory, group: Group, anna: Person
    ) -> None:
        incident = make.incident(group_id=group.id)
        fields = {"ticket_id": incident.id, "version": incident.version, "group_id": group.id}
        assert post(page, "/team/reassign", **fields, assignee_id=anna.id).status_code == 302
        session.refresh(incident)
        assert incident.assignee_id == anna.id
        undo = re.search(r"/undo/\d+", page.get("/undo").text)
        assert undo is not None
        assert post(page, undo[0]).headers["Location"] == f"/team?group={group.id}"
        session.refresh(incident)
        assert incident.assignee_id is None
        stale = post(page, "/team/reassign", **fields, assignee_id=anna.id)
        assert (stale.status_code, "changed meanwhile" in stale.text) == (409, True)

    def test_a_restricted_group_shows_its_work_to_its_members_only(
        self, page: FlaskClient, make: Factory, anna: Person
    ) -> None:
        secret = make.group("Secret", restricted=True)
        incident = make.incident(group_id=secret.id, assignee_id=anna.id)
        text = page.get(f"/team?group={secret.id}").text
        assert "Secret" not in text
        assert incident.number not in text
        assert "1 open" not in text
        assert post(page, "/team/reassign", ticket_id=incident.id).status_code == 404
        board = re.findall(r"<b>(.*?)</b>", page.get("/team/wallboard").text)
        assert set(board) == {"0"}

    def test_it_costs_the_same_for_many(self, page: FlaskClient, make: Factory, group: Group, anna: Person) -> None:
        addresses = ("/team", "/team/calendar", "/team/wallboard", "/rotas", "/absence", "/skills")

        def fill(number: int) -> None:
            person = make.person(roles=("agent",), groups=(group,))
            absent(person, anna)
            services.create_skill(SYSTEM, name=f"Skill {number}")
            for _each in range(3):
                make.incident(group_id=group.id, assignee_id=person.id)
            services.create_rota(
                SYSTEM,
                name=f"Rota {number}",
                group_id=group.id,
                timezone="UTC",
                starts_on=date(2026, 11, 2),
                handover_minute=0,
                person_ids=[person.id],
            )
            session.commit()

        fill(0)
        few = [statements_of(page, address) for address in addresses]
        for number in range(1, 4):
            fill(number)
        assert [statements_of(page, address) for address in addresses] == few
        assert max(few) <= 14


class TestWallboard:
    def test_big_numbers_and_who_is_on_call(self, page: FlaskClient, make: Factory, group: Group, anna: Person) -> None:
        rota_of(group, anna)
        for assignee in (anna.id, None):
            make.incident(group_id=group.id, assignee_id=assignee, impact=1, urgency=1)
        make.incident(group_id=make.group().id)
        text = page.get(f"/team/wallboard?group={group.id}").text
        numbers = dict(re.findall(r"board-cell board-(\w+) .*?<b>(.*?)</b>", text))
        assert (numbers["open"], numbers["unassigned"], numbers["critical"]) == ("2", "1", "2")
        assert "Anna" in text
        assert 'http-equiv="refresh"' in text

    def test_an_unchanged_board_is_not_sent_again(self, page: FlaskClient, make: Factory) -> None:
        first = page.get("/team/wallboard", headers={"X-Board": "1"})
        headers = {"X-Board": "1", "If-None-Match": first.headers["ETag"]}
        again = page.get("/team/wallboard", headers=headers)
        assert (first.status_code, again.status_code, again.data) == (200, 304, b"")
        assert "<html" not in first.text
        make.incident()
        assert page.get("/team/wallboard", headers=headers).status_code == 200
