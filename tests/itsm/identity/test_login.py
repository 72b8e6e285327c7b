"""Signing in, out and back in, through the real pages."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from flask.testing import FlaskClient
from itsdangerous import TimestampSigner
from sqlalchemy import select

from config.settings import Settings
from itsm.app import create_app
from itsm.identity import queries, services
from itsm.identity.models import Person
from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM
from itsm.kernel.audit import AuditEntry
from itsm.kernel.db import db, session
from itsm.kernel.errors import Invalid
from itsm.kernel.outbox import OutboxMessage
from tests.conftest import NOW, settings_for
from tests.factories import PASSWORD, Factory
from tests.itsm.web.browser import TOKEN, csrf_token, post

NEW_PASSWORD = "another fine passphrase"
WRONG = "E-mail address or password is not right."


@pytest.fixture
def person(make: Factory) -> Person:
    row = make.person("Ada", email="ada@example.org", password=PASSWORD)
    session.commit()
    return row


def login(client: FlaskClient, email: str, password: str, **fields: str) -> object:
    return post(client, "/login", email=email, password=password, **fields)


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def test_the_right_password_signs_in(client: FlaskClient, person: Person) -> None:
    answer = login(client, "Ada@Example.org", PASSWORD)
    assert answer.status_code == 302
    assert is_signed_in(client)


def test_letters_that_can_be_typed_in_two_ways_match(client: FlaskClient, make: Factory) -> None:
    make.person(email="asa@example.org", password="blåbärssoppa på fjället")
    session.commit()
    assert login(client, "asa@example.org", "blåbärssoppa på fjället").status_code == 302
    assert is_signed_in(client)


def test_a_wrong_password_an_unknown_a_locked_and_a_deactivated_account_look_the_same(
    client: FlaskClient, make: Factory, person: Person
) -> None:
    gone = make.person(email="gone@example.org", password=PASSWORD, active=False)
    locked = make.person(email="locked@example.org", password=PASSWORD)
    locked.locked_until = clock.now().replace(year=2027)
    session.commit()
    pages = [
        login(client, "ada@example.org", "wrong password").text,
        login(client, "nobody@example.org", PASSWORD).text,
        login(client, gone.email or "", PASSWORD).text,
        login(client, locked.email or "", PASSWORD).text,
    ]
    for page in pages:
        assert WRONG in page
    shapes = {re.sub(r'value="[^"]*"|content="[^"]*"', "", page) for page in pages}
    assert len(shapes) == 1
    assert not is_signed_in(client)


@pytest.mark.parametrize("as_json", [False, True])
def test_failures_are_counted_and_lock_the_account(client: FlaskClient, person: Person, as_json: bool) -> None:
    for _attempt in range(services.FAILURES_BEFORE_LOCK):
        if as_json:
            headers = {"X-CSRFToken": csrf_token(client)}
            body = {"email": "ada@example.org", "password": "wrong password"}
            assert client.post("/login", json=body, headers=headers).status_code == 400
        else:
            assert login(client, "ada@example.org", "wrong password").status_code == 200
    session.rollback()
    session.expire_all()
    assert person.failed_logins == services.FAILURES_BEFORE_LOCK
    assert WRONG in login(client, "ada@example.org", PASSWORD).text
    with clock.frozen(NOW.replace(hour=10)):
        assert login(client, "ada@example.org", PASSWORD).status_code == 302
    session.refresh(person)
    assert (person.failed_logins, person.locked_until) == (0, None)
    actions = set(session.scalars(select(AuditEntry.action).where(AuditEntry.subject_id == person.id)))
    assert {"login.failed", "login.done"} <= actions


def test_asking_for_the_password_once_more_is_no_way_around_the_wait(client: FlaskClient, person: Person) -> None:
    login(client, "ada@example.org", PASSWORD)
    assert post(client, "/verify", password=PASSWORD).status_code == 302
    for _attempt in range(services.FAILURES_BEFORE_LOCK):
        assert WRONG in post(client, "/verify", password="wrong password").text
    assert WRONG in post(client, "/verify", password=PASSWORD).text
    failed = session.scalars(select(AuditEntry).where(AuditEntry.action == "login.failed")).all()
    assert [entry.subject_id for entry in failed] == [person.id] * services.FAILURES_BEFORE_LOCK
    with clock.frozen(NOW.replace(minute=1)):
        assert post(client, "/verify", password=PASSWORD).status_code == 302


@pytest.fixture
def limited(tmp_path: Path) -> Flask:
    """An application of its own with rate limits on, as outside of tests."""
    values = vars(settings_for(f"sqlite:///{tmp_path / 'limited.sqlite3'}", tmp_path))
    limited = create_app(Settings(**(values | {"testing": False})))
    with limited.app_context():
        db.create_all()
    return limited


@pytest.mark.parametrize(("path", "status"), [("/login", 200), ("/reset", 200), ("/verify", 302)])
def test_one_address_may_not_try_without_end(limited: Flask, path: str, status: int) -> None:
    client = limited.test_client()
    token = csrf_token(client)
    statuses = [
        client.post(
            path, data={"csrf_token": token, "email": f"x{number}@example.org", "password": "y" * 9}
        ).status_code
        for number in range(22)
    ]
    assert statuses[:20] == [status] * 20
    assert statuses[20:] == [429] * 2
    assert client.get(path).status_code == status


def test_the_rate_of_searching_and_of_exports_is_each_persons_own(limited: Flask) -> None:
    limited.config["ITSM"] = replace(limited.config["ITSM"], search_rate="2 per minute", export_rate="1 per minute")
    client = limited.test_client()
    assert [client.get("/desk?q=printer").status_code for _each in range(3)] == [302, 302, 429]
    assert [client.get("/cmdb?words=x").status_code for _each in range(1)] == [429]
    assert [client.get("/assets/export.csv").status_code for _each in range(2)] == [302, 429]
    assert client.get("/desk").status_code == 302
    assert "Retry-After" in client.get("/desk?q=printer").headers


def test_the_api_answers_nobody_without_end(limited: Flask) -> None:
    limited.config["ITSM"] = replace(limited.config["ITSM"], api_rate="3 per minute")
    client = limited.test_client()
    statuses = [client.get("/api/v1/incidents").status_code for _each in range(4)]
    assert statuses == [401, 401, 401, 429]
    assert client.get("/login").status_code == 200


def test_signing_in_starts_a_new_session(client: FlaskClient, person: Person) -> None:
    before = csrf_token(client)
    with client.session_transaction() as cookie:
        cookie["planted"] = "by somebody"
        planted = cookie["csrf_token"]
    client.post("/login", data={"csrf_token": before, "email": "ada@example.org", "password": PASSWORD})
    with client.session_transaction() as cookie:
        assert "planted" not in cookie
        assert cookie.get("csrf_token") != planted
        assert cookie.permanent
    assert client.post("/logout", data={"csrf_token": before}).status_code == 403
    assert is_signed_in(client)


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example", "/\\evil.example", "\\\\evil.example", "https:evil.example", "https://evil.example",
        "/%09/evil.example", "\t//evil.example", "javascript:alert(1)", "///evil.example", "/\t/evil.example", "@evil.example",
    ],
)  # fmt: skip
def test_next_leads_only_to_own_paths(client: FlaskClient, person: Person, target: str) -> None:
    in_form = login(client, "ada@example.org", PASSWORD, next=target)
    assert in_form.status_code == 302
    assert re.match(r"^/(?![/\\\t])", in_form.location)
    post(client, "/logout")
    token = csrf_token(client)
    data = {"csrf_token": token, "email": "ada@example.org", "password": PASSWORD}
    in_address = client.post("/login", query_string={"next": target}, data=data)
    assert in_address.status_code == 302
    assert re.match(r"^/(?![/\\\t])", in_address.location)


def test_next_leads_to_the_page_that_was_asked_for(client: FlaskClient, person: Person) -> None:
    asked = client.get("/account?x=1")
    assert asked.status_code == 302
    assert asked.location == "/login?next=/account?x%3D1"
    assert login(client, "ada@example.org", PASSWORD, next="/account?x=1").location == "/account?x=1"


def test_signing_out_needs_a_post(client: FlaskClient, person: Person) -> None:
    login(client, "ada@example.org", PASSWORD)
    assert client.get("/logout").status_code == 405
    assert is_signed_in(client)
    assert post(client, "/logout").status_code == 302
    assert not is_signed_in(client)


def test_a_session_ends_after_the_idle_time(
    app: Flask, client: FlaskClient, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    login(client, "ada@example.org", PASSWORD)
    with client.session_transaction() as cookie:
        content = dict(cookie)
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert serializer is not None
    idle = app.config["ITSM"].session_idle_seconds
    for age, expected in ((idle - 60, True), (idle + 60, False)):
        now = TimestampSigner.get_timestamp(None)  # type: ignore[arg-type]  # reads no attribute
        with monkeypatch.context() as patch:
            patch.setattr(TimestampSigner, "get_timestamp", lambda _self, then=now - age: then)
            value = serializer.dumps(content)
        client.set_cookie(app.config["SESSION_COOKIE_NAME"], value)
        assert is_signed_in(client) is expected


def reset_link(to: str) -> str:
    mail = session.scalars(
        select(OutboxMessage).where(OutboxMessage.recipient == to).order_by(OutboxMessage.id.desc())
    ).first()
    assert mail is not None
    found = re.search(r"https?://\S+", mail.payload["text"])
    assert found is not None
    return found[0]


def test_a_password_is_reset_by_mail_once(app: Flask, client: FlaskClient, make: Factory, person: Person) -> None:
    other = app.test_client()
    login(other, "ada@example.org", PASSWORD)
    token = make.token(person)
    session.commit()
    elsewhere = {"base_url": "http://evil.example", "headers": {"X-Forwarded-Host": "evil.example"}}
    found = TOKEN.search(client.get("/reset", **elsewhere).text)
    assert found is not None
    asked = client.post("/reset", data={"csrf_token": found[1], "email": "ada@example.org"}, **elsewhere)
    assert asked.status_code == 200
    link = reset_link("ada@example.org")
    public = app.config["ITSM"].public_url
    assert link.startswith(f"{public}/reset/")
    path = link.removeprefix(public)
    assert 'minlength="8"' in client.get(path).text
    assert post(client, path, password=NEW_PASSWORD, password_confirm=NEW_PASSWORD).status_code == 302
    assert not is_signed_in(client)
    assert not is_signed_in(other)
    assert queries.find_token_owner(services.token_digest(token)) is None
    assert WRONG in login(client, "ada@example.org", PASSWORD).text
    assert login(client, "ada@example.org", NEW_PASSWORD).status_code == 302
    post(client, "/logout")
    again = post(client, path, password="yet another passphrase", password_confirm="yet another passphrase")
    assert again.location.endswith("/reset")
    assert login(client, "ada@example.org", NEW_PASSWORD).status_code == 302


def test_asking_for_a_link_tells_nothing_about_the_account(client: FlaskClient, make: Factory, person: Person) -> None:
    make.person(email="gone@example.org", password=PASSWORD, active=False)
    session.commit()
    pages = []
    for email in ("ada@example.org", "nobody@example.org", "gone@example.org"):
        answer = post(client, "/reset", email=email)
        assert answer.status_code == 200
        pages.append(re.sub(r'content="[^"]*"|value="[^"]*"', "", answer.text).replace(email, "X"))
    assert len(set(pages)) == 1
    recipients = set(session.scalars(select(OutboxMessage.recipient)))
    assert recipients == {"ada@example.org"}


def test_the_link_is_written_in_the_persons_language_and_lifts_the_lock(client: FlaskClient, person: Person) -> None:
    person.locked_until, person.failed_logins = NOW.replace(hour=20), 9
    session.commit()
    post(client, "/reset", email="ada@example.org")
    path = "/reset/" + reset_link("ada@example.org").rsplit("/", 1)[1]
    post(client, path, password=NEW_PASSWORD, password_confirm=NEW_PASSWORD)
    assert login(client, "ada@example.org", NEW_PASSWORD).status_code == 302


@pytest.mark.parametrize("password", ["short", "password123", "PassWord123", "qwertyuiop", "x" * 129, "Summer2026!"])
def test_weak_passwords_are_refused_everywhere(
    client: FlaskClient, make: Factory, person: Person, password: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        make.person(password=password)
    assert "password" in refusal.value.errors
    with pytest.raises(Invalid):
        services.change_password(SYSTEM, person, password)
    session.rollback()
    post(client, "/reset", email="ada@example.org")
    path = "/reset/" + reset_link("ada@example.org").rsplit("/", 1)[1]
    page = post(client, path, password=password, password_confirm=password)
    assert page.status_code == 200
    assert 'role="alert"' in page.text
    assert login(client, "ada@example.org", PASSWORD).status_code == 302


def test_64_letters_of_any_kind_are_allowed(client: FlaskClient, make: Factory) -> None:
    password = "ж🙂 " * 21 + "q"
    make.person(email="long@example.org", password=password)
    session.commit()
    assert login(client, "long@example.org", password).status_code == 302


def test_deactivating_ends_sessions_and_tokens_at_once(
    app: Flask, client: FlaskClient, make: Factory, person: Person
) -> None:
    login(client, "ada@example.org", PASSWORD)
    token = make.token(person)
    session.commit()
    services.edit_person(SYSTEM, person.id, version=None, changes={"active": False})
    session.commit()
    assert not is_signed_in(client)
    headers = {"Authorization": f"Bearer {token}"}
    assert app.test_client().get("/api/v1/incidents", headers=headers).status_code == 401
    services.edit_person(SYSTEM, person.id, version=None, changes={"active": True})
    session.commit()
    assert not is_signed_in(client)
    assert app.test_client().get("/api/v1/incidents", headers=headers).status_code == 401


def test_a_zone_that_does_not_exist_is_refused(client: FlaskClient, person: Person) -> None:
    login(client, "ada@example.org", PASSWORD)
    answer = post(client, "/account/preferences", timezone="Moon/Crater", next="/account")
    assert answer.status_code == 422
    assert "Moon/Crater" in answer.text
    assert post(client, "/account/preferences", language="sv", next="//evil.example").location == "/"


def test_no_token_is_handed_out_or_taken_beside_our_own(app: Flask, client: FlaskClient, person: Person) -> None:
    token = csrf_token(client, "/login")
    answer = client.post(
        "/login?include_auth_token=1",
        json={"email": "ada@example.org", "password": PASSWORD},
        headers={"X-CSRFToken": token},
    )
    assert answer.status_code == 200
    foreign = person.get_auth_token()
    for path, headers in (
        ("/account", {"Authentication-Token": foreign}),
        (f"/account?auth_token={foreign}", {}),
        ("/api/v1/incidents", {"Authentication-Token": foreign}),
    ):
        assert app.test_client().get(path, headers=headers).status_code in {302, 401}, path


def test_a_session_ends_a_day_after_signing_in_however_busy(client: FlaskClient, person: Person) -> None:
    login(client, "ada@example.org", PASSWORD)
    for hours in (6, 12, 18, 23):
        with clock.frozen(NOW + timedelta(hours=hours)):
            assert is_signed_in(client)
    with clock.frozen(NOW + timedelta(hours=25)):
        assert not is_signed_in(client)
    assert not is_signed_in(client)
