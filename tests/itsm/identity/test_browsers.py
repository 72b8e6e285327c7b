"""Sessions that can be ended, and wrong passwords that keep a stranger waiting but not the owner."""

import threading
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from itsm.identity import browsers, jobs, services
from itsm.identity.devices import device_name
from itsm.identity.models import LoginSession, LoginTries, Person
from itsm.kernel import clock
from itsm.kernel.audit import AuditEntry
from itsm.kernel.db import session
from tests.conftest import NOW
from tests.factories import PASSWORD, Factory
from tests.itsm.identity.test_login import WRONG, is_signed_in, login
from tests.itsm.web.browser import csrf_token, post
from tests.statements import counted

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0"
HOME, OFFICE = "198.51.100.7", "203.0.113.9"


@pytest.fixture
def person(make: Factory) -> Person:
    row = make.person("Ada", email="ada@example.org", password=PASSWORD)
    session.commit()
    return row


def copy_of(client: FlaskClient, app: Flask) -> FlaskClient:
    """Another browser with the same cookies, as a thief would have it."""
    name = app.config["SESSION_COOKIE_NAME"]
    held = client.get_cookie(name)
    assert held is not None
    thief = app.test_client()
    thief.set_cookie(name, held.value)
    return thief


def at(client: FlaskClient, address: str) -> FlaskClient:
    client.environ_base["REMOTE_ADDR"] = address
    return client


def fail(client: FlaskClient, times: int) -> None:
    token = csrf_token(client)
    for _each in range(times):
        data = {"csrf_token": token, "email": "ada@example.org", "password": "wrong password"}
        assert WRONG in client.post("/login", data=data).text


def test_signing_out_ends_every_copy_of_the_cookie(app: Flask, client: FlaskClient, person: Person) -> None:
    login(client, "ada@example.org", PASSWORD)
    thief = copy_of(client, app)
    assert is_signed_in(thief)
    post(client, "/logout")
    assert not is_signed_in(copy_of(client, app))
    assert not is_signed_in(thief)
    assert session.scalar(select(func.count()).select_from(LoginSession)) == 0


def test_signing_in_again_ends_the_session_before(app: Flask, client: FlaskClient, person: Person) -> None:
    login(client, "ada@example.org", PASSWORD)
    thief = copy_of(client, app)
    with client.session_transaction() as cookie:
        cookie.pop("_user_id")
    login(client, "ada@example.org", PASSWORD)
    assert is_signed_in(client)
    assert not is_signed_in(thief)


def test_signing_in_twice_at_once_succeeds_twice(separate_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with separate_app.app_context():
        person = Factory().person("Ada")
        person.failed_logins = 1
        session.commit()
        person_id = person.id
        session.remove()
    both, failures = threading.Barrier(2), []
    note_login = services.note_login

    def note_together(*arguments: Any) -> None:
        with suppress(threading.BrokenBarrierError):
            both.wait(timeout=1)  # both here at once is what a shared hold of the person's row would allow
        note_login(*arguments)

    def sign_in() -> None:
        try:
            with separate_app.test_request_context("/login", method="POST"):
                browsers._begin(separate_app, session.get_one(Person, person_id))
                session.commit()
        except OperationalError as error:
            failures.append(error)

    monkeypatch.setattr(services, "note_login", note_together)
    threads = [threading.Thread(target=sign_in) for _each in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not failures


def test_of_the_secret_only_its_digest_is_kept(client: FlaskClient, person: Person) -> None:
    login(client, "ada@example.org", PASSWORD)
    with client.session_transaction() as cookie:
        secret = cookie["login"]
    row = session.scalars(select(LoginSession)).one()
    assert row.secret_sha256 == services.session_digest(secret)
    assert secret not in str(vars(row))
    assert len(secret) >= 43


def test_a_page_asks_who_is_there_in_one_statement(make: Factory, client: FlaskClient, person: Person) -> None:
    make.sign_in(client, person)
    client.get("/portal")
    with counted() as seen:
        client.get("/portal")
    about_people = [each for each in seen if "FROM person" in each or "login_session" in each]
    assert len([each for each in about_people if "login_session" in each]) == 1
    assert "person" in about_people[0]


def test_when_a_session_was_used_is_kept_to_a_quarter_of_an_hour(client: FlaskClient, person: Person) -> None:
    login(client, "ada@example.org", PASSWORD)
    seen = []
    for minutes in (10, 16, 20):
        with clock.frozen(NOW + timedelta(minutes=minutes)):
            assert is_signed_in(client)
            session.expire_all()
            seen.append(session.scalars(select(LoginSession.seen_at)).one())
    assert seen == [NOW, NOW + timedelta(minutes=16), NOW + timedelta(minutes=16)]


def test_the_account_page_lists_where_one_is_signed_in(app: Flask, client: FlaskClient, person: Person) -> None:
    other = at(app.test_client(), OFFICE)
    other.environ_base["HTTP_USER_AGENT"] = FIREFOX
    login(other, "ada@example.org", PASSWORD)
    login(client, "ada@example.org", PASSWORD)
    page = client.get("/account").text
    assert "Firefox, Windows" in page
    assert OFFICE in page
    assert "this browser" in page
    row = session.scalars(select(LoginSession).where(LoginSession.address == OFFICE)).one()
    assert post(client, f"/account/sessions/{row.id}/end").status_code == 302
    assert not is_signed_in(other)
    assert is_signed_in(client)


def test_signing_out_everywhere_else_keeps_this_browser(app: Flask, client: FlaskClient, person: Person) -> None:
    others = [app.test_client(), app.test_client()]
    for each in (*others, client):
        login(each, "ada@example.org", PASSWORD)
    assert post(client, "/account/sessions/end-others").status_code == 302
    assert "Signed out in 2 other places." in client.get("/account").text
    assert not any(is_signed_in(each) for each in others)


def test_nobody_ends_a_session_of_somebody_else(app: Flask, make: Factory, client: FlaskClient, person: Person) -> None:
    login(client, "ada@example.org", PASSWORD)
    row = session.scalars(select(LoginSession)).one()
    stranger = make.sign_in(app.test_client(), make.person("Eve"))
    assert post(stranger, f"/account/sessions/{row.id}/end").status_code == 404
    assert post(stranger, "/account/sessions/end-others").status_code == 302
    assert is_signed_in(client)


def test_old_sessions_and_tries_are_forgotten(make: Factory, client: FlaskClient, person: Person) -> None:
    fail(client, 1)
    login(client, "ada@example.org", PASSWORD)
    fail(at(client, OFFICE), 0)
    services.note_failed_login(person, services.Place("198.51.100.0/24"))
    session.commit()
    with clock.frozen(NOW + timedelta(hours=23)):
        assert jobs.forget_sign_ins().done == 0
    with clock.frozen(NOW + timedelta(hours=25)):
        assert jobs.forget_sign_ins().done == 2


def test_a_stranger_keeps_only_the_own_network_waiting(app: Flask, client: FlaskClient, person: Person) -> None:
    fail(at(app.test_client(), HOME), services.FAILURES_BEFORE_LOCK)
    neighbour = at(app.test_client(), "198.51.100.200")
    assert WRONG in login(neighbour, "ada@example.org", PASSWORD).text
    assert login(at(client, OFFICE), "ada@example.org", PASSWORD).status_code == 302


def test_a_browser_that_signed_in_before_gets_in_beside_a_guesser(
    app: Flask, client: FlaskClient, person: Person
) -> None:
    login(client, "ada@example.org", PASSWORD)
    post(client, "/logout")
    fail(app.test_client(), services.FAILURES_BEFORE_LOCK)
    assert WRONG in login(app.test_client(), "ada@example.org", PASSWORD).text
    assert login(client, "ada@example.org", PASSWORD).status_code == 302


def test_many_networks_together_shut_the_account_but_to_known_browsers(
    app: Flask, client: FlaskClient, person: Person
) -> None:
    login(client, "ada@example.org", PASSWORD)
    post(client, "/logout")
    for number in range(services.FAILURES_BEFORE_SHUT):
        services.note_failed_login(person, services.Place(f"10.{number}.0.0/24"))
    session.commit()
    assert WRONG in login(at(app.test_client(), OFFICE), "ada@example.org", PASSWORD).text
    assert login(client, "ada@example.org", PASSWORD).status_code == 302
    session.expire_all()
    assert person.locked_until is None


def test_the_mark_of_a_known_browser_counts_for_its_own_account_only(
    app: Flask, client: FlaskClient, make: Factory, person: Person
) -> None:
    make.person("Eve", email="eve@example.org", password=PASSWORD)
    login(client, "eve@example.org", PASSWORD)
    post(client, "/logout")
    fail(app.test_client(), services.FAILURES_BEFORE_LOCK)
    assert WRONG in login(client, "ada@example.org", PASSWORD).text


def test_a_known_browser_waits_after_its_own_failures(client: FlaskClient, person: Person) -> None:
    login(client, "ada@example.org", PASSWORD)
    post(client, "/logout")
    fail(client, services.FAILURES_BEFORE_LOCK)
    assert WRONG in login(client, "ada@example.org", PASSWORD).text
    place = session.scalars(select(LoginTries.place)).one()
    assert place.startswith("browser:")


@pytest.mark.parametrize("waits", [(5, 30), (6, 60), (9, 480), (10, 900), (40, 900)])
def test_how_long_a_place_waits(person: Person, waits: tuple[int, int]) -> None:
    failures, seconds = waits
    place = services.Place("203.0.113.0/24")
    for _each in range(failures):
        services.note_failed_login(person, place)
    row = session.get_one(LoginTries, (person.id, place.name))
    assert row.locked_until == NOW + timedelta(seconds=seconds)


def test_a_try_with_an_unknown_address_is_noted_without_the_address(client: FlaskClient) -> None:
    login(client, "nobody@example.org", "some passphrase")
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "login.unknown")).one()
    assert "nobody" not in str(entry.changes)
    assert len(entry.changes["mark"][1]) == 12
    assert entry.changes["place"][1] == "127.0.0.0/24"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (FIREFOX, "Firefox, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Linux"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36", "Chrome, Android"),
        ("curl/8.0", ""),
    ],
)
def test_browsers_are_named_as_people_know_them(agent: str, name: str) -> None:
    assert device_name(agent) == name


def test_clients_of_ipv4_that_are_written_as_ipv6_are_not_one_network(
    app: Flask, client: FlaskClient, person: Person
) -> None:
    fail(at(app.test_client(), f"::ffff:{HOME}"), services.FAILURES_BEFORE_LOCK)
    assert WRONG in login(at(app.test_client(), HOME), "ada@example.org", PASSWORD).text
    assert login(at(client, f"::ffff:{OFFICE}"), "ada@example.org", PASSWORD).status_code == 302
