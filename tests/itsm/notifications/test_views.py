"""The page of outgoing mail."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from itsm.kernel.db import db, session
from itsm.notifications import services
from tests.channels.mail.letters import outgoing
from tests.factories import Factory
from tests.itsm.notifications.test_services import notice


def token_of(page: str) -> str:
    return page.split('name="csrf_token" value="')[1].partition('"')[0]


def test_it_shows_states_and_errors_and_sends_again(client: FlaskClient, make: Factory) -> None:
    make.sign_in(client, make.person(roles=("admin",)))
    services.send_notice(notice())
    (row,) = outgoing()
    row.state, row.last_error = "dead", "550 <script>no</script>"
    session.commit()
    page = client.get("/admin/outbox").get_data(as_text=True)
    assert "ana@example.org" in page
    assert "550 &lt;script&gt;" in page
    answer = client.post(f"/admin/outbox/{row.id}/retry", data={"csrf_token": token_of(page)})
    session.refresh(row)
    assert (answer.status_code, row.state) == (302, "waiting")
    row.state = "dead"
    session.commit()
    client.post("/admin/outbox/retry", data={"csrf_token": token_of(page)})
    session.refresh(row)
    assert row.state == "waiting"


@pytest.mark.parametrize("role", ["agent", "supervisor", "end_user"])
def test_it_is_for_administrators(client: FlaskClient, make: Factory, role: str) -> None:
    make.sign_in(client, make.person(roles=(role,)))
    assert client.get("/admin/outbox").status_code == 403


def test_statements_do_not_grow_with_rows(client: FlaskClient, make: Factory) -> None:
    make.sign_in(client, make.person(roles=("admin",)))
    counts = []
    statements: list[str] = []
    bind = db.engines[None]
    event.listen(bind, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    for start in (0, 100):
        for number in range(start, start + 40):
            services.send_notice(notice(number, ticket_id=number, to=f"p{number}@example.org"))
        statements.clear()
        assert client.get("/admin/outbox").status_code == 200
        counts.append(len(statements))
    assert counts[0] >= counts[1]
