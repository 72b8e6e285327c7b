"""Administration of people, organisations, sites, groups and categories through their pages."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from itsm.identity import queries
from itsm.identity.models import Group, Organisation, Person, Site
from itsm.kernel.audit import AuditEntry
from itsm.kernel.db import session
from itsm.kernel.outbox import OutboxMessage
from itsm.tickets.models import Category
from tests.factories import PASSWORD, Factory
from tests.itsm.web.browser import post

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


@pytest.fixture
def boss(make: Factory) -> Person:
    return make.person("Alan Admin", roles=("admin",))


@pytest.fixture
def admin(client: FlaskClient, make: Factory, boss: Person) -> FlaskClient:
    session.commit()
    return make.sign_in(client, boss)


def test_a_person_is_recorded_found_and_changed(admin: FlaskClient, make: Factory, boss: Person) -> None:
    house, group = make.organisation("House"), make.group("Net")
    session.commit()
    facts = {
        "name": "Grace Hopper",
        "email": "Grace@Example.org",
        "phone": "+46 8 1",
        "title": "Admiral",
        "active": "true",
    }
    facts |= {
        "organisation_id": str(house.id),
        "manager": boss.email or "",
        "language": "sv",
        "timezone": "Europe/Stockholm",
    }
    answer = post(admin, "/admin/people/new", **facts, roles=["end_user", "agent"], group_ids=[str(group.id)])
    assert answer.status_code == 302
    person = session.query(Person).filter_by(email="grace@example.org").one()
    assert (person.organisation_id, person.manager_id, person.language) == (house.id, boss.id, "sv")
    assert {role.name for role in person.roles} == {"end_user", "agent"}
    assert list(queries.member_ids(group.id)) == [person.id]
    assert "Grace Hopper" in admin.get("/admin/people?q=hopp").text
    assert "Grace Hopper" not in admin.get("/admin/people?q=nobody").text
    assert "Grace Hopper" in admin.get('/admin/people?q=name+~+"grace"+and+active+=+true').text
    assert "Grace Hopper" not in admin.get("/admin/people?q=vip+=+true").text
    assert "Grace Hopper" in admin.get("/admin/people?q=%2B46+(8)+1").text
    refused = admin.get("/admin/people?q=nonsense+=+1")
    assert refused.status_code == 200
    assert 'role="alert"' in refused.text
    changed = {"name": "Grace B. Hopper", "active": "true", "version": str(person.version)}
    assert post(admin, f"/admin/people/{person.id}", **changed, roles=["end_user"]).status_code == 302
    session.expire_all()
    assert (person.name, person.phone, person.organisation_id, person.email) == ("Grace B. Hopper", "", None, None)
    assert queries.member_ids(group.id) == []
    page = admin.get(f"/admin/people/{person.id}").text
    assert "person.changed" in page
    assert "person.roles" in page


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("email", "not an address"), ("email", "taken@example.org"), ("timezone", "Moon/Crater"),
        ("language", "xx"), ("organisation_id", "999999"), ("organisation_id", "x"), ("site_id", "999999"),
        ("manager", "nobody@example.org"), ("roles", "emperor"), ("group_ids", "999999"), ("phone", "9" * 200),
        ("is_superuser", "true"), ("password", "x"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_and_nothing_typed_is_lost(
    admin: FlaskClient, make: Factory, field: str, value: str
) -> None:
    make.person(email="taken@example.org")
    session.commit()
    before = session.query(Person).count()
    facts = {"name": "Typed Name", "title": "Typed title", "active": "true", "roles": "end_user"} | {field: value}
    answer = post(admin, "/admin/people/new", **facts)
    assert answer.status_code == 422
    assert "Typed title" in answer.text
    assert 'role="alert"' in answer.text
    assert session.query(Person).count() == before


def test_a_stale_form_is_refused(admin: FlaskClient, make: Factory) -> None:
    person = make.person("First")
    session.commit()
    answer = post(admin, f"/admin/people/{person.id}", name="Second", version=str(person.version - 1), active="true")
    assert answer.status_code == 422
    assert "This was changed meanwhile" in answer.text
    assert "Second" in answer.text


def test_nobody_locks_himself_out(admin: FlaskClient, boss: Person) -> None:
    common = {"name": boss.name, "email": boss.email or "", "version": str(boss.version)}
    assert post(admin, f"/admin/people/{boss.id}", **common, roles=["admin"]).status_code == 422
    assert post(admin, f"/admin/people/{boss.id}", **common, active="true", roles=["end_user"]).status_code == 422
    session.expire_all()
    assert boss.active
    assert [role.name for role in boss.roles] == ["admin"]


def test_deactivating_through_the_page_ends_the_session(app: Flask, admin: FlaskClient, make: Factory) -> None:
    person = make.person("Leaver", password=PASSWORD)
    session.commit()
    theirs = make.sign_in(app.test_client(), person)
    assert theirs.get("/account").status_code == 200
    facts = {"name": "Leaver", "email": person.email or "", "version": str(person.version), "roles": "end_user"}
    assert post(admin, f"/admin/people/{person.id}", **facts).status_code == 302
    assert theirs.get("/account").status_code == 302


def test_a_reset_link_is_sent_and_recorded(admin: FlaskClient, make: Factory) -> None:
    person = make.person("Forgetful", email="forgetful@example.org", language="sv")
    nameless = make.person("Nameless", email=None)
    session.commit()
    assert post(admin, f"/admin/people/{person.id}/reset-link").status_code == 302
    mail = session.query(OutboxMessage).filter_by(recipient="forgetful@example.org").one()
    assert "/reset/" in mail.payload["text"]
    assert session.query(AuditEntry).filter_by(action="person.reset_link_sent", subject_id=person.id).count() == 1
    assert post(admin, f"/admin/people/{nameless.id}/reset-link").status_code == 422


def test_a_token_is_revoked(admin: FlaskClient, make: Factory) -> None:
    person = make.person()
    make.token(person)
    session.commit()
    token = queries.list_tokens(person.id)[0]
    assert post(admin, f"/admin/people/{person.id}/tokens/{token.id}/revoke").status_code == 302
    session.expire_all()
    assert token.revoked_at is not None


def test_organisations_form_a_tree(admin: FlaskClient) -> None:
    assert post(admin, "/admin/organisations/new", name="Top").status_code == 302
    top = session.query(Organisation).filter_by(name="Top").one()
    assert post(admin, "/admin/organisations/new", name="Below", parent_id=str(top.id)).status_code == 302
    below = session.query(Organisation).filter_by(name="Below").one()
    assert below.path == f"/{top.id}/{below.id}/"
    assert post(admin, "/admin/organisations/new", name="Below").status_code == 422
    loop = post(admin, f"/admin/organisations/{top.id}", name="Top", parent_id=str(below.id), version=str(top.version))
    assert loop.status_code == 422
    assert "cannot lie below itself" in loop.text
    taken = post(admin, f"/admin/organisations/{below.id}", name="Top", version=str(below.version))
    assert taken.status_code == 422
    assert "Below" in admin.get("/admin/organisations?q=belo").text


def test_sites(admin: FlaskClient) -> None:
    assert post(admin, "/admin/sites/new", name="Athens", timezone="Europe/Athens", city="Athens").status_code == 302
    site = session.query(Site).filter_by(name="Athens").one()
    refused = post(admin, f"/admin/sites/{site.id}", name="Athens", timezone="Nowhere", city="Typed city")
    assert refused.status_code == 422
    assert "Typed city" in refused.text
    assert post(admin, f"/admin/sites/{site.id}", name="Piraeus", timezone="Europe/Athens").status_code == 302
    assert "Piraeus" in admin.get("/admin/sites").text


def test_groups(admin: FlaskClient, make: Factory, boss: Person) -> None:
    second, member = make.group("Second", level=2), make.person("Member", email="member@example.org")
    session.commit()
    facts = {
        "name": "First",
        "level": "1",
        "manager": boss.email or "",
        "escalates_to_id": str(second.id),
        "active": "true",
    }
    assert post(admin, "/admin/groups/new", **facts, more="member@example.org").status_code == 302
    group = session.query(Group).filter_by(name="First").one()
    assert (group.manager_id, group.escalates_to_id, list(queries.member_ids(group.id))) == (
        boss.id,
        second.id,
        [member.id],
    )
    changed = facts | {"version": str(group.version), "restricted": "true"}
    assert post(admin, f"/admin/groups/{group.id}", **changed, member_ids=[str(boss.id)]).status_code == 302
    session.expire_all()
    assert group.restricted
    assert list(queries.member_ids(group.id)) == [boss.id]
    for wrong in (
        {"level": "4"},
        {"more": "nobody@example.org"},
        {"escalates_to_id": str(group.id)},
        {"name": "Second"},
    ):
        answer = post(admin, f"/admin/groups/{group.id}", **(changed | {"version": str(group.version)} | wrong))
        assert answer.status_code == 422, wrong


def test_categories(admin: FlaskClient, make: Factory) -> None:
    group = make.group("Printing")
    session.commit()
    assert (
        post(admin, "/admin/categories/new", name="Hardware", group_id=str(group.id), active="true").status_code == 302
    )
    top = session.query(Category).filter_by(name="Hardware").one()
    assert post(admin, "/admin/categories/new", name="Printer", parent_id=str(top.id), active="true").status_code == 302
    below = session.query(Category).filter_by(name="Printer").one()
    assert below.path == f"/{top.id}/{below.id}/"
    assert post(admin, "/admin/categories/new", name="Printer", parent_id=str(top.id)).status_code == 422
    loop = {"name": "Hardware", "parent_id": str(below.id), "version": str(top.version), "active": "true"}
    assert post(admin, f"/admin/categories/{top.id}", **loop).status_code == 422
    moved = {"name": "Printers", "version": str(below.version)}
    assert post(admin, f"/admin/categories/{below.id}", **moved).status_code == 302
    session.expire_all()
    assert (below.path, below.parent_id, below.active) == (f"/{below.id}/", None, False)
    assert "Printers" in admin.get("/admin/categories?q=printer").text


def test_hostile_names_come_back_escaped(admin: FlaskClient, make: Factory) -> None:
    group = make.group(HOSTILE)
    house = make.organisation(HOSTILE)
    category = make.category(HOSTILE, group=group)
    person = make.person(
        HOSTILE, roles=("agent",), groups=(group,), organisation_id=house.id, title=HOSTILE, phone=HOSTILE[:60]
    )
    session.commit()
    paths = [
        "/admin/people",
        "/admin/groups",
        "/admin/organisations",
        "/admin/categories",
        "/admin/people?q=%3Cscript%3E",
    ]
    paths += [f"/admin/people/{person.id}", f"/admin/groups/{group.id}", f"/admin/organisations/{house.id}"]
    paths += [
        f"/admin/categories/{category.id}",
        "/admin/audit?subject_kind=person",
        "/admin/organisations/new?name=%3Cscript%3Ealert(1)",
    ]
    for path in paths:
        page = admin.get(path).text
        assert "<script>alert" not in page, path
        assert "<img src=x" not in page, path


def test_lists_page(admin: FlaskClient, make: Factory) -> None:
    for number in range(55):
        make.person(f"Paged {number:02d}")
    session.commit()
    first = admin.get("/admin/people?q=paged")
    cursor = first.text.split("cursor=")[1].split('"')[0]
    assert "Paged 00" in first.text
    second = admin.get(f"/admin/people?q=paged&cursor={cursor}").text
    assert "Paged 54" in second
    assert "Paged 00" not in second
