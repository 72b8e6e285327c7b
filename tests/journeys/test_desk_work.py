"""Work on the desk in a real browser: many tickets with preview and undo, the board by keyboard, the palette, news."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import Site, new_context, serious_findings, sign_in

pytestmark = pytest.mark.journey


def test_many_tickets_are_changed_by_keyboard_previewed_and_taken_back(page: Page, demo_site: Site) -> None:
    sign_in(page, demo_site, "agent")
    page.goto(f"{demo_site.address}/desk?view=all&q=impact > 1")
    for key in "jxjx":
        page.keyboard.press(key)
    expect(page.locator("[data-ticked]")).to_have_text("2 chosen")
    page.keyboard.press("e")
    page.wait_for_url("**/desk/bulk?*")
    page.select_option("#f-impact", "1")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".bulk-plan")).to_contain_text("2 would change")
    expect(page.locator(".bulk-line").first).to_contain_text("→")
    assert not serious_findings(page)
    page.get_by_role("button", name="Change 2 tickets").click()
    expect(page.locator("#notices")).to_contain_text("2 tickets changed")
    page.keyboard.press("z")
    expect(page.locator("#notices")).to_contain_text("Taken back")


def test_shift_chooses_a_range_and_the_head_all(page: Page, demo_site: Site) -> None:
    sign_in(page, demo_site, "agent")
    page.goto(f"{demo_site.address}/desk?view=all")
    boxes = page.locator('input[name="ids"]')
    boxes.nth(0).click()
    boxes.nth(3).click(modifiers=["Shift"])
    expect(page.locator("[data-ticked]")).to_have_text("4 chosen")
    page.locator("[data-tick-all]").click()
    expect(page.locator("[data-ticked]")).to_have_text(f"{boxes.count()} chosen")


def test_a_card_is_moved_by_keyboard_and_taken_back(page: Page, demo_site: Site) -> None:
    sign_in(page, demo_site, "agent")
    page.goto(f"{demo_site.address}/desk?view=all")
    page.keyboard.press("g")
    page.keyboard.press("b")
    page.wait_for_url("**layout=board**")
    page.goto(f"{page.url}&kind=incident")
    number = page.locator('[data-lane="new"] [data-card] .ticket-number').first.inner_text()
    assert not serious_findings(page)
    page.keyboard.press("j")
    page.keyboard.press("m")
    page.keyboard.press("Enter")
    expect(page.locator("#notices")).to_contain_text(f"{number} is moved")
    expect(page.locator('[data-lane="new"]')).not_to_contain_text(number)
    page.keyboard.press("z")
    expect(page.locator('[data-lane="new"]')).to_contain_text(number)


def test_a_card_is_dragged_and_a_step_that_asks_opens_its_form(page: Page, demo_site: Site) -> None:
    sign_in(page, demo_site, "agent")
    page.goto(f"{demo_site.address}/desk?view=all&layout=board&kind=incident")
    # Both ends are in sight at once: a page that scrolls between press and move drags the card that is then below.
    card = page.locator('[data-lane="new"] [data-card]').first
    number = card.locator(".ticket-number").inner_text()
    card.drag_to(page.locator('[data-lane="resolved"]'), target_position={"x": 40, "y": 60})
    expect(page).to_have_url(f"{demo_site.address}/incidents/{number}#step-resolve")
    expect(page.locator("#step-resolve")).to_have_attribute("open", "")


def test_the_palette_leads_anywhere_and_the_sheet_names_every_key(page: Page, demo_site: Site) -> None:
    sign_in(page, demo_site, "agent")
    page.goto(f"{demo_site.address}/desk?view=all")
    number = page.locator("[data-row] .ticket-number").first.inner_text()
    page.keyboard.press("Control+k")
    expect(page.locator("#palette [role=combobox]")).to_be_focused()
    page.keyboard.type(number)
    expect(page.locator("#palette [role=option]").first).to_contain_text(number)
    expect(page.locator("#palette [role=combobox]")).to_have_attribute("aria-activedescendant", "palette-entry-0")
    assert not serious_findings(page)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{number}")
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.wait_for_url("**/problems*")
    page.keyboard.press("?")
    sheet = page.locator("#keys dl")
    expect(sheet).to_contain_text("Next row")
    expect(sheet).to_contain_text("Go to anything")


def test_news_wait_for_who_has_chosen_rows(page: Page, demo_site: Site, chromium: Browser) -> None:
    sign_in(page, demo_site, "agent")
    page.goto(f"{demo_site.address}/desk?view=all&sort=newest")
    page.evaluate("document.dispatchEvent(new CustomEvent('itsm:stale'))")
    page.locator('input[name="ids"]').first.click()
    other = sign_in(new_context(chromium).new_page(), demo_site, "second")
    other.goto(f"{demo_site.address}/incidents/new")
    other.fill("#f-title", "Came while somebody chose")
    other.keyboard.press("Control+Enter")
    other.wait_for_url("**/incidents/INC*")
    other.context.close()
    page.evaluate("document.dispatchEvent(new CustomEvent('itsm:stale'))")
    expect(page.locator("[data-news]")).to_have_text("1 new")
    page.locator("[data-news]").click()
    expect(page.locator("#queue")).to_contain_text("Came while somebody chose")
    expect(page.locator('input[name="ids"]:checked')).to_have_count(1)


def test_without_scripts_rows_are_ticked_and_cards_moved(chromium: Browser, demo_site: Site) -> None:
    context = new_context(chromium, java_script_enabled=False)
    page = sign_in(context.new_page(), demo_site, "agent")
    page.goto(f"{demo_site.address}/desk?view=all")
    page.locator('input[name="ids"]').nth(1).check()
    page.get_by_role("button", name="Change the chosen…").click()
    page.check("[name=watch]")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".bulk-plan")).to_contain_text("1 would change")
    page.goto(f"{demo_site.address}/desk?view=all&layout=board&kind=incident")
    card = page.locator('[data-lane="new"] [data-card]').first
    card.locator("summary").click()
    card.get_by_role("button", name="Start work").click()
    expect(page.locator("#notices")).to_contain_text("is moved")
    context.close()
