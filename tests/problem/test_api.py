"""Problems as JSON."""

from typing import Any

from flask.testing import FlaskClient

from itsm.kernel.db import session
from tests.factories import Factory


def headers(make: Factory, *roles: str) -> dict[str, str]:
    token = make.token(make.person(roles=roles or ("agent",)))
    session.commit()
    return {"Authorization": f"Bearer {token}"}


def post(client: FlaskClient, address: str, body: dict[str, Any], auth: dict[str, str]) -> Any:
    return client.post(f"/api/v1{address}", json=body, headers=auth)


def read(client: FlaskClient, address: str, auth: dict[str, str]) -> Any:
    return client.get(f"/api/v1{address}", headers=auth)


def patch(client: FlaskClient, address: str, body: dict[str, Any], auth: dict[str, str], tag: str | None = None) -> Any:
    match = {"If-Match": tag} if tag else {}
    return client.patch(f"/api/v1{address}", json=body, headers=auth | match)


def test_create_read_change_with_etag(client: FlaskClient, make: Factory) -> None:
    auth, incident = headers(make), make.incident()
    session.commit()
    made = post(client, "/problems", {"title": "Printers forget", "impact": 2, "incident": incident.number}, auth)
    assert made.status_code == 201
    assert made.headers["Location"].endswith(made.json["number"])
    address = f"/problems/{made.json['number']}"
    assert read(client, address, auth).headers["ETag"] == '"1"'
    assert patch(client, address, {"workaround": "x"}, auth).status_code == 428
    changed = patch(client, address, {"workaround": "Reboot", "urgency": 1}, auth, '"1"')
    assert (changed.status_code, changed.json["workaround"], changed.json["urgency"]) == (200, "Reboot", 1)
    assert patch(client, address, {"workaround": "y"}, auth, '"1"').status_code == 412
    caused = read(client, f"{address}/incidents", auth).json
    assert (caused["total"], caused["open"], caused["items"][0]["number"]) == (1, 1, incident.number)


def test_wrong_input_names_the_field(client: FlaskClient, make: Factory) -> None:
    auth = headers(make)
    for body, field in (
        ({}, "title"),
        ({"title": "x", "impact": 9}, "impact"),
        ({"title": "x", "known_error": True}, "known_error"),
        ({"title": "x", "incident": "INC9999999"}, "incident"),
        ({"title": "x", "category": "No such"}, "category"),
        ({"title": "x", "requester": "nobody@example.org"}, "requester"),
    ):
        answer = post(client, "/problems", body, auth)
        assert answer.status_code == 422
        assert field in str(answer.json["errors"])


def test_steps_skip_nothing(client: FlaskClient, make: Factory) -> None:
    auth = headers(make)
    number = post(client, "/problems", {"title": "x"}, auth).json["number"]
    for name in ("resolve", "close", "record_known_error", "nonsense"):
        assert post(client, f"/problems/{number}/transitions", {"name": name}, auth).status_code == 409
    assert post(client, f"/problems/{number}/transitions", {"name": "assess"}, auth).json["state"] == "assessed"
    unknown = post(client, f"/problems/{number}/transitions", {"name": "analyse", "fields": {"state": "closed"}}, auth)
    assert unknown.status_code == 422


def test_rights(client: FlaskClient, make: Factory) -> None:
    problem = make.problem()
    session.commit()
    outside, number = headers(make, "end_user"), problem.number
    assert post(client, "/problems", {"title": "x"}, outside).status_code == 403
    assert read(client, f"/problems/{number}", outside).status_code == 404
    assert read(client, f"/problems/{number}/incidents", outside).status_code == 403
    assert read(client, "/problems", outside).json["items"] == []
    assert client.get("/api/v1/problems").status_code == 401


def test_a_repeated_post_makes_one_problem(client: FlaskClient, make: Factory) -> None:
    auth = headers(make) | {"Idempotency-Key": "one"}
    first, again = (post(client, "/problems", {"title": "Once"}, auth) for _each in range(2))
    assert first.json["number"] == again.json["number"]


def test_the_requesters_side_reads_no_analysis_and_no_address(client: FlaskClient, make: Factory) -> None:
    requester, agent = make.person(email="me@example.org"), make.person("Ada Agent", roles=("agent",))
    group = make.group()
    make.actor("agent", groups=(group,))
    problem = make.problem(requester_id=requester.id, root_cause="A worn fuser", workaround="Reboot")
    problem.assignee_id = problem.opened_by_id = agent.id
    token = make.token(requester)
    session.commit()
    own = read(client, f"/problems/{problem.number}", {"Authorization": f"Bearer {token}"}).json
    assert "root_cause" not in own
    assert (own["workaround"], own["requester"]) == ("Reboot", "me@example.org")
    assert (own["assignee"], own["opened_by"]) == ("Ada Agent", "Ada Agent")
    staff = read(client, f"/problems/{problem.number}", headers(make)).json
    assert (staff["root_cause"], staff["assignee"]) == ("A worn fuser", agent.email)
