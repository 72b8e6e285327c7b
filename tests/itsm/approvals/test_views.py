"""The inbox page."""

from flask.testing import FlaskClient
from sqlalchemy import event

from itsm.approvals import queries
from itsm.identity.models import Person
from itsm.kernel.db import db, session
from itsm.tickets import services as tickets
from tests.factories import Factory
from tests.itsm.web.browser import csrf_token

HOSTILE = "<script>alert(1)</script>'\"{{7*7}}"


def ready(make: Factory, approvers: list[Person], **facts: str) -> int:
    """An assessed change that waits for these people; answers the id of the question."""
    manager = make.actor("change_manager")
    change = make.change(make.actor(), approver_ids=[person.id for person in approvers], **facts)
    tickets.take_step(manager, change, "request")
    tickets.take_step(manager, change, "assess")
    current = queries.find_current("change", change.id)
    assert current is not None
    session.commit()
    return int(current.id)


def test_the_inbox_shows_what_is_decided_on_and_takes_the_vote(client: FlaskClient, make: Factory) -> None:
    person = make.person("Vera", roles=("cab_member",))
    approval_id = ready(make, [person], title=HOSTILE, reason=HOSTILE, risk_reason="Only one switch")
    make.sign_in(client, person)
    page = client.get("/approvals")
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "Only one switch" in page.text
    assert "{{7*7}}" in page.text
    data = {"csrf_token": csrf_token(client, "/approvals"), "vote": "approve", "reason": ""}
    assert client.post(f"/approvals/{approval_id}/vote", data=data).status_code == 302
    assert "Nothing waits for you" in client.get("/approvals").text


def test_a_refusal_without_reason_keeps_the_page_and_says_what_to_do(client: FlaskClient, make: Factory) -> None:
    person = make.person(roles=("cab_member",))
    approval_id = ready(make, [person])
    make.sign_in(client, person)
    data = {"csrf_token": csrf_token(client, "/approvals"), "vote": "reject", "reason": ""}
    answer = client.post(f"/approvals/{approval_id}/vote", data=data)
    assert answer.status_code == 422
    assert "Say why you refuse" in answer.text


def test_nobody_votes_without_token_or_name(client: FlaskClient, make: Factory) -> None:
    approval_id = ready(make, [make.person(roles=("cab_member",))])
    assert client.post(f"/approvals/{approval_id}/vote", data={"vote": "approve"}).status_code in (302, 403)
    outsider = make.sign_in(client, make.person(roles=("admin",)))
    assert outsider.post(f"/approvals/{approval_id}/vote", data={"vote": "approve"}).status_code == 403
    data = {"csrf_token": csrf_token(outsider, "/approvals"), "vote": "approve"}
    assert outsider.post(f"/approvals/{approval_id}/vote", data=data).status_code == 403
    assert queries.get_approval(approval_id).state == "pending"


def test_the_inbox_takes_as_many_statements_for_many_questions_as_for_one(client: FlaskClient, make: Factory) -> None:
    person = make.person(roles=("cab_member",))
    make.sign_in(client, person)
    counts = []
    for more in (1, 4):
        for _each in range(more):
            ready(make, [person, make.person(roles=("cab_member",))])
        counts.append(_statements(client, "/approvals"))
    assert counts[0] == counts[1] > 3


def _statements(client: FlaskClient, address: str) -> int:
    client.get(address)
    seen: list[str] = []

    def count(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            seen.append(statement)

    bind = db.engines[None]
    event.listen(bind, "before_cursor_execute", count)
    try:
        assert client.get(address).status_code == 200
    finally:
        event.remove(bind, "before_cursor_execute", count)
    return len(seen)


def test_visitors_are_led_to_the_login(client: FlaskClient) -> None:
    assert client.get("/approvals").status_code == 302
