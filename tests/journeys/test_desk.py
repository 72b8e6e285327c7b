"""The agent's own jobs in a real browser: a call logged in few interactions, the queue worked by keyboard."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import Site, new_context, sign_in

pytestmark = pytest.mark.journey


def test_a_call_is_logged_in_at_most_six_interactions_beyond_typing(page: Page, demo_site: Site) -> None:
    sign_in(page, demo_site, "agent")
    interactions = 0
    page.keyboard.press("c")
    interactions += 1
    page.wait_for_url("**/incidents/new")
    page.keyboard.type("ruiz")
    expect(page.locator(".pick").first).to_contain_text("Elena Ruiz")
    page.keyboard.press("Enter")
    interactions += 1
    expect(page.locator(".chosen-caller")).to_contain_text("Elena Ruiz")
    expect(page.locator("#f-title")).to_be_focused()
    page.keyboard.type("Cannot print labels in warehouse 2")
    page.keyboard.press("Control+Enter")
    interactions += 1
    page.wait_for_url("**/incidents/INC*")
    expect(page.locator("h1")).to_have_text("Cannot print labels in warehouse 2")
    assert interactions <= 6


def test_the_queue_is_worked_by_keyboard(page: Page, demo_site: Site) -> None:
    sign_in(page, demo_site, "agent")
    page.goto(f"{demo_site.address}/desk?view=all")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.locator("[data-row]").first).to_have_class("selected")
    number = page.locator("[data-row] .ticket-number").first.inner_text()
    page.keyboard.press("o")
    page.wait_for_url(f"**/incidents/{number}")
    page.keyboard.press("r")
    expect(page.locator("#reply-body")).to_be_focused()
    page.keyboard.type("We are looking at it.")
    page.reload()
    expect(page.locator("#reply-body")).to_have_value("We are looking at it.")
    page.focus("#reply-body")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".timeline .entry-public").first).to_contain_text("We are looking at it.")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()


def test_everything_works_without_scripts(chromium: Browser, demo_site: Site) -> None:
    context = new_context(chromium, java_script_enabled=False)
    page = sign_in(context.new_page(), demo_site, "agent")
    page.goto(f"{demo_site.address}/incidents/new")
    page.fill("#f-title", "Logged without scripts")
    page.click("button[value=save]:not([aria-hidden])")
    expect(page.locator("h1")).to_have_text("Logged without scripts")
    page.fill("#reply-body", "Hello")
    page.click("#reply button.btn-primary")
    expect(page.locator(".timeline .entry-public").first).to_contain_text("Hello")
    context.close()
