"""axe finds nothing serious on any page, in light, dark and right-to-left."""

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.conftest import Site, new_context, serious_findings, sign_in

pytestmark = pytest.mark.journey

STAFF_PAGES = (
    "/desk?view=all",
    "/incidents/new",
    "{incident}",
    "/problems",
    "/changes",
    "/changes/calendar",
    "/cmdb",
    "{ci}",
    "/assets",
    "/sla",
    "/reports",
    "/approvals",
    "/account",
    "/admin",
    "/admin/people",
    "/admin/jobs",
)
USER_PAGES = ("/portal", "/portal/new", "/portal/tickets")


def addresses(page: Page, site: Site) -> list[str]:
    page.goto(f"{site.address}/desk?view=all")
    incident = page.locator("[data-row] a").first.get_attribute("href")
    page.goto(f"{site.address}/cmdb")
    ci = page.locator("main a[href^='/cmdb/']:not([href*='new']):not([href*='map'])").first.get_attribute("href")
    return [each.format(incident=incident, ci=ci) for each in STAFF_PAGES]


@pytest.mark.parametrize(("who", "theme"), [("admin", "light"), ("admin", "dark"), ("persian", "light")])
def test_staff_pages(chromium: Browser, demo_site: Site, who: str, theme: str) -> None:
    context = new_context(chromium, color_scheme=theme)
    page = sign_in(context.new_page(), demo_site, who)
    found: dict[str, list[str]] = {}
    for address in addresses(page, demo_site):
        if who != "admin" and address.startswith("/admin"):
            continue
        answer = page.goto(demo_site.address + address)
        assert answer is not None
        assert answer.status == 200, address
        findings = serious_findings(page)
        if findings:
            found[address] = findings
    context.close()
    assert not found, "\n".join(f"{address} {finding}" for address, findings in found.items() for finding in findings)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_portal_and_login(chromium: Browser, demo_site: Site, theme: str) -> None:
    context = new_context(chromium, color_scheme=theme, viewport={"width": 375, "height": 800})
    page = context.new_page()
    page.goto(f"{demo_site.address}/login")
    found = {"/login": serious_findings(page)}
    sign_in(page, demo_site, "user")
    for address in USER_PAGES:
        page.goto(demo_site.address + address)
        found[address] = serious_findings(page)
    context.close()
    assert not [f"{address} {finding}" for address, findings in found.items() for finding in findings]


def test_no_page_is_wider_than_a_phone(chromium: Browser, demo_site: Site) -> None:
    context = new_context(chromium, viewport={"width": 375, "height": 800})
    page = sign_in(context.new_page(), demo_site, "admin")
    wide = []
    for address in [*addresses(page, demo_site), *USER_PAGES]:
        page.goto(demo_site.address + address)
        width = page.evaluate("() => document.documentElement.scrollWidth")
        if width > 376:
            wide.append((address, width))
    context.close()
    assert not wide
