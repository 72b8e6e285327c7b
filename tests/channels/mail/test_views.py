"""The administrator's pages of mailboxes and incoming mail."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select

from itsm.channels.mail import mailboxes, services
from itsm.channels.mail.credentials import decrypt
from itsm.channels.mail.models import IncomingMail, Mailbox
from itsm.kernel.actor import SYSTEM
from itsm.kernel.audit import AuditEntry
from itsm.kernel.db import db, session
from tests.channels.mail.letters import letter
from tests.factories import Factory
from tests.servers.mail import free_port

FORM = {
    "name": "Help",
    "address": "Help@Desk.test",
    "host": "127.0.0.1",
    "port": "143",
    "security": "none",
    "active": "true",
}


def token_of(page: str) -> str:
    return page.split('name="csrf_token" value="')[1].partition('"')[0]


@pytest.fixture
def admin(client: FlaskClient, make: Factory) -> FlaskClient:
    return make.sign_in(client, make.person(roles=("admin",)))


def post(client: FlaskClient, path: str, **data: Any) -> Any:
    page = client.get("/admin/mail/mailboxes/new").get_data(as_text=True)
    return client.post(path, data={"csrf_token": token_of(page), **data})


def only_mailbox() -> Mailbox:
    session.expire_all()
    return session.scalars(select(Mailbox)).one()


def test_a_mailbox_is_made_and_its_password_is_never_shown(admin: FlaskClient) -> None:
    assert post(admin, "/admin/mail/mailboxes", **FORM, password="geheim-123").status_code == 302
    box = only_mailbox()
    assert (box.address, decrypt(box.password_encrypted), box.accepts_unknown) == (
        "help@desk.test",
        "geheim-123",
        False,
    )
    assert "geheim" not in box.password_encrypted
    page = admin.get(f"/admin/mail/mailboxes/{box.id}").get_data(as_text=True)
    assert "help@desk.test" in page
    assert "geheim" not in page
    assert box.password_encrypted not in page
    assert "geheim" not in str([entry.changes for entry in session.scalars(select(AuditEntry))])


def test_an_empty_password_keeps_the_present_one(admin: FlaskClient) -> None:
    post(admin, "/admin/mail/mailboxes", **FORM, password="geheim-123")
    box = only_mailbox()
    answer = post(admin, f"/admin/mail/mailboxes/{box.id}", **FORM | {"name": "Other"}, version=str(box.version))
    assert answer.status_code == 302
    assert (only_mailbox().name, decrypt(only_mailbox().password_encrypted)) == ("Other", "geheim-123")


@pytest.mark.parametrize("moved", [{"host": "evil.example"}, {"port": "1993"}, {"security": "none"}])
def test_a_kept_password_goes_to_no_other_server(admin: FlaskClient, moved: dict[str, str]) -> None:
    server = FORM | {"host": "imap.desk.test", "port": "993", "security": "ssl"}
    post(admin, "/admin/mail/mailboxes", **server, password="geheim-123")
    box = only_mailbox()
    address, version = f"/admin/mail/mailboxes/{box.id}", str(box.version)
    refused = post(admin, address, **server | moved, version=version)
    assert refused.status_code == 422
    assert "enter the password again" in refused.get_data(as_text=True)
    assert (only_mailbox().host, only_mailbox().port, only_mailbox().security) == ("imap.desk.test", 993, "ssl")
    assert post(admin, address, **server | moved, password="geheim-456", version=version).status_code == 302
    assert decrypt(only_mailbox().password_encrypted) == "geheim-456"


def test_wrong_input_is_named_and_kept(admin: FlaskClient) -> None:
    answer = post(admin, "/admin/mail/mailboxes", **FORM | {"address": "no address", "name": "Keep me"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Enter a mail address" in page
    assert "Keep me" in page
    stale = mailboxes.create_mailbox(SYSTEM, name="Box", address="box@desk.test")
    session.commit()
    assert post(admin, f"/admin/mail/mailboxes/{stale.id}", **FORM, version="99").status_code == 422


def test_a_connection_that_fails_is_told(admin: FlaskClient) -> None:
    box = mailboxes.create_mailbox(
        SYSTEM, name="Box", address="b@desk.test", host="127.0.0.1", port=free_port(), security="none"
    )
    session.commit()
    assert post(admin, f"/admin/mail/mailboxes/{box.id}/test").status_code == 302
    assert "connection failed" in admin.get(f"/admin/mail/mailboxes/{box.id}").get_data(as_text=True)


def test_quarantined_mail_is_listed_retried_and_released(admin: FlaskClient) -> None:
    services.receive(letter(sender="nobody", subject="<b>odd</b>"))
    session.commit()
    row = session.scalars(select(IncomingMail)).one()
    page = admin.get("/admin/mail?state=quarantined").get_data(as_text=True)
    assert "&lt;b&gt;odd&lt;/b&gt;" in page
    assert "no valid address" in page
    assert post(admin, f"/admin/mail/incoming/{row.id}/retry").status_code == 302
    session.refresh(row)
    assert row.state == "quarantined"
    post(admin, f"/admin/mail/incoming/{row.id}/release")
    session.refresh(row)
    assert (row.state, row.reason, row.ticket_id is not None) == ("done", "released", True)
    assert post(admin, f"/admin/mail/incoming/{row.id}/release").status_code == 409


def test_the_raw_mail_is_a_harmless_download(admin: FlaskClient) -> None:
    raw = letter("<script>alert(1)</script>")
    services.receive(raw)
    session.commit()
    row = session.scalars(select(IncomingMail)).one()
    answer = admin.get(f"/admin/mail/incoming/{row.id}/raw")
    assert (answer.data, answer.mimetype) == (raw, "application/octet-stream")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    answer.close()


@pytest.mark.parametrize("role", ["agent", "supervisor", "end_user"])
def test_the_pages_are_for_administrators(client: FlaskClient, make: Factory, role: str) -> None:
    make.sign_in(client, make.person(roles=(role,)))
    for address in ("/admin/mail", "/admin/mail/mailboxes/new", "/admin/mail/incoming/1/raw"):
        assert client.get(address).status_code == 403


def test_statements_do_not_grow_with_rows(admin: FlaskClient) -> None:
    counts = []
    statements: list[str] = []
    event.listen(db.engines[None], "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    for _round in range(2):
        for _number in range(15):
            services.receive(letter())
        session.commit()
        statements.clear()
        assert admin.get("/admin/mail").status_code == 200
        counts.append(len(statements))
    assert counts[0] >= counts[1]
