"""Pages of licences without scripts, and the API."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from assets.licences import queries, services
from assets.licences.models import Licence
from itsm.identity.models import Person
from itsm.kernel.actor import SYSTEM
from tests.factories import Factory
from tests.itsm.web.browser import post
from tests.statements import statements_of

HOSTILE = "<script>alert('x')</script>&\"'"
ESCAPED = "&lt;script&gt;alert("


@pytest.fixture
def keeper(make: Factory) -> Person:
    return make.person("Kim Keeper", roles=("asset_manager",))


@pytest.fixture
def signed_in(client: FlaskClient, make: Factory, keeper: Person) -> FlaskClient:
    return make.sign_in(client, keeper)


def page(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.data[:500]
    return answer.text


def licence_of(**facts: Any) -> Licence:
    return services.create_licence(SYSTEM, **{"name": "Office suite", "metric": "person", "seats": 1, **facts})


def test_a_licence_is_recorded_given_out_released_and_retired_without_scripts(
    signed_in: FlaskClient, make: Factory
) -> None:
    make.person("Robin User", email="robin@example.org")
    make.person("Anna Berg", email="anna@example.org")
    assert "/assets/licences" in page(signed_in, "/assets")
    assert "New licence" in page(signed_in, "/assets/licences/new")
    form = {"name": "Office suite", "metric": "person", "seats": "1", "price": "99.50", "currency": "eur"}
    created = post(signed_in, "/assets/licences/new", **form, valid_until="")
    assert created.status_code == 302
    address = created.headers["Location"]
    assert "99.50 EUR" in page(signed_in, address).replace("\xa0", " ")
    for email in ("robin@example.org", "anna@example.org"):
        assert post(signed_in, f"{address}/uses", holder=email).status_code == 302
    shown = page(signed_in, address)
    assert "Robin User" in shown
    assert "Over-assigned: 1 more" in shown
    twice = post(signed_in, f"{address}/uses", holder="robin@example.org")
    assert twice.status_code == 409
    assert "“Robin User” holds a seat" in twice.text
    unknown = post(signed_in, f"{address}/uses", holder="nobody@example.org")
    assert unknown.status_code == 422
    assert 'value="nobody@example.org"' in unknown.text
    licence = queries.list_rows(SYSTEM).items[0]
    use = queries.list_holders(SYSTEM, licence.id).items[0].use
    assert post(signed_in, f"{address}/uses/{use.id}/release").status_code == 302
    released = page(signed_in, address)
    assert "Over-assigned" not in released
    assert "/undo/" in released
    changed = post(signed_in, f"{address}/facts", version="1", name="Office", metric="person", seats="3", price="")
    assert changed.status_code == 302
    stale = post(signed_in, f"{address}/facts", version="1", name="Typed name", metric="person", seats="4")
    assert stale.status_code == 409
    assert "Typed name" in stale.text
    assert post(signed_in, f"{address}/retire", version="2").status_code == 302
    retired = page(signed_in, address)
    assert "Retired" in retired
    assert f"{address}/uses" not in retired
    assert "Office" not in page(signed_in, "/assets/licences?state=in_use")


def test_devices_are_named_and_unknown_ones_refused(signed_in: FlaskClient, make: Factory) -> None:
    licence, ci = licence_of(metric="device"), make.ci("pc-1")
    address = f"/assets/licences/{licence.id}"
    assert post(signed_in, f"{address}/uses", holder="PC-1").status_code == 302
    assert f"/cmdb/{ci.id}" in page(signed_in, address)
    assert post(signed_in, f"{address}/uses", holder="pc-2").status_code == 422


def test_what_was_typed_is_kept_when_it_is_refused(signed_in: FlaskClient) -> None:
    refused = post(signed_in, "/assets/licences/new", name="Typed name", metric="person")
    assert refused.status_code == 422
    assert "Typed name" in refused.text
    assert "Write how many seats it has" in refused.text
    assert post(signed_in, "/assets/licences/new", name="Key", metric="site", product_key="1-2").status_code == 422


def test_hostile_text_stays_text(signed_in: FlaskClient, make: Factory) -> None:
    facts = dict.fromkeys(("name", "publisher", "supplier", "order_number", "notes"), HOSTILE)
    licence = licence_of(**facts, organisation_id=make.organisation(HOSTILE).id)
    services.assign(SYSTEM, licence, person_id=make.person(HOSTILE).id)
    for address in ("/assets/licences", f"/assets/licences/{licence.id}", f"/assets/licences?q={HOSTILE}"):
        shown = page(signed_in, address)
        assert "<script>alert" not in shown
        assert ESCAPED in shown


def test_lists_cost_the_same_statements_whatever_their_length(signed_in: FlaskClient, make: Factory) -> None:
    licence = licence_of()
    services.assign(SYSTEM, licence, person_id=make.person().id)
    addresses = ("/assets/licences?q=office&state=over", f"/assets/licences/{licence.id}")
    few = [statements_of(signed_in, address) for address in addresses]
    for _number in range(12):
        services.assign(SYSTEM, licence_of(), person_id=make.person().id)
        services.assign(SYSTEM, licence, person_id=make.person().id)
    assert [statements_of(signed_in, address) for address in addresses] == few
    assert few[0] <= 6
    assert few[1] <= 8


def test_pages_follow_each_other(signed_in: FlaskClient) -> None:
    for number in range(55):
        licence_of(name=f"Licence {number:02}")
    first = page(signed_in, "/assets/licences")
    assert "Licence 49" in first
    assert "Licence 50" not in first
    follow = queries.list_rows(SYSTEM).next
    second = page(signed_in, f"/assets/licences?cursor={follow}")
    assert "Licence 49" not in second
    assert "Licence 54" in second


def test_the_api(client: Any, make: Factory, keeper: Person) -> None:
    headers = {"Authorization": f"Bearer {make.token(keeper)}"}
    make.person("Robin User", email="robin@example.org")
    body = {"name": "Office suite", "metric": "person", "seats": 1, "price": "12.30", "currency": "EUR"}
    created = client.post("/api/v1/licences", json=body, headers=headers | {"Idempotency-Key": "k1"})
    again = client.post("/api/v1/licences", json=body, headers=headers | {"Idempotency-Key": "k1"})
    assert (created.status_code, again.json) == (201, created.json)
    assert (created.json["price"], created.json["state"], created.json["in_use"]) == ("12.30", "in_use", 0)
    address = created.headers["Location"]
    wrong = client.post("/api/v1/licences", json={**body, "metric": "site"}, headers=headers)
    assert (wrong.status_code, list(wrong.json["errors"])) == (422, ["seats"])
    assert client.patch(address, json={"seats": 2}, headers=headers).status_code == 428
    assert client.patch(address, json={"seats": 2}, headers=headers | {"If-Match": '"9"'}).status_code == 412
    matched = headers | {"If-Match": created.headers["ETag"]}
    changed = client.patch(address, json={"seats": 2}, headers=matched)
    assert (changed.status_code, changed.json["seats"], changed.headers["ETag"]) == (200, 2, '"2"')
    use = client.post(f"{address}/uses", json={"holder": "robin@example.org"}, headers=headers)
    assert (use.status_code, use.json["name"], use.json["in_use"], use.json["seats"]) == (201, "Robin User", 1, 2)
    twice = client.post(f"{address}/uses", json={"holder": "robin@example.org"}, headers=headers)
    assert twice.status_code == 409
    listed = client.get("/api/v1/licences?q=office", headers=headers).json
    assert [(each["number"], each["in_use"]) for each in listed["items"]] == [(created.json["number"], 1)]
    uses = client.get(f"{address}/uses", headers=headers).json["items"]
    assert [each["id"] for each in uses] == [use.json["id"]]
    gone = client.delete(f"{address}/uses/{use.json['id']}", headers=headers)
    assert (gone.status_code, client.get(address, headers=headers).json["in_use"]) == (204, 0)
    assert client.post(f"{address}/retirement", headers=headers).json["state"] == "retired"
    outsider = {"Authorization": f"Bearer {make.token(make.person())}"}
    assert client.get(address, headers=outsider).status_code == 403
