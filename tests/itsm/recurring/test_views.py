"""Pages and API of recurring tickets."""

from datetime import date
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select

from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.recurring import services
from itsm.recurring.models import Recurrence
from tests.factories import Factory
from tests.itsm.web.browser import post
from tests.statements import statements_of

FORM: dict[str, Any] = {
    "name": "Toner", "title": "Order toner", "unit": "WEEKLY", "every": "2", "weekdays": ["MO"], "kind": "incident",
    "starts_on": "2026-11-18", "time": "09:00", "timezone": "Europe/Stockholm", "active": "true",
}  # fmt: skip


def some(number: int) -> Recurrence:
    facts = {"rule": "FREQ=DAILY", "timezone": "UTC", "starts_on": date(2026, 11, 18), "minute": 600}
    return services.create_recurrence(SYSTEM, name=f"Check {number}", title=f"Check {number}", **facts)


def test_the_next_times_are_shown_before_saving(client: FlaskClient, make: Factory) -> None:
    make.sign_in(client, make.person(roles=("admin",)))
    page = post(client, "/admin/recurring/new", **FORM | {"preview": "1"})
    assert page.status_code == 200
    assert page.get_data(as_text=True).count("<time datetime=") == 5
    assert "Toner" not in client.get("/admin/recurring").get_data(as_text=True)
    assert post(client, "/admin/recurring/new", **FORM).status_code == 302
    row = session.scalars(select(Recurrence)).one()
    assert row.rule == "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO"
    page = client.get(f"/admin/recurring/{row.id}").get_data(as_text=True)
    assert "It was not due yet." in page
    changed = post(client, f"/admin/recurring/{row.id}", **FORM | {"version": "1", "rule": "FREQ=HOURLY"})
    assert changed.status_code == 422
    assert post(client, f"/admin/recurring/{row.id}/delete").status_code == 302


def test_the_list_needs_as_many_statements_for_many_as_for_few(client: FlaskClient, make: Factory) -> None:
    make.sign_in(client, make.person(roles=("admin",)))
    some(1)
    few = statements_of(client, "/admin/recurring")
    for number in range(2, 8):
        some(number)
    assert statements_of(client, "/admin/recurring") == few


def test_the_api_creates_previews_changes_and_deletes(client: FlaskClient, make: Factory) -> None:
    person = make.person(roles=("admin",))
    headers = {"Authorization": f"Bearer {make.token(person)}"}
    data = {"name": "Toner", "title": "Order toner", "rule": "FREQ=MONTHLY", "starts_on": "2026-11-18"}
    data |= {"time": "09:00", "timezone": "UTC", "requester": person.email}
    times = client.post("/api/v1/recurrences/preview", json=data, headers=headers).json["items"]
    assert len(times) == 5
    made = client.post("/api/v1/recurrences", json=data, headers=headers)
    assert (made.status_code, made.json["next_at"], made.json["requester"]) == (201, times[0], person.email)
    address = made.headers["Location"]
    changed = client.patch(address, json={"time": "10:30"}, headers=headers | {"If-Match": made.headers["ETag"]})
    assert (changed.json["time"], changed.json["name"]) == ("10:30", "Toner")
    assert client.get(f"{address}/runs", headers=headers).json["items"] == []
    refused = client.post("/api/v1/recurrences", json={**data, "name": "B", "rule": "FREQ=X"}, headers=headers)
    assert refused.status_code == 422
    assert client.delete(address, headers=headers).status_code == 204
    assert client.get("/api/v1/recurrences", headers=headers).json["items"] == []
