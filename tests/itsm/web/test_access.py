"""Who may call which address with which method: the whole URL map against a table kept by hand.

A new permission must be added to `HOLDERS`; a new route needs nothing here as long as it declares its access.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from itsm.identity.models import Person
from itsm.kernel.db import db, session
from itsm.kernel.module import registry
from itsm.tickets import services
from itsm.web.access import ANYONE, OWN_RULE, SIGNED_IN, declared_access
from tests.factories import Factory
from tests.itsm.web.browser import csrf_token, post

READING = frozenset({"GET", "HEAD", "OPTIONS"})
ABSENT = {"int": "999999999", "default": "INC9999999", "string": "INC9999999", "path": "nothing", "float": "9.5"}
PLACE = re.compile(r"<(?:(?P<kind>[a-z]+)(?:\((?P<one>[^,)]*)[^)]*\))?:)?(?P<name>\w+)>")

HOLDERS = {  # permission -> which of requester and agent hold it; the administrator holds everything
    "admin.open": set(),
    "approvals.open": set(),
    "assets.edit": set(),
    "assets.read": {"agent"},
    "categories.edit": set(),
    "change.create": {"agent"},
    "change.edit": {"agent"},
    "change.manage": set(),
    "change.vote": set(),
    "cmdb.edit": set(),
    "cmdb.read": {"agent"},
    "discovery.manage": set(),
    "fields.edit": set(),
    "groups.edit": set(),
    "incident.create": {"requester", "agent"},
    "incident.edit": {"agent"},
    "inventory.agents": set(),
    "macros.share": set(),
    "macros.use": {"agent"},
    "lifecycles.edit": set(),
    "mail.edit": set(),
    "major.configure": set(),
    "major.declare": set(),
    "people.edit": set(),
    "people.read": {"agent"},
    "people.register": {"agent"},
    "problem.create": {"agent"},
    "problem.edit": {"agent"},
    "recurring.edit": set(),
    "reports.all": set(),
    "reports.group": set(),
    "reports.design": set(),
    "reports.read": {"agent"},
    "dashboards.read": {"agent"},
    "reports.send": set(),
    "roles.grant": set(),
    "rules.edit": set(),
    "sla.edit": set(),
    "sla.explain": {"agent"},
    "sla.read": {"agent"},
    "staffing.edit": set(),
    "staffing.read": {"agent"},
    "tasks.templates": set(),
    "texts.share": set(),
    "texts.use": {"agent"},
    "tickets.read": {"agent"},
    "views.all": set(),
    "views.group": set(),
    "worktime.edit": set(),
}
OWN_RULES = {
    "metrics",
    "inventory_agents.report",
    "subscriptions.leave",
    "subscriptions.leave_now",
}  # endpoints that check their caller themselves; each has its own tests
OPEN_TO_ANYONE = {
    "static", "healthz", "readyz", "security.static", "security.login", "security.logout", "security.forgot_password",
    "security.reset_password", "api-docs.openapi_json", "api-docs.openapi_swagger_ui",
}  # fmt: skip


def routes(app: Flask) -> Iterator[tuple[str, str, str]]:
    """Every (address pattern, method, endpoint) of the application."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule.rule, method, rule.endpoint


def address(pattern: str, known: dict[str, str] | None = None) -> str:
    """An address of the pattern: values that are known by the place's name, else ones that stand for nothing."""

    def fill(match: re.Match[str]) -> str:
        if match["kind"] == "any":
            return match["one"].strip("\"' ")
        return (known or {}).get(match["name"]) or ABSENT[match["kind"] or "default"]

    return PLACE.sub(fill, pattern)


def test_every_route_declares_who_may_call_it(app: Flask) -> None:
    undeclared = [route for route in routes(app) if declared_access(app, route[2], route[1]) is None]
    assert undeclared == []


def test_routes_open_to_anyone_and_routes_with_own_rules_are_the_known_ones(app: Flask) -> None:
    by_access: dict[str | None, set[str]] = {}
    for _pattern, method, endpoint in routes(app):
        by_access.setdefault(declared_access(app, endpoint, method), set()).add(endpoint)
    assert by_access[ANYONE] <= OPEN_TO_ANYONE
    assert by_access[OWN_RULE] <= OWN_RULES


def test_every_permission_stands_in_the_table(app: Flask) -> None:
    assert set(registry().permissions) == set(HOLDERS)
    needed = {declared_access(app, endpoint, method) for _pattern, method, endpoint in routes(app)}
    assert needed - {ANYONE, SIGNED_IN, OWN_RULE} <= set(HOLDERS)


@pytest.fixture
def people(make: Factory) -> dict[str, Person]:
    house = make.organisation()
    rows = {
        "requester": make.person("Rita Requester", organisation_id=house.id),
        "other": make.person("Otto Other"),
        "agent": make.person("Ada Agent", roles=("agent",), groups=(make.group(),)),
        "admin": make.person("Alan Admin", roles=("admin",)),
    }
    session.commit()
    return rows


def signed_in_as(app: Flask, make: Factory, person: Person | None) -> FlaskClient:
    client = app.test_client()
    return make.sign_in(client, person) if person is not None else client


def call(client: FlaskClient, method: str, path: str, token: str) -> Any:
    """Call an address with an empty body and a valid CSRF token."""
    if method in READING:
        return client.open(path, method=method)
    headers = {"X-CSRFToken": token}
    if path.startswith("/api/"):
        return client.open(path, method=method, json={}, headers=headers)
    return client.open(path, method=method, data={"csrf_token": token}, headers=headers)


def may_enter(role: str, access: str | None) -> bool:
    if access in (ANYONE, OWN_RULE):
        return True
    if role == "anonymous":
        return False
    return access == SIGNED_IN or role == "admin" or role.replace("other", "requester") in HOLDERS[str(access)]


def was_stopped(answer: Any, path: str) -> bool:
    """Whether the door itself refused: sign in first, or a permission is missing."""
    if answer.status_code == 302:
        return str(answer.location).startswith("/login?next=")
    if answer.status_code == 403:
        return "You do not have the right to open this" in answer.get_data(as_text=True)
    return bool(answer.status_code == 401) and path.startswith("/api/")


@pytest.mark.one_database
@pytest.mark.parametrize("role", ["anonymous", "requester", "other", "agent", "admin"])
def test_each_route_lets_in_whom_it_declares_and_nobody_else(
    app: Flask, make: Factory, people: dict[str, Person], role: str
) -> None:
    wrong = []
    for pattern, method, endpoint in routes(app):
        access = declared_access(app, endpoint, method)
        if access == OWN_RULE:
            continue
        path = address(pattern)
        client = signed_in_as(app, make, people.get(role))
        answer = call(client, method, path, csrf_token(client, "/healthz-not-there"))
        if was_stopped(answer, path) == may_enter(role, access) or answer.status_code == 500:
            wrong.append((role, method, path, access, answer.status_code))
        session.rollback()
    assert wrong == []


@pytest.mark.one_database
def test_each_changing_route_refuses_a_request_without_token(
    app: Flask, make: Factory, people: dict[str, Person]
) -> None:
    client = signed_in_as(app, make, people["admin"])
    wrong = []
    for pattern, method, endpoint in routes(app):
        if method in READING or declared_access(app, endpoint, method) == OWN_RULE:
            continue
        path = address(pattern)
        for headers in ({}, {"X-CSRFToken": "not-the-token"}):
            body: dict[str, Any] = {"json": {}} if path.startswith("/api/") else {"data": {}}
            answer = client.open(path, method=method, headers=headers, **body)
            if answer.status_code != 403 or "open for too long" not in answer.get_data(as_text=True):
                wrong.append((method, path, answer.status_code))
    assert wrong == []


@pytest.mark.one_database
def test_no_get_changes_anything(app: Flask, make: Factory, people: dict[str, Person]) -> None:
    admin = people["admin"]
    incident = make.incident(make.actor_of(people["requester"]))
    upload = services.Upload("a.txt", b"x", "text/plain")
    entry = services.write_entry(make.actor_of(people["agent"]), incident, kind="public", body="x", uploads=[upload])
    session.commit()
    known = {"number": incident.number, "ticket_id": str(incident.id), "person_id": str(admin.id), "name": "x"}
    known |= {"group_id": str(incident.group_id), "attachment_id": "1", "filename": "itsm.css"}
    assert entry.id
    client = signed_in_as(app, make, admin)
    writes: list[tuple[str, str]] = []
    path = ""

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        is_noted = "export" in path and statement.startswith("INSERT INTO audit_entry")  # that a list left
        if statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE", "REPLACE")) and not is_noted:
            writes.append((path, statement[:80]))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        for pattern, method, endpoint in routes(app):
            if method == "GET" and declared_access(app, endpoint, method) != OWN_RULE:
                path = address(pattern, known)
                answer = client.get(path)
                assert answer.status_code != 500, path
                session.flush()
                session.rollback()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert writes == []


@pytest.fixture
def inside(make: Factory, people: dict[str, Person]) -> dict[str, Any]:
    """An incident of the requester with a public and an internal entry, each with a file."""
    agent = make.actor_of(people["agent"])
    incident = make.incident(make.actor_of(people["requester"]), title="Payroll printer jams")
    open_file = services.Upload("public.txt", b"public", "text/plain")
    closed_file = services.Upload("internal.txt", b"internal", "text/plain")
    services.write_entry(agent, incident, kind="public", body="We are on it", uploads=[open_file])
    services.write_entry(agent, incident, kind="internal", body="hush-hush note", uploads=[closed_file])
    services.write_entry(agent, incident, kind="work", body="hush-hush work", minutes=5)
    services.override_priority(agent, incident, priority=1, reason="hush-hush reason")
    services.take_step(agent, incident, "hold", fields={"hold_reason": "supplier", "note": "hush-hush step"})
    session.commit()
    from itsm.tickets.queries import list_attachments

    files = {row.name: row.id for row in list_attachments(agent, incident)}
    return {"incident": incident, "public": files["public.txt"], "internal": files["internal.txt"]}


OBJECTS = [  # address, then the status for: anonymous page, requester, other requester, agent, admin
    ("/incidents/{number}", 302, 302, 404, 200, 200),
    ("/portal/tickets/{number}", 302, 200, 404, 200, 200),
    ("/tickets/open/{number}", 302, 302, 422, 302, 302),
    ("/tickets/{id}/journal", 302, 403, 403, 200, 200),
    ("/attachments/{public}/public.txt", 302, 200, 404, 200, 200),
    ("/attachments/{internal}/internal.txt", 302, 404, 404, 200, 200),
    ("/api/v1/incidents/{number}", 401, 200, 404, 200, 200),
    ("/api/v1/incidents/{number}/journal", 401, 200, 404, 200, 200),
    ("/api/v1/incidents/{number}/links", 401, 200, 404, 200, 200),
    ("/admin/people/{admin}", 302, 403, 403, 403, 200),
    ("/api/v1/people/{admin}", 401, 403, 403, 200, 200),
    ("/api/v1/audit", 401, 403, 403, 403, 200),
    ("/admin", 302, 403, 403, 403, 200),
]


@pytest.mark.parametrize("row", OBJECTS, ids=[row[0] for row in OBJECTS])
def test_objects_are_seen_by_whom_they_concern(
    app: Flask, make: Factory, people: dict[str, Person], inside: dict[str, Any], row: tuple[Any, ...]
) -> None:
    incident = inside["incident"]
    path = row[0].format(
        number=incident.number,
        id=incident.id,
        public=inside["public"],
        internal=inside["internal"],
        admin=people["admin"].id,
    )
    got = [
        signed_in_as(app, make, people.get(role)).get(path).status_code
        for role in ("anonymous", "requester", "other", "agent", "admin")
    ]
    assert tuple(got) == row[1:]


def test_the_inside_of_a_ticket_never_leaves_to_its_requester(
    app: Flask, make: Factory, people: dict[str, Person], inside: dict[str, Any]
) -> None:
    number = inside["incident"].number
    client = signed_in_as(app, make, people["requester"])
    paths = ["/portal", f"/portal/tickets/{number}", "/portal/tickets", "/portal?q=hush"]
    paths += [f"/api/v1/incidents{rest}" for rest in ("", f"/{number}", f"/{number}/journal", f"/{number}/links")]
    for path in paths:
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert "hush-hush" not in answer.text, path
        assert "priority_reason" not in answer.text, path
    refused = post(client, f"/tickets/{inside['incident'].id}/entries", kind="internal", body="x")
    assert refused.status_code == 403
    assert "hush-hush" not in refused.text


def test_other_peoples_tickets_leak_by_no_list_or_search(
    app: Flask, make: Factory, people: dict[str, Person], inside: dict[str, Any]
) -> None:
    client = signed_in_as(app, make, people["other"])
    number = inside["incident"].number
    for path in (
        "/portal?q=payroll",
        "/portal/tickets?of=colleagues",
        "/api/v1/incidents",
        "/api/v1/incidents?q=payroll",
    ):
        assert "Payroll" not in client.get(path).text, path
    token = csrf_token(client)
    headers = {"X-CSRFToken": token}
    for path, body in (
        (f"/api/v1/incidents/{number}/journal", {"kind": "public", "body": "x"}),
        (f"/api/v1/incidents/{number}/transitions", {"name": "cancel", "fields": {"note": "x"}}),
    ):
        assert client.post(path, json=body, headers=headers).status_code == 404
    for path in (f"/tickets/{inside['incident'].id}/entries", f"/tickets/{inside['incident'].id}/watch"):
        assert client.post(path, data={"csrf_token": token, "kind": "public", "body": "x"}).status_code == 404


@pytest.mark.parametrize("field", ["priority", "assignee", "group", "level", "state", "is_internal", "role"])
def test_a_requester_sets_no_staff_field_by_json(
    app: Flask, make: Factory, people: dict[str, Person], field: str
) -> None:
    client = signed_in_as(app, make, people["requester"])
    body = {"title": "x", field: "1"}
    answer = client.post("/api/v1/incidents", json=body, headers={"X-CSRFToken": csrf_token(client)})
    assert answer.status_code in {403, 422}
