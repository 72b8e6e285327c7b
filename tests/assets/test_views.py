"""Pages, exports, labels and the API of assets."""

import csv
import io
import re
from datetime import date
from typing import Any

import openpyxl
import pdfplumber
import pypdfium2
import pytest
import segno
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import event, select

from assets import filters, labels, queries, services
from assets.found import SHOWN
from assets.inventory import services as inventory
from assets.inventory.models import InventoryAgent
from itsm.identity.models import Person, Site
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import db, session
from itsm.kernel.pdf import render_pdf
from itsm.kernel.sheets import harmless
from itsm.search import queries as search
from tests.assets.inventory.machines import machine
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


def test_an_asset_is_recorded_changed_and_handed_out_in_the_browser(signed_in: FlaskClient, make: Factory) -> None:
    user = make.person("Robin User", email="robin@example.org")
    assert "New asset" in page(signed_in, "/assets/new")
    form = {
        "name": "ThinkPad",
        "kind": "laptop",
        "state": "in_stock",
        "price": "1299.50",
        "currency": "eur",
        "tag": "lap-1",
    }
    created = post(signed_in, "/assets/new", **form)
    assert created.status_code == 302
    address = created.headers["Location"]
    shown = page(signed_in, address)
    assert "LAP-1" in shown
    assert "1,299.50 EUR" in shown
    changed = post(
        signed_in,
        f"{address}/facts",
        version="1",
        name="ThinkPad T14",
        kind="laptop",
        price="",
        currency="",
    )
    assert changed.status_code == 302
    handed = post(signed_in, f"{address}/steps/hand_out", version="2", owner="robin@example.org")
    assert handed.status_code == 302
    shown = page(signed_in, address)
    assert "Robin User" in shown
    assert "Hand out" in shown
    asset = queries.get_by_tag(SYSTEM, "LAP-1")
    assert (asset.owner_id, asset.price_minor, asset.currency) == (user.id, None, "")


def test_what_was_typed_is_kept_when_it_is_refused(signed_in: FlaskClient, make: Factory) -> None:
    refused = post(signed_in, "/assets/new", name="Typed name", kind="laptop", owner="nobody@example.org")
    assert refused.status_code == 422
    assert "Typed name" in refused.text
    assert "Nobody has the address" in refused.text
    asset = make.asset()
    stale = post(signed_in, f"/assets/{asset.number}/facts", version="7", name="Newer name", kind="laptop")
    assert stale.status_code == 409
    assert "Newer name" in stale.text
    missing = post(signed_in, f"/assets/{asset.number}/steps/lend", version="1", note="until Friday")
    assert missing.status_code == 422
    assert "until Friday" in missing.text


def test_the_list_costs_the_same_statements_whatever_its_length(signed_in: FlaskClient, make: Factory) -> None:
    def statements() -> int:
        seen: list[str] = []

        def note(*arguments: Any) -> None:
            seen.append(arguments[2])

        event.listen(db.engine, "before_cursor_execute", note)
        page(signed_in, "/assets?q=thinkpad&state=in_use")
        event.remove(db.engine, "before_cursor_execute", note)
        return len([one for one in seen if one.lstrip().upper().startswith(("SELECT", "INSERT", "UPDATE"))])

    site = Site(name="Athens")
    session.add(site)
    session.flush()
    make.asset(state="in_use", owner_id=make.person().id, site_id=site.id)
    page(signed_in, "/assets")
    few = statements()
    for _number in range(12):
        make.asset(state="in_use", owner_id=make.person().id, site_id=site.id)
    assert statements() == few
    assert few <= 9


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "＝1", "\r@x", "\n-2", "|cmd", "%x"])
def test_cells_that_sheets_would_run_are_neutral(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "ThinkPad", "1-2", "a=b", "'=1"])
def test_other_cells_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text


def test_exports_hold_what_the_list_shows(signed_in: FlaskClient, make: Factory) -> None:
    owner = make.person("@cmd Person")
    make.asset(
        tag="=TAG",
        name="=HYPERLINK(1)",
        model="+model",
        serial="-serial",
        state="in_use",
        owner_id=owner.id,
        warranty_until=date(2027, 5, 1),
    )
    make.asset(tag="OTHER", name="Not in this list")
    answer = signed_in.get("/assets/export.csv?state=in_use")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows[0][:2] == ["Tag", "Name"]
    assert rows[1:] == [
        ["'=TAG", "'=HYPERLINK(1)", "Laptop", "", "'+model", "'-serial", "In use", "'@cmd Person", "", "2027-05-01"]
    ]
    book = openpyxl.load_workbook(io.BytesIO(signed_in.get("/assets/export.xlsx?state=in_use").data))
    cells = list(book.active.iter_rows(min_row=2))
    assert [cell.value for cell in cells[0]][:2] == ["'=TAG", "'=HYPERLINK(1)"]
    assert all(cell.data_type != "f" for row in cells for cell in row)
    assert cells[0][9].value.date() == date(2027, 5, 1)
    assert len(cells) == 1


def test_beyond_what_the_search_shows_there_are_more(client: FlaskClient, make: Factory) -> None:
    make.sign_in(client, make.person("Ada", roles=("agent",)))
    for number in range(SHOWN):
        make.asset(name=f"zebra {number}")
    assert '<span class="muted">30</span>' in page(client, "/search?q=zebra")
    make.asset(name="zebra, one more")
    assert '<span class="muted">30+</span>' in page(client, "/search?q=zebra")


def test_who_may_not_open_assets_does_not_find_them(client: FlaskClient, make: Factory) -> None:
    reader = make.person("End User")
    make.asset(name="zebra", state="in_use", owner_id=reader.id)
    make.sign_in(client, reader)
    assert "/assets/" not in page(client, "/search?q=zebra")


def test_ones_own_is_found_however_many_others_hold_the_words(make: Factory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search.find_named, "__kwdefaults__", {"readable": None, "limit": 2})
    reader = make.person("End User")
    own = make.asset(name="zebra", state="in_use", owner_id=reader.id)
    for _number in range(3):
        make.asset(name="zebra")
    session.commit()
    actor = make.actor_of(reader)
    assert [row.id for row in queries.list_rows(actor, where=filters.conditions(actor, "zebra")).items] == [own.id]


def modules_of(picture: Image.Image, code: Any) -> list[list[int]]:
    """What a picture of a QR code shows, module by module."""
    dark = picture.convert("L").point(lambda light: 255 if light < 128 else 0)
    left, top, right, bottom = dark.getbbox() or (0, 0, 0, 0)
    size = len(tuple(code.matrix))
    step_x, step_y = (right - left) / size, (bottom - top) / size
    return [
        [
            1 if dark.getpixel((int(left + (x + 0.5) * step_x), int(top + (y + 0.5) * step_y))) else 0
            for x in range(size)
        ]
        for y in range(size)
    ]


def test_a_label_bears_tag_name_and_a_code_that_leads_to_the_asset(signed_in: FlaskClient, make: Factory) -> None:
    asset = make.asset(tag="LAP-1", name="لپ‌تاپ Kim & <b>", serial="ABC1234")
    answer = signed_in.get(f"/assets/{asset.number}/label.pdf")
    assert (answer.status_code, answer.content_type) == (200, "application/pdf")
    with pdfplumber.open(io.BytesIO(answer.data)) as document:
        assert len(document.pages) == 1
        text = document.pages[0].extract_text()
    assert "LAP-1" in text
    assert "ABC1234" in text
    assert "Kim & <b>" in text
    assert labels.address_of_tag("LAP-1") == "http://127.0.0.1:8000/assets/tag/LAP-1"
    picture = pypdfium2.PdfDocument(answer.data)[0].render(scale=8).to_pil()
    code = segno.make(labels.address_of_tag("LAP-1"), error="m", micro=False)
    left = picture.crop((0, 0, int(picture.width * 27.5 / 62), picture.height))
    assert modules_of(left, code) == [list(row) for row in code.matrix]


def test_a_sheet_holds_21_labels_a_page(signed_in: FlaskClient, make: Factory) -> None:
    assets = [make.asset(tag=f"LAP-{number}") for number in range(100, 122)]
    answer = signed_in.get("/assets/labels.pdf?ids=" + ",".join(str(asset.id) for asset in assets))
    with pdfplumber.open(io.BytesIO(answer.data)) as document:
        pages = [document_page.extract_text() for document_page in document.pages]
    assert len(pages) == 2
    assert pages[0].count("LAP-") == 21
    assert "LAP-121" in pages[1]


@pytest.mark.parametrize(("ids", "status"), [("", 422), ("x", 422), ("999999", 404), (",".join(["7"] * 300), 422)])
def test_labels_of_nothing_are_refused(signed_in: FlaskClient, ids: str, status: int) -> None:
    assert signed_in.get(f"/assets/labels.pdf?ids={ids}").status_code == status


def test_the_code_leads_staff_to_the_record_and_its_user_to_the_portal(
    signed_in: FlaskClient, client: FlaskClient, make: Factory
) -> None:
    user = make.person()
    asset = make.asset(tag="A/B 1", state="in_use", owner_id=user.id)
    assert signed_in.get("/assets/tag/A%2FB%201").headers["Location"] == f"/assets/{asset.number}"
    make.sign_in(client, user)
    assert client.get("/assets/tag/a%2Fb%201").headers["Location"] == "/portal"
    assert client.get(f"/assets/{asset.number}").status_code == 403
    stranger = make.person()
    make.sign_in(client, stranger)
    assert client.get("/assets/tag/A%2FB%201").status_code == 404


def test_pdfs_fetch_nothing_from_outside(tmp_path: Any) -> None:
    secret = tmp_path / "secret.svg"
    secret.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"><text y="20">TOPSECRET</text></svg>'
    )
    html = f'<p>before</p><img src="{secret.as_uri()}"><img src="http://127.0.0.1:9/x.png">'
    html += '<img src="bundled:../../../pyproject.toml">'
    linked = '<link rel="stylesheet" href="http://127.0.0.1:9/x.css"><p>after</p>'
    with pdfplumber.open(
        io.BytesIO(render_pdf(html + linked, stylesheets=["@import 'http://127.0.0.1:9/y.css';"]))
    ) as document:
        text = document.pages[0].extract_text()
    assert "before" in text
    assert "after" in text
    assert "TOPSECRET" not in text


def test_hostile_texts_are_shown_and_never_run(signed_in: FlaskClient, make: Factory) -> None:
    owner = make.person(HOSTILE, email="h@example.org")
    asset = make.asset(
        name=HOSTILE, model=HOSTILE, manufacturer=HOSTILE, serial=HOSTILE, supplier=HOSTILE, order_number=HOSTILE, notes=HOSTILE,
        state="in_use", owner_id=owner.id,
    )  # fmt: skip
    services.take_step(SYSTEM, asset, "report_missing", fields={"note": HOSTILE})
    for address in ("/assets", f"/assets/{asset.number}", f"/assets?q={HOSTILE}"):
        shown = page(signed_in, address)
        assert "<script>alert" not in shown
        assert ESCAPED in shown


def test_a_hostile_inventory_is_shown_and_never_run(signed_in: FlaskClient, make: Factory) -> None:
    entry = {"name": HOSTILE, "version": HOSTILE, "publisher": HOSTILE}
    facts: dict[str, Any] = {
        "softwares": [entry],
        "cpus": [{"name": HOSTILE}],
        "storages": [{"name": HOSTILE, "model": HOSTILE}],
        "drives": [{"volumn": HOSTILE, "type": HOSTILE, "filesystem": HOSTILE}],
        "networks": [{"description": HOSTILE, "ipaddress": HOSTILE}],
        "users": [{"login": HOSTILE, "domain": HOSTILE}],
        "monitors": [{"caption": HOSTILE, "serial": HOSTILE}],
        "operatingsystem": {"full_name": HOSTILE, "name": HOSTILE, "kernel_version": HOSTILE},
    }
    first = inventory.import_body(SYSTEM, machine(HOSTILE, name=HOSTILE, serial="ABC1234", maker=HOSTILE, **facts))
    again = facts | {"softwares": [entry | {"version": f"{HOSTILE}2"}]}
    second = inventory.import_body(SYSTEM, machine(HOSTILE, name=HOSTILE, serial="ABC1234", maker=HOSTILE, **again))
    assert (first.action, second.action) == ("created", "updated")
    admin = make.person(roles=("admin",))
    make.sign_in(signed_in, admin)
    for address in (f"/cmdb/{first.ci}", f"/assets/inventory/{first.ci}", f"/assets/{first.asset}", "/admin/agents"):
        shown = page(signed_in, address)
        assert "<script>alert" not in shown
        assert ESCAPED in shown, address


def test_software_of_a_ci_can_be_searched(signed_in: FlaskClient) -> None:
    programs = [{"name": f"package-{number}", "version": str(number)} for number in range(300)]
    result = inventory.import_body(SYSTEM, machine("a", serial="ABC1234", softwares=programs))
    assert "The first 200 of 300" in page(signed_in, f"/assets/inventory/{result.ci}")
    found = signed_in.get(f"/assets/inventory/{result.ci}?words=package-299", headers={"HX-Target": "software"})
    assert "package-299" in found.text
    assert "package-298" not in found.text
    assert "<html" not in found.text
    assert signed_in.get("/assets/inventory/99999").status_code == 404


def test_agents_are_approved_and_quarantined_by_who_may(
    signed_in: FlaskClient, client: FlaskClient, make: Factory
) -> None:
    inventory.import_body(SYSTEM, machine("a", serial="ABC1234"))
    agent = session.scalars(select(InventoryAgent)).one()
    assert post(signed_in, f"/admin/agents/{agent.id}/quarantine").status_code == 302
    assert "waits for approval" in page(signed_in, "/admin/agents?state=quarantined&words=pc-0042")
    assert post(signed_in, f"/admin/agents/{agent.id}/approve").status_code == 302
    assert post(signed_in, "/admin/agents/screening", wanted="true").status_code == 302
    make.sign_in(client, make.person(roles=("agent",)))
    assert client.get("/admin/agents").status_code == 403


def test_equipment_is_shown_beside_the_caller_and_in_the_portal(
    signed_in: FlaskClient, client: FlaskClient, make: Factory
) -> None:
    user = make.person("Robin User")
    make.asset(name="Robin's laptop", state="in_use", owner_id=user.id)
    make.sign_in(client, make.person(roles=("agent",)))
    assert "Robin&#39;s laptop" in page(client, f"/incidents/caller/{user.id}")
    make.sign_in(client, user)
    assert "Robin&#39;s laptop" in page(client, "/portal")


def api(client: FlaskClient, make: Factory, keeper: Person) -> dict[str, str]:
    return {"Authorization": f"Bearer {make.token(keeper)}"}


def test_assets_as_json(client: FlaskClient, make: Factory, keeper: Person) -> None:
    headers = api(client, make, keeper)
    user = make.person(email="robin@example.org")
    body = {"name": "ThinkPad", "kind": "laptop", "price": "1299.50", "currency": "EUR", "warranty_until": "2028-01-01"}
    created = client.post("/api/v1/assets", json=body, headers=headers | {"Idempotency-Key": "k1"})
    again = client.post("/api/v1/assets", json=body, headers=headers | {"Idempotency-Key": "k1"})
    assert (created.status_code, again.json) == (201, created.json)
    number = created.json["number"]
    assert (created.json["price"], created.json["state"], created.json["owner"]) == ("1299.50", "in_stock", None)
    step = {"name": "hand_out", "fields": {"owner": "robin@example.org"}}
    moved = client.post(f"/api/v1/assets/{number}/transitions", json=step, headers=headers)
    assert (moved.status_code, moved.json["owner"], moved.json["state"]) == (200, "robin@example.org", "in_use")
    assert client.patch(f"/api/v1/assets/{number}", json={"model": "T14"}, headers=headers).status_code == 428
    stale = client.patch(f"/api/v1/assets/{number}", json={"model": "T14"}, headers=headers | {"If-Match": '"1"'})
    assert stale.status_code == 412
    changed = client.patch(
        f"/api/v1/assets/{number}", json={"model": "T14"}, headers=headers | {"If-Match": moved.headers["ETag"]}
    )
    assert (changed.status_code, changed.json["model"]) == (200, "T14")
    listed = client.get("/api/v1/assets?q=owner = me() or state = in_use and warranty > 2027-01-01", headers=headers)
    assert [one["number"] for one in listed.json["items"]] == [number]
    assert client.get("/api/v1/assets?q=colour = red", headers=headers).status_code == 422
    wrong = client.post("/api/v1/assets", json={"name": "x", "kind": "spaceship", "colour": "red"}, headers=headers)
    assert set(wrong.json["errors"]) == {"kind", "colour"}
    own = client.get("/api/v1/assets", headers={"Authorization": f"Bearer {make.token(user)}"})
    assert [one["number"] for one in own.json["items"]] == [number]


def test_the_history_tells_days_amounts_and_names_as_the_reader_writes_them(
    signed_in: FlaskClient, make: Factory, keeper: Person
) -> None:
    first, second = make.ci("srv-first"), make.ci("srv-second")
    asset = make.asset(purchased_on=date(2026, 11, 21), price_minor=129950, currency="EUR")
    for ci in (first, second):
        services.tie_to_ci(SYSTEM, asset, ci.id)
    services.change_asset(SYSTEM, asset, changes={"price_minor": 119900})
    services.change_asset(
        SYSTEM, asset, changes={"price_minor": 1300000, "currency": "SEK", "purchased_on": date(2026, 3, 21)}
    )
    text = history_of(signed_in, asset.number)
    assert "Price: 1,199.00 EUR → 13,000.00 SEK" in text
    assert "Price: 1,299.50 EUR → 1,199.00 EUR" in text
    assert "Purchased: 21 Nov 2026 → 21 Mar 2026" in text
    assert "Configuration item: srv-first → srv-second" in text
    assert "Currency" not in text
    keeper.language = "fa"
    session.commit()
    persian = history_of(signed_in, asset.number)
    assert "۳۰ آبان ۱۴۰۵" in persian
    assert "۱,۱۹۹.۰۰ EUR" in persian


def history_of(client: FlaskClient, number: str) -> str:
    """The lines of the history without markup."""
    lines = re.findall(r'<p class="entry-line">(.*?)</p>', page(client, f"/assets/{number}"))
    return "\n".join(re.sub(r"<[^>]+>", "", line) for line in lines)


def test_a_longer_history_costs_no_more_statements(signed_in: FlaskClient, make: Factory) -> None:
    asset, cis = make.asset(), [make.ci(), make.ci()]
    services.tie_to_ci(SYSTEM, asset, cis[0].id)
    session.commit()
    before = statements_of(signed_in, f"/assets/{asset.number}")
    for turn in range(6):
        services.tie_to_ci(SYSTEM, asset, cis[(turn + 1) % 2].id)
    session.commit()
    assert statements_of(signed_in, f"/assets/{asset.number}") == before
