"""Administration of the running system."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from itsm.identity.models import Person
from itsm.kernel import audit, clock, jobs, preferences
from itsm.kernel.actor import SYSTEM
from itsm.kernel.audit import AuditEntry
from itsm.kernel.db import session
from itsm.kernel.jobs import BackgroundTask, JobRun, Lease
from itsm.kernel.module import Module, registry
from itsm.kernel.text import language
from itsm.web import audit_log, operations
from itsm.web.audit_titles import action_title
from tests.factories import Factory
from tests.itsm.web.browser import post
from tests.statements import counted

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


@pytest.fixture
def person(make: Factory) -> Person:
    return make.person("Alan Admin", roles=("admin",))


@pytest.fixture
def admin(client: FlaskClient, make: Factory, person: Person) -> FlaskClient:
    session.commit()
    return make.sign_in(client, person)


def add_run(**facts: Any) -> JobRun:
    values = {"job": "web.seal_audit", "worker": "host:1", "started_at": clock.now(), "finished_at": clock.now()}
    row = JobRun(**(values | {"done": 1, "failed": 0} | facts))
    session.add(row)
    session.flush()
    return row


def test_the_start_page_leads_to_every_page_of_the_administration(admin: FlaskClient) -> None:
    page = admin.get("/admin").text
    for address in (
        "people",
        "groups",
        "organisations",
        "sites",
        "categories",
        "jobs",
        "tasks",
        "modules",
        "settings",
        "audit",
    ):
        assert f'href="/admin/{address}"' in page
        assert admin.get(f"/admin/{address}").status_code == 200
    assert "No worker is running" in page


def test_jobs_show_their_last_run_failures_and_who_works(admin: FlaskClient) -> None:
    add_run(failed=1, error=HOSTILE)
    add_run(done=7)
    session.add(Lease(name="scheduler", holder="worker-host:42", expires_at=clock.now().replace(year=2027)))
    session.commit()
    page = admin.get("/admin/jobs").text
    assert "7 done" in page
    assert "worker-host:42" in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    failures = admin.get("/admin/jobs/runs?failed=1").text
    assert "1 failed" in failures
    assert "7 done" not in failures
    assert admin.get("/admin/jobs/runs?job=nothing").text.count("<td>") == 0


def test_a_task_is_cancelled_and_that_is_recorded(admin: FlaskClient) -> None:
    task = jobs.enqueue("some.work", {}, title=HOSTILE)
    ended = jobs.enqueue("some.work", {})
    ended.state = "done"
    session.commit()
    assert "<script>alert" not in admin.get("/admin/tasks").text
    assert post(admin, f"/admin/tasks/{task.id}/cancel").status_code == 302
    assert post(admin, f"/admin/tasks/{ended.id}/cancel").status_code == 302
    session.expire_all()
    assert (task.state, ended.state) == ("cancelled", "done")
    assert session.query(AuditEntry).filter_by(action="task.cancelled").count() == 1
    assert admin.get("/admin/tasks?state=nonsense").status_code == 200
    assert post(admin, "/admin/tasks/999999999/cancel").status_code == 404


def test_modules_are_switched_by_name(admin: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "switchable_modules", lambda: [Module("extra", "Extra"), Module("other", "Other")])
    assert post(admin, "/admin/modules", on="other").status_code == 302
    assert preferences.get("modules.off") == ["extra"]
    assert post(admin, "/admin/modules", on="web").status_code == 422
    assert preferences.get("modules.off") == ["extra"]
    assert session.query(AuditEntry).filter_by(action="setting.changed").count() == 1


def test_settings_mask_secrets(admin: FlaskClient) -> None:
    page = admin.get("/admin/settings").text
    assert "test-secret-key" not in page
    assert "********" in page
    assert "session_idle_seconds" in page
    assert "session_idle_seconds" not in admin.get("/admin/settings?q=smtp").text


def test_the_audit_log_is_filtered_and_paged(admin: FlaskClient, person: Person, make: Factory) -> None:
    for number in range(60):
        audit.record(
            SYSTEM, "thing.changed", subject_kind="thing", subject_id=number, changes={"name": [None, HOSTILE]}
        )
    session.commit()
    first = admin.get("/admin/audit?subject_kind=thing").text
    assert first.count("thing.changed") >= 50
    assert "cursor=" in first
    assert "<script>alert" not in first
    assert admin.get("/admin/audit?subject_kind=thing&subject_id=7").text.count("<code dir") == 1
    assert "thing.changed" not in admin.get("/admin/audit?actor=nobody-of-this-name").text
    assert admin.get("/admin/audit?subject_id=not-a-number").status_code == 422
    assert admin.get("/admin/audit?cursor=nonsense").status_code == 422


def test_the_audit_log_is_checked_in_the_background(admin: FlaskClient) -> None:
    assert post(admin, "/admin/audit/verify").status_code == 302
    task = audit_log.last_verification()
    assert task is not None
    assert "waiting for a worker" in admin.get("/admin/audit").text
    assert jobs.run_tasks(registry().tasks).done == 1
    session.expire_all()
    done = session.get_one(BackgroundTask, task.id)
    assert (done.state, done.result["reason"] if done.result else None) == ("done", "")
    assert "hold" in admin.get("/admin/audit").text
    entry = session.query(AuditEntry).filter(AuditEntry.number == 1).one()
    entry.actor_name = "somebody else"
    session.commit()
    post(admin, "/admin/audit/verify")
    jobs.run_tasks(registry().tasks)
    assert "Entry 1: entry was changed" in admin.get("/admin/audit").text


def test_lists_take_as_many_statements_for_many_rows_as_for_few(admin: FlaskClient, make: Factory) -> None:
    paths = [
        "/admin/people",
        "/admin/groups",
        "/admin/organisations",
        "/admin/sites",
        "/admin/categories",
        "/admin/jobs",
    ]
    paths += [
        "/admin/jobs/runs",
        "/admin/tasks",
        "/admin/audit",
        "/api/v1/people",
        "/api/v1/groups",
        "/api/v1/organisations",
    ]

    def add() -> None:
        group, house = make.group(), make.organisation()
        make.person(roles=("agent",), groups=(group,), organisation_id=house.id)
        make.category(group=group)
        add_run(failed=1)
        jobs.enqueue("some.work", {})
        session.commit()

    def measure() -> dict[str, int]:
        counts = {}
        for path in paths:
            session.expunge_all()
            with counted() as seen:
                assert admin.get(path).status_code == 200
            counts[path] = len(seen)
        return counts

    add()
    measure()  # fills what is kept between requests, such as rights
    few = measure()
    for _round in range(8):
        add()
    assert measure() == few
    assert max(few.values()) <= 12


@pytest.mark.usefixtures("foreign")
def test_settings_are_described_in_the_readers_language(admin: FlaskClient, person: Person) -> None:
    assert "largest attachment" in admin.get("/admin/settings?q=attachment_limit").text
    person.language = "sv"
    session.commit()
    assert "[sv] largest attachment" in admin.get("/admin/settings?q=attachment_limit").text


@pytest.mark.parametrize(
    ("action", "title"),
    [
        ("person.created", "Person: created"),
        ("incident.public", "Incident: answer to the requester"),
        ("asset.retire", "Asset: Retire"),
        ("absence.cancelled", "Absence: cancelled"),
        ("assets.exported", "Assets: exported"),
        ("lifecycle.changed", "Life cycle: changed"),
        ("person.limit", "Person: limit changed"),
        ("rota.override", "Rota: override changed"),
        ("sla_calendar.workers", "SLA calendar: working hours given or taken"),
        ("ticket_template.deleted", "Ticket template: deleted"),
        ("person.enchanted", "person.enchanted"),
        ("spaceship.created", "spaceship.created"),
        ("loaded", "loaded"),
    ],
)
def test_an_entry_of_the_audit_log_has_a_title_or_its_code(admin: FlaskClient, action: str, title: str) -> None:
    audit.record(SYSTEM, action, subject_kind="person", subject_id=1)
    session.commit()
    page = admin.get(f"/admin/audit?action={action}").text
    assert f'<td>{title}<span class="row-context"><code dir="ltr">{action}</code>' in page
    assert "Person 1" in page


@pytest.mark.usefixtures("foreign")
def test_a_title_of_the_audit_log_is_in_the_readers_language(app: Flask) -> None:
    with language("es"):
        assert str(action_title("token.revoked")) == "[es] [es] API token: [es] revoked"
