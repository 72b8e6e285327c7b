"""Reports by mail as JSON."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from itsm.kernel.db import session
from itsm.reports.builder import queries, subscriptions
from itsm.reports.builder.models import Recipient, Subscription
from tests.factories import Factory
from tests.itsm.reports.builder.test_subscriptions import saved
from tests.itsm.reports.conftest import Month
from tests.statements import counted

PATH = "/subscriptions"
MINE: dict[str, Any] = {"report": "sla", "arguments": {"preset": "last_month"}, "myself": True}


def call_as(client: FlaskClient, make: Factory, person: Any) -> Any:
    token = make.token(person)

    def call(method: str, path: str = PATH, body: Any = None, **more: str) -> Any:
        headers = {"Authorization": f"Bearer {token}"} | more
        return client.open(f"/api/v1/reports{path}", method=method, json=body, headers=headers)

    return call


@pytest.fixture
def caller(client: FlaskClient, make: Factory) -> Any:
    return call_as(client, make, make.person("Mona", roles=("manager",), timezone="Europe/Stockholm"))


def test_a_subscription_is_made_read_changed_and_ended(month: Month, caller: Any, make: Factory) -> None:
    other = make.person("Olle", roles=("agent",), email="olle@example.org")
    made = caller("POST", body=MINE | {"people": ["olle@example.org"], "rhythm": "weekly", "day": 5, "time": "06:30"})
    assert made.status_code == 201, made.get_json()
    body, etag = made.get_json(), made.headers["ETag"]
    assert (body["report"], body["saved_id"], body["rhythm"], body["day"], body["time"]) == (
        "sla",
        None,
        "weekly",
        5,
        "06:30",
    )
    assert [each["name"] for each in body["recipients"]] == ["Mona", "Olle"]
    assert all(each["next_at"] for each in body["recipients"])
    path = f"{PATH}/{body['id']}"
    assert made.headers["Location"].endswith(path)
    assert caller("GET", path).get_json() == body
    assert caller("GET").get_json() == {"items": [body], "next": None}
    assert caller("PATCH", path, {"active": False}).status_code == 428
    rested = caller("PATCH", path, {"active": False}, **{"If-Match": etag})
    assert rested.status_code == 200
    assert [each["next_at"] for each in rested.get_json()["recipients"]] == [None, None]
    assert caller("PATCH", path, {"active": True}, **{"If-Match": etag}).status_code == 412
    changed = {"people": [other.email], "myself": False, "time": "08:00", "file_format": "csv"}
    after = caller("PATCH", path, changed, **{"If-Match": rested.headers["ETag"]}).get_json()
    assert [each["name"] for each in after["recipients"]] == ["Olle"]
    assert (after["time"], after["file_format"], after["arguments"]) == ("08:00", "csv", {"preset": "last_month"})
    assert caller("DELETE", path).status_code == 204
    assert caller("GET", path).status_code == 404
    assert session.query(Subscription).count() == 0


def test_a_kept_question_takes_the_place_of_a_ready_report_and_back(month: Month, caller: Any, make: Factory) -> None:
    kept = saved(make.actor("manager"))
    made = caller("POST", body=MINE)
    path = f"{PATH}/{made.get_json()['id']}"
    after = caller("PATCH", path, {"saved_id": kept}, **{"If-Match": made.headers["ETag"]})
    assert (after.get_json()["saved_id"], after.get_json()["report"], after.get_json()["arguments"]) == (kept, None, {})
    again = caller("PATCH", path, {"report": "incidents"}, **{"If-Match": after.headers["ETag"]})
    assert (again.get_json()["saved_id"], again.get_json()["report"]) == (None, "incidents")


def test_recipients_are_changed_as_a_whole_and_once(month: Month, caller: Any, make: Factory) -> None:
    for name in ("olle", "petra"):
        make.person(name, roles=("agent",), email=f"{name}@example.org")
    made = caller("POST", body=MINE | {"people": ["olle@example.org"]})
    path, etag = f"{PATH}/{made.get_json()['id']}", {"If-Match": made.headers["ETag"]}
    for half, missing in (({"myself": True}, "people"), ({"people": ["petra@example.org"]}, "myself")):
        refused = caller("PATCH", path, half, **etag)
        assert (refused.status_code, list(refused.get_json()["errors"])) == (422, [missing])
    whole = {"people": ["petra@example.org"], "myself": True}
    assert caller("PATCH", path, whole, **etag).status_code == 200
    assert caller("PATCH", path, {"people": [], "myself": True}, **etag).status_code == 412
    assert {each["name"] for each in caller("GET", path).get_json()["recipients"]} == {"Mona", "petra"}


def test_one_whose_reader_left_can_still_be_stopped(month: Month, caller: Any, make: Factory) -> None:
    olle = make.person("Olle", roles=("agent",), email="olle@example.org")
    made = caller("POST", body=MINE | {"people": [olle.email]})
    olle.active = False
    session.commit()
    path, etag = f"{PATH}/{made.get_json()['id']}", {"If-Match": made.headers["ETag"]}
    assert caller("PATCH", path, {"active": False}, **etag).status_code == 200


def test_who_left_stays_away_when_the_schedule_changes(month: Month, caller: Any) -> None:
    made = caller("POST", body=MINE)
    [(recipient, _name)] = queries.recipients_of([made.get_json()["id"]])[made.get_json()["id"]]
    subscriptions.unsubscribe(recipient.secret)
    session.commit()
    after = caller("PATCH", f"{PATH}/{made.get_json()['id']}", {"time": "09:00"}, **{"If-Match": made.headers["ETag"]})
    assert [each["active"] for each in after.get_json()["recipients"]] == [False]
    assert session.get_one(Recipient, recipient.id, populate_existing=True).next_at is None


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"report": "nonsense"}, "report"),
        ({"report": "sla", "saved_id": 1}, "report"),
        ({"report": "", "saved_id": 999999}, "saved_id"),
        ({"time": "25:00"}, "time"),
        ({"rhythm": "hourly"}, "rhythm"),
        ({"rhythm": "weekly", "day": 9}, "day"),
        ({"arguments": {"preset": "someday"}}, "preset"),
        ({"arguments": {"colour": "red"}}, "arguments.colour"),
        ({"myself": False}, "people"),
        ({"people": ["stranger@example.net"]}, "people"),
        ({"secret": "x"}, "secret"),
    ],
)
def test_what_is_wrong_names_its_field(month: Month, caller: Any, given: dict[str, Any], field: str) -> None:
    answer = caller("POST", body=MINE | given)
    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == [field]


def test_whose_it_is_not_neither_reads_nor_ends_it(
    month: Month, caller: Any, client: FlaskClient, make: Factory
) -> None:
    path = f"{PATH}/{caller('POST', body=MINE).get_json()['id']}"
    agent = call_as(client, make, make.person(roles=("agent",)))
    assert agent("GET").get_json()["items"] == []
    assert {agent(method, path, {}, **{"If-Match": '"1"'}).status_code for method in ("GET", "PATCH", "DELETE")} == {
        404
    }
    other = make.person(roles=("agent",))
    assert agent("POST", body=MINE | {"people": [other.email]}).status_code == 403
    assert call_as(client, make, make.person(roles=("end_user",)))("GET").status_code == 403


def test_the_list_costs_the_same_for_one_and_many(month: Month, caller: Any) -> None:
    def cost() -> int:
        with counted() as seen:
            assert caller("GET").status_code == 200
        return len(seen)

    caller("POST", body=MINE)
    cost()  # what a process keeps is read once
    one = cost()
    for _each in range(5):
        caller("POST", body=MINE)
    assert cost() == one


def test_the_description_of_the_api_names_it(client: FlaskClient, make: Factory) -> None:
    headers = {"Authorization": f"Bearer {make.token(make.person(roles=('manager',)))}"}
    paths = client.get("/api/v1/openapi.json", headers=headers).get_json()["paths"]
    known = {path: sorted(set(each) & {"get", "post", "patch", "delete"}) for path, each in paths.items()}
    assert known["/api/v1/reports/subscriptions"] == ["get", "post"]
    assert known["/api/v1/reports/subscriptions/{subscription_id}"] == ["delete", "get", "patch"]
    for path in ("/api/v1/slas/forecast", "/api/v1/slas/what-if", "/api/v1/slas/what-if/{task_id}"):
        assert path in known
