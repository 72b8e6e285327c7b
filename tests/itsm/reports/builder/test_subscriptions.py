"""Reports by mail: sent once, each to each with the own rights, language and zone; failures are told, leaving is one click."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from itsm.kernel import clock, files
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Forbidden, Invalid, NotFound
from itsm.kernel.outbox import OutboxMessage
from itsm.notifications import compose
from itsm.reports.builder import jobs, queries, services, subscriptions
from itsm.reports.builder.models import Recipient, SavedQuestion, Subscription
from itsm.reports.builder.question import BuiltQuestion, Dimension
from itsm.reports.builder.time_limit import limited_time
from tests.factories import Factory
from tests.itsm.reports.conftest import Month
from tests.itsm.web.browser import post

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DUE = datetime(2026, 12, 1, 6, tzinfo=UTC)  # seven o'clock in Stockholm
BY_GROUP = BuiltQuestion("incidents", dimensions=(Dimension("group"),), period="any", chart="bar")
MONTHLY: dict[str, Any] = {
    "rhythm": "monthly", "day": 1, "minute": 420, "file_format": "csv", "active": True, "arguments": {}, "report": "",
    "saved_id": None,
}  # fmt: skip


@pytest.fixture
def manager(make: Factory) -> Actor:
    return make.actor("manager", timezone="Europe/Stockholm")


@pytest.fixture(autouse=True)
def today() -> Any:
    with clock.frozen(NOW):
        yield


def saved(actor: Actor, scope: str = "all") -> int:
    return services.save_question(actor, BY_GROUP, name="By group", scope=scope).id


def subscribe(actor: Actor, *emails: str, myself: bool = True, **facts: Any) -> Subscription:
    made = subscriptions.subscribe(actor, MONTHLY | facts, list(emails), myself=myself)
    session.commit()
    return made


def send(at: datetime) -> Any:
    with clock.frozen(at):
        return jobs.send_due()


def mails(prefix: str = "report:") -> list[OutboxMessage]:
    session.expire_all()
    rows = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))
    return [row for row in rows if row.event_key.startswith(prefix)]


def test_a_report_comes_by_itself_on_the_first(month: Month, manager: Actor) -> None:
    subscribe(manager, saved_id=saved(manager))
    assert send(DUE - timedelta(seconds=1)).done == 0
    assert not mails()
    assert send(DUE).done == 1
    [mail] = mails()
    assert mail.payload["subject"] == "Report: By group"
    assert "All time. Number of records: 10. 2 groups." in mail.payload["text"]
    [file] = mail.payload["attachments"]
    assert files.read(file["sha256"]).decode("utf-8-sig").splitlines()[1] == "Service desk,9"
    assert message_from_bytes(compose.build(mail))["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_it_is_sent_once(month: Month, manager: Actor) -> None:
    subscribe(manager, saved_id=saved(manager))
    send(DUE)
    send(DUE)
    assert send(DUE + timedelta(hours=1)).done == 0
    assert len(mails()) == 1


def test_who_dies_half_way_leaves_it_to_the_next(month: Month, manager: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    subscribe(manager, saved_id=saved(manager))

    def die(*_arguments: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(jobs, "_queue", die)
        with pytest.raises(KeyboardInterrupt):
            send(DUE)
    assert not mails()
    send(DUE + timedelta(minutes=5))
    assert [mail.event_key.endswith(DUE.isoformat()) for mail in mails()] == [True]


def test_missed_times_are_made_up_for_once(month: Month, manager: Actor) -> None:
    row = subscribe(manager, saved_id=saved(manager), rhythm="daily")
    send(NOW + timedelta(days=9))
    [mail] = mails()
    assert "2026-11-30T06:00" in mail.event_key
    recipient = session.scalars(select(Recipient).where(Recipient.subscription_id == row.id)).one()
    assert recipient.next_at == datetime(2026, 12, 1, 6, tzinfo=UTC)


def test_each_recipient_gets_the_own_rights_language_and_zone(month: Month, manager: Actor, make: Factory) -> None:
    secret = make.group("Investigations", restricted=True)
    make.incident(title="Confidential", group_id=secret.id)
    insider = make.person("Ines", roles=("agent",), groups=(secret,), language="es", timezone="America/Lima")
    outsider = make.person("Olof", roles=("agent",), language="sv", timezone="UTC")
    subscribe(manager, str(insider.email), str(outsider.email), myself=False, saved_id=saved(manager))
    assert send(DUE).done == 0  # nobody has seven o'clock yet
    send(datetime(2026, 12, 1, 7, tzinfo=UTC))
    assert [mail.recipient for mail in mails()] == [outsider.email]
    send(datetime(2026, 12, 1, 12, tzinfo=UTC))
    texts = {mail.recipient: files.read(mail.payload["attachments"][0]["sha256"]).decode() for mail in mails()}
    assert "Investigations" in texts[str(insider.email)]
    assert "Investigations" not in texts[str(outsider.email)]


def test_a_ready_report_covers_the_month_before_it_is_due(month: Month, manager: Actor) -> None:
    subscribe(manager, report="sla", arguments={"preset": "last_month"})
    send(DUE)
    [mail] = mails()
    assert mail.payload["attachments"][0]["name"] == "service-level-report-2026-11-01-2026-12-01.csv"
    assert "1 Nov 2026 – 30 Nov 2026" in mail.payload["text"]


def test_others_need_the_right_and_must_be_known_and_allowed(manager: Actor, make: Factory) -> None:
    agent, other = make.actor("agent"), make.person(roles=("agent",))
    own = saved(manager)
    with pytest.raises(Forbidden):
        subscribe(agent, str(other.email), saved_id=own)
    with pytest.raises(Invalid) as caught:
        subscribe(manager, "stranger@example.net", saved_id=own)
    assert "people" in caught.value.errors
    customer = make.person(roles=("end_user",))
    with pytest.raises(Invalid) as caught:
        subscribe(manager, str(customer.email), saved_id=own)
    assert "may not read this report" in str(caught.value.errors["people"][0])
    with pytest.raises(Invalid):
        subscribe(agent, saved_id=saved(manager, scope="own"))


def test_who_lost_the_right_gets_nothing_and_the_owner_is_told(month: Month, manager: Actor, make: Factory) -> None:
    reader = make.person("Rita Reader", roles=("agent",))
    row = subscribe(manager, str(reader.email), myself=False, saved_id=saved(manager))
    reader.active = False
    session.commit()
    assert send(DUE).failed == 1
    assert not mails()
    [told] = mails("report-failed:")
    assert "Rita Reader" in told.payload["text"]
    assert told.recipient != reader.email
    again = session.get_one(Subscription, row.id, populate_existing=True)
    assert again.fault
    assert again.failed_at == DUE
    assert send(DUE + timedelta(minutes=1)).failed == 0  # not tried again before the next month


def test_an_owner_who_may_no_longer_see_the_report_sends_it_to_nobody(
    month: Month, manager: Actor, make: Factory
) -> None:
    keeper = make.actor("manager")
    saved_id = saved(keeper)
    subscribe(manager, saved_id=saved_id)
    session.get_one(SavedQuestion, saved_id).scope = "own"
    session.commit()
    assert send(DUE).failed == 1
    assert not mails()
    [told] = mails("report-failed:")
    assert "not yours to see" in told.payload["text"]


def test_a_report_that_the_owner_may_not_see_is_refused_when_it_is_set(
    month: Month, manager: Actor, make: Factory
) -> None:
    keeper = make.actor("supervisor")
    private, shared = saved(keeper, scope="own"), saved(manager)
    row = subscribe(manager, saved_id=shared)
    for change in (subscriptions.change_subscription, subscriptions.change_facts):
        people = {"emails": [], "myself": True} if change is subscriptions.change_subscription else {}
        with pytest.raises(Invalid) as caught:
            change(keeper, row.id, version=None, facts=MONTHLY | {"saved_id": private}, **people)  # type: ignore[operator]
        assert list(caught.value.errors) == ["saved_id"]
        assert "whose subscription this is" in str(caught.value.errors["saved_id"][0])
    assert session.get_one(Subscription, row.id, populate_existing=True).saved_id == shared


def test_the_page_says_at_the_report_that_its_owner_may_not_see_it(
    month: Month, manager: Actor, make: Factory, client: FlaskClient
) -> None:
    keeper = make.person(roles=("supervisor",))
    private = saved(make.actor_of(keeper), scope="own")
    row = subscribe(manager, report="sla")
    pages = make.sign_in(client, keeper)
    form = {"what": f"saved:{private}", "people": "", "myself": "true", "version": str(row.version), "active": "true"}
    answer = post(pages, f"/reports/subscriptions/{row.id}", **form)
    assert answer.status_code == 422
    shown = answer.text.split('name="what"')[1].split("</div>")[0]
    assert "whose subscription this is" in shown


def fail(*_arguments: Any) -> Any:
    raise OperationalError("SELECT", {}, Exception("deadlock"))


def ended(*arguments: Any) -> Any:
    with limited_time(0):
        return fail(*arguments)


def test_a_passing_failure_is_tried_again(month: Month, manager: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    row = subscribe(manager, saved_id=saved(manager))
    with monkeypatch.context() as patched:
        patched.setattr(jobs, "_report", fail)
        assert send(DUE).failed == 1
        assert send(DUE + timedelta(minutes=1)).failed == 1
    assert session.get_one(Subscription, row.id, populate_existing=True).fault
    assert send(DUE + timedelta(minutes=2)).done == 1
    assert [mail.event_key.endswith(DUE.isoformat()) for mail in mails()] == [True]
    assert not mails("report-failed:")
    assert session.get_one(Subscription, row.id, populate_existing=True).fault == ""


def test_a_failure_that_does_not_pass_is_told_once(
    month: Month, manager: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(manager, saved_id=saved(manager))
    monkeypatch.setattr(jobs, "_report", fail)
    failed = [send(DUE + timedelta(minutes=minute)).failed for minute in range(0, 20, 2)]
    assert failed == [1, 1, 1, 1, 1, 1, 0, 0, 0, 0]
    assert len(mails("report-failed:")) == 1


def test_a_statement_that_took_too_long_is_tried_again(
    month: Month, manager: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(manager, saved_id=saved(manager))
    with monkeypatch.context() as patched:
        patched.setattr(jobs, "_report", ended)
        assert send(DUE).failed == 1
    assert send(DUE + timedelta(minutes=1)).done == 1


def test_a_deleted_report_rests_until_it_is_back(month: Month, manager: Actor) -> None:
    saved_id = saved(manager)
    subscribe(manager, saved_id=saved_id)
    services.delete_question(manager, saved_id)
    session.commit()
    assert send(DUE).done == 0
    with clock.frozen(NOW + timedelta(days=3)):
        services.forget_deleted()
    assert session.scalars(select(Subscription)).all() == []


def test_one_click_ends_it_without_signing_in(month: Month, manager: Actor, client: FlaskClient) -> None:
    row = subscribe(manager, saved_id=saved(manager))
    [(recipient, _name)] = queries.recipients_of([row.id])[row.id]
    address = f"/reports/unsubscribe/{recipient.secret}"
    assert "Stop these mails" in client.get(address).get_data(as_text=True)
    assert session.get_one(Recipient, recipient.id, populate_existing=True).active
    assert client.post(address, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert send(DUE).done == 0
    assert client.get("/reports/unsubscribe/nothing").status_code == 404
    assert client.post("/reports/unsubscribe/nothing").status_code == 404


def test_an_edit_does_not_bring_back_who_left(month: Month, manager: Actor, make: Factory) -> None:
    other = make.person(roles=("agent",))
    row = subscribe(manager, str(other.email), saved_id=saved(manager))
    for recipient, _name in queries.recipients_of([row.id])[row.id]:
        subscriptions.unsubscribe(recipient.secret)
    facts = MONTHLY | {"saved_id": row.saved_id}
    subscriptions.change_subscription(
        manager, row.id, version=None, facts=facts, emails=[str(other.email)], myself=True
    )
    active = {recipient.person_id: recipient.active for recipient, _name in queries.recipients_of([row.id])[row.id]}
    assert active == {manager.person_id: True, other.id: False}


def test_only_the_owner_and_who_may_send_see_a_subscription(manager: Actor, make: Factory) -> None:
    agent = make.actor("agent")
    row = subscribe(manager, report="sla")
    with pytest.raises(NotFound):
        queries.get_subscription(agent, row.id)
    assert queries.get_subscription(make.actor("supervisor"), row.id).id == row.id
    assert list(queries.list_subscriptions(agent)) == []


def test_the_pages_of_subscriptions(month: Month, client: FlaskClient, make: Factory) -> None:
    pages = make.sign_in(client, make.person(roles=("manager",)))
    token = pages.get("/reports").get_data(as_text=True).split('name="csrf-token" content="')[1].split('"')[0]
    form = {
        "csrf_token": token,
        "what": "report:sla",
        "rhythm": "weekly",
        "weekday": "5",
        "time": "06:30",
        "active": "true",
    }
    refused = pages.post("/reports/subscriptions/new", data=form | {"time": "25:00", "myself": "true"})
    assert refused.status_code == 422
    assert 'value="25:00"' in refused.get_data(as_text=True)
    assert pages.post("/reports/subscriptions/new", data=form).status_code == 422  # nobody to send it to
    assert pages.post("/reports/subscriptions/new", data=form | {"myself": "true"}).status_code == 302
    listed = pages.get("/reports/subscriptions").get_data(as_text=True)
    assert "Friday, 06:30" in listed
    row = session.scalars(select(Subscription)).one()
    assert 'value="06:30"' in pages.get(f"/reports/subscriptions/{row.id}").get_data(as_text=True)
    assert pages.post(f"/reports/subscriptions/{row.id}/delete", data={"csrf_token": token}).status_code == 302
    assert session.scalars(select(Subscription)).all() == []
