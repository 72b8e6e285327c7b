"""Files that people add: how much in a day, and what is refused or kept as plain bytes."""

from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest
from flask.testing import FlaskClient

from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.runtime import settings
from itsm.tickets import services
from itsm.tickets.services import attachments
from tests.conftest import NOW
from tests.factories import Factory
from tests.itsm.web.browser import csrf_token

PNG = b"\x89PNG\r\n\x1a\n"


def upload(name: str = "a.txt", content: bytes = b"hello", media_type: str = "text/plain") -> services.Upload:
    return services.Upload(name, content, media_type)


def limit(monkeypatch: pytest.MonkeyPatch, **values: int) -> None:
    changed = replace(settings(), **values)
    monkeypatch.setattr(attachments, "settings", lambda: changed)


def test_a_person_sends_so_many_files_in_a_day_and_no_more(make: Factory, monkeypatch: pytest.MonkeyPatch) -> None:
    limit(monkeypatch, upload_files_per_day=2)
    ticket, actor, other = make.incident(), make.actor("agent"), make.actor("agent")
    services.attach(actor, ticket, upload())
    services.attach(actor, ticket, upload())
    with pytest.raises(Invalid) as refusal:
        services.attach(actor, ticket, upload("third.txt"))
    assert "third.txt" in str(refusal.value.errors["files"][0])
    services.attach(other, ticket, upload())
    services.attach(SYSTEM, ticket, upload())
    with clock.frozen(NOW + timedelta(hours=25)):
        services.attach(actor, ticket, upload())


def test_a_person_sends_so_many_bytes_in_a_day_and_no_more(make: Factory, monkeypatch: pytest.MonkeyPatch) -> None:
    limit(monkeypatch, upload_bytes_per_day=10)
    ticket, actor = make.incident(), make.actor("agent")
    services.attach(actor, ticket, upload(content=b"x" * 8))
    with pytest.raises(Invalid):
        services.attach(actor, ticket, upload(content=b"x" * 3))
    services.attach(actor, ticket, upload(content=b"x" * 2))


def test_mail_is_kept_whatever_its_files_are(make: Factory, monkeypatch: pytest.MonkeyPatch) -> None:
    limit(monkeypatch, upload_files_per_day=1)
    ticket, actor = make.incident(), make.actor("end_user", channel="mail")
    for _each in range(2):
        row = services.attach(actor, ticket, upload("photo.png", b"<html><script>", "image/png"))
    assert row.media_type == "application/octet-stream"


def test_a_page_under_the_name_of_a_picture_is_refused_at_its_field(client: FlaskClient, make: Factory) -> None:
    agent = make.person(roles=("agent",))
    ticket = make.incident()
    session.commit()
    make.sign_in(client, agent)
    data = {
        "csrf_token": csrf_token(client, "/account"),
        "kind": "public",
        "body": "Keep this text",
        "files": (BytesIO(b"<html><script>alert(1)</script>"), "photo.png", "image/png"),
    }
    answer = client.post(f"/tickets/{ticket.id}/entries", data=data, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "“photo.png” is not what its name says" in answer.text
    assert "Keep this text" in answer.text


def test_what_only_claims_to_be_a_picture_is_never_shown(client: FlaskClient, make: Factory) -> None:
    agent = make.person(roles=("agent",))
    actor = make.actor_of(agent)
    ticket = make.incident()
    real = services.attach(actor, ticket, upload("real.png", PNG, "image/png"))
    false = services.attach(actor, ticket, upload("false.png", b"nothing", "image/png"))
    session.commit()
    make.sign_in(client, agent)
    shown = client.get(f"/attachments/{real.id}/real.png?show=1")
    assert shown.headers["Content-Type"] == "image/png"
    kept = client.get(f"/attachments/{false.id}/false.png?show=1")
    assert kept.headers["Content-Type"] == "application/octet-stream"
    assert kept.headers["Content-Disposition"].startswith("attachment")
