"""A call logged in a real browser: the hands' work counted, what is proposed, what is never lost."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import Site, new_context, serious_findings, sign_in

pytestmark = pytest.mark.journey

TITLE = "Cannot print labels in the warehouse"


class Hands:
    """Counts what a person does beyond typing: keys that command, and clicks."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.count = 0

    def press(self, key: str) -> None:
        self.count += 1
        self.page.keyboard.press(key)

    def click(self, selector: str) -> None:
        self.count += 1
        self.page.click(selector)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def choose_caller(self, letters: str = "rui") -> None:
        """From any page: the form, three letters, the first one found."""
        self.press("c")
        self.page.wait_for_url("**/incidents/new")
        self.type(letters)
        expect(self.page.locator(".pick").first).to_contain_text("Elena Ruiz")
        self.press("Enter")
        expect(self.page.locator(".chosen-caller")).to_contain_text("Elena Ruiz")
        expect(self.page.locator("#f-title")).to_be_focused()


@pytest.fixture
def hands(page: Page, demo_site: Site) -> Hands:
    sign_in(page, demo_site, "agent")
    return Hands(page)


def saved(page: Page) -> None:
    page.wait_for_url("**/incidents/INC*")


def test_a_call_with_its_ci_takes_four_interactions(page: Page, hands: Hands) -> None:
    hands.choose_caller()
    hands.type(TITLE)
    hands.click("#caller input[name=ci]")
    hands.press("Control+Enter")
    saved(page)
    expect(page.locator("h1")).to_have_text(TITLE)
    expect(page.locator("#cis, .record-side").first).to_contain_text("PC-MAD-0031")
    assert hands.count <= 4


def test_a_call_solved_on_the_phone_takes_at_most_six(page: Page, hands: Hands) -> None:
    hands.choose_caller()
    hands.type("Forgot the password")
    hands.press("Control+Shift+Enter")
    expect(page.locator("#f-resolution")).to_be_focused()
    hands.type("Reset it together.")
    hands.press("Control+Shift+Enter")
    saved(page)
    expect(page.locator(".state").first).to_contain_text("Resolved")
    assert hands.count <= 6


def test_what_similar_tickets_had_is_taken_without_a_hand(page: Page, hands: Hands) -> None:
    hands.choose_caller()
    hands.type(TITLE)
    expect(page.locator(".proposal-sure").first).to_contain_text("similar tickets")
    expect(page.locator(".similar").first).to_be_visible()
    expect(page.locator("#due time").first).to_be_visible()
    hands.press("Control+Enter")
    saved(page)
    expect(page.locator(".timeline")).to_contain_text("Category taken over")
    assert hands.count <= 3


def test_a_proposal_is_used_or_refused_with_one_key(page: Page, hands: Hands) -> None:
    hands.choose_caller()
    hands.type(TITLE)
    expect(page.locator("#propose-category_id")).to_be_visible()
    hands.press("Alt+p")
    expect(page.locator("#f-category")).not_to_have_value("")
    expect(page.locator("#propose-category_id")).to_have_count(0)
    page.select_option("#f-category", "")
    page.click("[data-decline=category_id]")
    expect(page.locator("#propose-category_id")).to_have_count(0)
    page.keyboard.press("Control+Enter")
    saved(page)
    expect(page.locator(".timeline")).not_to_contain_text("Category taken over")


def test_somebody_new_is_recorded_without_leaving(page: Page, hands: Hands) -> None:
    hands.press("c")
    page.wait_for_url("**/incidents/new")
    hands.type("070 999 1234")
    hands.click("[data-call-new]")
    expect(page.locator("#f-caller_phone")).to_have_value("070 999 1234")
    expect(page.locator("#f-caller_name")).to_be_focused()
    hands.type("Nils Nykvist")
    page.fill("#f-title", "New here, needs an account")
    page.keyboard.press("Control+Enter")
    saved(page)
    expect(page.locator(".record-side, .facts").first).to_contain_text("Nils Nykvist")


def test_what_was_typed_is_there_again(page: Page, hands: Hands) -> None:
    hands.choose_caller()
    hands.type("Half a sentence")
    page.check("#caller input[name=ci]")
    page.goto(page.url.replace("/incidents/new", "/desk"))
    page.keyboard.press("c")
    page.wait_for_url("**/incidents/new")
    expect(page.locator("#call-restored")).to_be_visible()
    expect(page.locator("#f-title")).to_have_value("Half a sentence")
    expect(page.locator(".chosen-caller")).to_contain_text("Elena Ruiz")
    expect(page.locator("#caller input[name=ci]")).to_be_checked()
    page.click("[data-call-forget]")
    expect(page.locator("#f-title")).to_have_value("")


def test_a_call_is_logged_with_proposals_without_scripts(chromium: Browser, demo_site: Site) -> None:
    context = new_context(chromium, java_script_enabled=False)
    page = sign_in(context.new_page(), demo_site, "agent")
    page.goto(f"{demo_site.address}/incidents/new")
    page.fill("#f-caller", "ruiz")
    page.fill("#f-title", TITLE)
    page.click("button[value=propose]")
    expect(page.locator(".proposal").first).to_contain_text("similar tickets")
    expect(page.locator("#f-title")).to_have_value(TITLE)
    page.click(".call-foot button[value=save]")
    saved(page)
    expect(page.locator("h1")).to_have_text(TITLE)
    context.close()


@pytest.mark.parametrize("who", ["agent", "persian"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_filled_form_is_accessible(chromium: Browser, demo_site: Site, who: str, scheme: str) -> None:
    context = new_context(chromium, color_scheme=scheme)
    page = sign_in(context.new_page(), demo_site, who)
    page.goto(f"{demo_site.address}/incidents/new")
    page.keyboard.type("rui")
    page.wait_for_selector(".pick")
    assert serious_findings(page) == []
    page.keyboard.press("Enter")
    page.wait_for_selector(".chosen-caller")
    page.keyboard.type(TITLE)
    page.wait_for_selector(".proposal")
    assert serious_findings(page) == []
    context.close()
