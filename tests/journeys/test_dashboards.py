"""Dashboards in a real browser: tiles fill themselves, are dragged and resized, and all of it works by keyboard."""

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.journeys.conftest import Site, new_context, serious_findings, sign_in

pytestmark = pytest.mark.journey


def labels(page: Page) -> list[str]:
    return [each.get_attribute("aria-label") or "" for each in page.locator("[data-tile]").all()]


def size(tile: Locator) -> tuple[str | None, str | None]:
    return tile.get_attribute("data-width"), tile.get_attribute("data-height")


def own_board(page: Page, site: Site, like: str = "problems") -> None:
    sign_in(page, site, "manager")
    page.goto(f"{site.address}/dashboards/new?like={like}")
    page.get_by_label("Name").fill("Mine")
    page.get_by_role("button", name="Create and arrange").click()
    page.wait_for_url("**/edit")
    page.wait_for_load_state("networkidle")


def drag(page: Page, grip: Locator, across: float, down: float) -> None:
    box = grip.bounding_box()
    assert box is not None
    left, top = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(left, top)
    page.mouse.down()
    page.mouse.move(left + across, top + down, steps=12)
    page.mouse.up()


def test_tiles_fill_themselves_and_a_number_leads_to_its_list(page: Page, demo_site: Site) -> None:
    sign_in(page, demo_site, "manager")
    page.goto(f"{demo_site.address}/dashboards/service")
    expect(page.locator(".tile-waiting")).to_have_count(0)
    expect(page.locator("canvas")).to_have_count(6)
    expect(page.locator("[data-fresh]")).to_have_text(re.compile(r"\d:\d\d"))
    assert not serious_findings(page)
    number = page.locator("#tile-incidents_open b").inner_text()
    page.locator("#tile-incidents_open b a").click()
    page.wait_for_url("**/desk?**")
    expect(page.locator("#f-q, [name=q]").first).to_be_visible()
    assert int(number) > 0


def test_tiles_are_dragged_and_resized_and_it_can_be_taken_back(page: Page, demo_site: Site) -> None:
    own_board(page, demo_site)
    before = labels(page)
    tiles = page.locator("[data-tile]")
    with page.expect_response("**/arrange"):
        drag(page, tiles.nth(0).locator("[data-grip]"), tiles.nth(1).bounding_box()["x"] * 0.6, 20)  # type: ignore[index]
    assert labels(page)[:2] == [before[1], before[0]]
    with page.expect_response("**/arrange"):
        drag(page, tiles.nth(0).locator("[data-corner]"), 260, 130)
    resized = size(tiles.nth(0))
    assert resized == ("6", "2")
    page.reload()
    assert labels(page)[:2] == [before[1], before[0]]
    assert size(page.locator("[data-tile]").nth(0)) == resized
    with page.expect_response("**/arrange"):
        drag(page, page.locator("[data-corner]").nth(0), -260, 0)
    page.locator("#arranged").get_by_role("button", name="Undo").click()
    expect(page.locator("#notices")).to_contain_text("Taken back")
    assert size(page.locator("[data-tile]").nth(0)) == resized


def test_the_arrow_keys_move_and_resize(page: Page, demo_site: Site) -> None:
    own_board(page, demo_site)
    before = labels(page)
    tiles = page.locator("[data-tile]")
    with page.expect_response("**/arrange"):
        tiles.nth(0).locator("[data-grip]").press("ArrowRight")
    assert labels(page)[:2] == [before[1], before[0]]
    with page.expect_response("**/arrange"):
        tiles.nth(1).locator("[data-corner]").press("ArrowDown")
    assert size(tiles.nth(1)) == ("3", "2")


def test_two_at_once_do_not_overwrite_each_other(chromium: Browser, demo_site: Site) -> None:
    context = new_context(chromium)
    page, other = context.new_page(), context.new_page()
    own_board(page, demo_site)
    other.goto(page.url)
    with other.expect_response("**/arrange"):
        other.locator("[data-corner]").nth(0).press("ArrowDown")
    with page.expect_response("**/arrange") as answer:
        page.locator("[data-corner]").nth(1).press("ArrowDown")
    assert answer.value.status == 409
    expect(page.locator("#notices")).to_contain_text("changed meanwhile")
    context.close()


def test_the_wall_fits_one_screen_and_the_phone_none_too_wide(page: Page, demo_site: Site) -> None:
    sign_in(page, demo_site, "manager")
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto(f"{demo_site.address}/dashboards/service/wall")
    expect(page.locator(".tile-waiting")).to_have_count(0)
    assert page.evaluate("() => document.documentElement.scrollHeight <= window.innerHeight")
    assert not serious_findings(page)
    page.set_viewport_size({"width": 375, "height": 800})
    page.goto(f"{demo_site.address}/dashboards/service")
    expect(page.locator(".tile-waiting")).to_have_count(0)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 376


def test_without_scripts_the_figures_are_there_and_tiles_move(chromium: Browser, demo_site: Site) -> None:
    context = new_context(chromium, java_script_enabled=False)
    page = context.new_page()
    own_board(page, demo_site)
    page.goto(page.url.partition("/edit")[0])
    page.wait_for_url("**?figures=1")
    expect(page.locator(".tile-figure b").first).to_have_text(re.compile(r"\d"))
    page.get_by_role("link", name="Arrange").click()
    page.wait_for_url("**/edit")
    before = labels(page)
    page.locator(".tile-settings summary").first.click()
    page.locator(".tile-settings").first.get_by_role("button", name="Later").click()
    assert labels(page)[:2] == [before[1], before[0]]
    context.close()
