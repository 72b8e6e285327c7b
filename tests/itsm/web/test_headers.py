"""What every answer carries, errors included, and how errors are told to programs."""

from pathlib import Path

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from itsm.app import create_app
from itsm.kernel.db import session
from tests.conftest import prepare, settings_for
from tests.factories import PASSWORD, Factory
from tests.itsm.web.browser import TOKEN, csrf_token

PAGES = [
    ("GET", "/login", 200),
    ("GET", "/portal", 200),
    ("GET", "/portal/new", 200),
    ("GET", "/admin", 200),
    ("GET", "/admin/audit", 200),
    ("GET", "/healthz", 200),
    ("GET", "/static/itsm.css", 200),
    ("GET", "/api/v1/people", 200),
    ("GET", "/nothing-here", 404),
    ("GET", "/static/nothing.css", 404),
    ("GET", "/portal/tickets/INC9999999", 404),
    ("POST", "/portal", 403),
    ("POST", "/portal/new", 403),
    ("GET", "/admin/audit?subject_id=x", 422),
    ("GET", "/api/v1/nothing", 404),
]


@pytest.fixture
def admin(client: FlaskClient, make: Factory) -> FlaskClient:
    person = make.person(roles=("admin",))
    session.commit()
    return make.sign_in(client, person)


@pytest.mark.parametrize(("method", "path", "status"), PAGES)
def test_every_answer_carries_the_protecting_headers(admin: FlaskClient, method: str, path: str, status: int) -> None:
    if path == "/login":
        admin.delete_cookie("itsm_session")
    answer = admin.open(path, method=method)
    assert answer.status_code == status
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";") if part)
    assert policy["script-src"] == policy["style-src"] == policy["default-src"] == "'self'"
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in answer.headers
    if answer.mimetype.startswith("text/html"):
        assert "charset=utf-8" in answer.headers["Content-Type"].lower()
    if not path.startswith("/static/"):
        assert "no-store" in answer.headers["Cache-Control"]
    assert "Traceback" not in answer.text


def test_pages_hold_no_inline_script_or_style(admin: FlaskClient) -> None:
    for path in ("/portal", "/portal/new", "/admin", "/admin/people", "/admin/jobs", "/admin/tasks", "/admin/settings"):
        page = admin.get(path).text
        assert " style=" not in page, path
        assert " onclick=" not in page, path
        assert page.count("<script") == page.count("<script src="), path


def test_another_origin_gets_no_leave(admin: FlaskClient) -> None:
    answer = admin.get("/api/v1/people", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_errors_of_the_api_are_problem_documents(app: Flask, admin: FlaskClient, make: Factory) -> None:
    group = make.group()
    session.commit()
    path, headers = f"/api/v1/groups/{group.id}", {"X-CSRFToken": csrf_token(admin)}
    stranger = app.test_client()
    answers = {
        401: stranger.get("/api/v1/people"),
        404: admin.get("/api/v1/groups/999999999"),
        405: admin.delete("/api/v1/groups", headers=headers),
        412: admin.patch(path, json={"level": 2}, headers=headers | {"If-Match": '"99"'}),
        422: admin.patch(path, json={"level": 9, "nonsense": 1}, headers=headers | {"If-Match": '"1"'}),
        428: admin.patch(path, json={"level": 2}, headers=headers),
        403: admin.patch(path, json={"level": 2}),
    }
    for status, answer in answers.items():
        assert answer.status_code == status
        assert answer.mimetype == "application/problem+json", status
        assert answer.json is not None
        assert answer.json["status"] == status
        assert answer.json["title"]
        assert answer.json["detail"]
    assert {name.rsplit(".", 1)[-1] for name in (answers[422].json or {})["errors"]} == {"level", "nonsense"}


def test_a_body_that_is_not_json_is_refused(admin: FlaskClient) -> None:
    headers = {"X-CSRFToken": csrf_token(admin)}
    answer = admin.post("/api/v1/groups", data='{"name":"x"}', content_type="text/plain", headers=headers)
    assert answer.status_code in {400, 415, 422}


def test_over_https_cookies_are_secure_and_browsers_keep_to_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'https.sqlite3'}"
    app = create_app(settings_for(url, tmp_path, base_url="https://desk.example.org"))
    prepare(app)
    with app.app_context():
        make = Factory()
        make.person(email="ada@example.org", password=PASSWORD)
        session.commit()
        session.remove()
    client = app.test_client()
    page = client.get("/login", base_url="https://desk.example.org")
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    form = {"csrf_token": TOKEN.search(page.text)[1], "email": "ada@example.org", "password": PASSWORD}  # type: ignore[index]  # the page has one
    headers = {"Referer": "https://desk.example.org/login"}
    answer = client.post("/login", data=form, base_url="https://desk.example.org", headers=headers)
    assert answer.status_code == 302
    cookies = {line.split("=", 1)[0]: line for line in answer.headers.getlist("Set-Cookie")}
    assert set(cookies) == {"__Host-itsm", "__Host-itsm_known"}
    for line in cookies.values():
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= {part.strip() for part in line.split(";")}
        assert "Domain" not in line


def test_over_http_nothing_claims_https(client: FlaskClient) -> None:
    answer = client.get("/login")
    assert "Strict-Transport-Security" not in answer.headers
    assert all("Secure" not in line for line in answer.headers.getlist("Set-Cookie"))


@pytest.mark.parametrize(("proxies", "seen"), [(0, "127.0.0.1"), (1, "203.0.113.9")])
def test_forwarded_addresses_count_for_as_many_proxies_as_are_trusted(tmp_path: Path, proxies: int, seen: str) -> None:
    app = create_app(settings_for(f"sqlite:///{tmp_path / 'x.sqlite3'}", tmp_path, trusted_proxies=proxies))
    told: list[str | None] = []
    app.before_request(lambda: told.append(request.remote_addr))
    app.test_client().get("/healthz", headers={"X-Forwarded-For": "203.0.113.9"})
    assert told == [seen]
