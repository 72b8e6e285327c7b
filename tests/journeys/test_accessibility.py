"""axe finds nothing serious on any page that the site has, in light, dark and right-to-left."""

import re
from collections.abc import Iterable

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.exceptions import HTTPException

from itsm.app import create_app
from tests.conftest import settings_for
from tests.journeys.conftest import AXE, Site, new_context, serious_findings, sign_in

pytestmark = pytest.mark.journey

STARTS = (
    "/desk?view=all", "/portal", "/admin", "/incidents/major", "/team", "/dashboards/1?figures=1",
    "/dashboards/1/edit?figures=1", "/dashboards/1/wall?figures=1",
)  # fmt: skip
ALSO = {"admin": ("/desk?view=all&layout=board", "/cmdb?q=nam+=+x"), "user": ()}  # other faces of an address
NO_PAGES = ("/api/", "/static/", "/fs-static/", "/reset/")
HREF = re.compile(r'(?:href|hx-get)="(/[^"#]*)')
# Light is checked whole. The dark changes colours alone, right-to-left what overlaps or is cut off alone: one look for both.
AGAIN = {"runOnly": ["color-contrast", "scrollable-region-focusable", "target-size"]}
# Rows beyond the first are made like those before them.
FEW_ROWS = """() => document.querySelectorAll("tbody tr:nth-child(n+6), .timeline > :nth-child(n+9), option:nth-child(n+9), "
  + ".side-list > li:nth-child(n+6), .board-card:nth-child(n+4), .load-ticket:nth-child(n+4)").forEach((each) => each.remove())"""
DARK_RIGHT_TO_LEFT = """() => new Promise((done) => {
  const root = document.documentElement, sheet = document.querySelector("link[href*='tabler']");
  const settled = () => { document.getAnimations().forEach((each) => each.finish()); done(); };
  root.dataset.bsTheme = "dark";
  root.dir = "rtl";
  if (sheet) { sheet.onload = settled; sheet.href = "/static/vendor/tabler.rtl.css"; } else { settled(); }
})"""
PHONE = {"width": 375, "height": 800}


@pytest.fixture(scope="module")
def routes(demo_site: Site) -> Flask:
    """The application whose addresses are walked."""
    return create_app(settings_for(demo_site.url, demo_site.folder))


class Walk:
    """Which pages there are: each endpoint of the address map once, its arguments as some page links to it."""

    def __init__(self, routes: Flask, site: Site, context: BrowserContext) -> None:
        self.map = routes.url_map.bind("127.0.0.1")
        self.site, self.context = site, context
        self.found: dict[str, str] = {}
        self.unread: list[str] = []

    def pages(self) -> list[str]:
        """Addresses of whole pages that answer 200 to whoever signed in."""
        bare = [rule.rule for rule in self.map.map.iter_rules() if "GET" in (rule.methods or ()) and not rule.arguments]
        self._take([*STARTS, *sorted(bare)])
        shown = []
        while self.unread:
            address = self.unread.pop(0)
            answer = self.context.request.get(self.site.address + address, max_redirects=0)
            if answer.status == 200 and "text/html" in answer.headers.get("content-type", ""):
                text = answer.text()
                self._take(HREF.findall(text.replace("&amp;", "&")))
                if "<html" in text[:500]:
                    shown.append(address)
        return shown

    def _take(self, addresses: Iterable[str]) -> None:
        for address in addresses:
            endpoint = self._endpoint(address)
            if endpoint and endpoint not in self.found:
                self.found[endpoint] = address
                self.unread.append(address)

    def _endpoint(self, address: str) -> str:
        path = address.partition("?")[0]
        if path.startswith(NO_PAGES):
            return ""
        try:
            return str(self.map.match(path, method="GET")[0])
        except HTTPException:
            return ""


def faults_of(page: Page, site: Site, addresses: Iterable[str]) -> list[str]:
    """What axe finds on pages in light, dark and right-to-left, and which are wider than a phone; each is loaded once."""
    found, axe, wide = [], AXE.read_text("utf-8"), page.viewport_size or PHONE
    for address in addresses:
        page.goto(site.address + address, wait_until="domcontentloaded")
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        width = page.evaluate("() => document.documentElement.scrollWidth")
        found += [f"{address} is {width} wide"] if width > PHONE["width"] + 1 else []
        page.set_viewport_size(wide)
        page.evaluate(FEW_ROWS)
        page.evaluate(axe)
        found += [f"{address} light {each}" for each in serious_findings(page, load=False)]
        page.evaluate(DARK_RIGHT_TO_LEFT)
        found += [f"{address} dark, right-to-left {each}" for each in serious_findings(page, AGAIN, load=False)]
    return found


@pytest.mark.parametrize(("who", "fewest"), [("admin", 80), ("user", 5)])
def test_every_page(chromium: Browser, demo_site: Site, routes: Flask, who: str, fewest: int) -> None:
    context = new_context(chromium, color_scheme="light", reduced_motion="reduce")
    page = sign_in(context.new_page(), demo_site, who)
    addresses = [*Walk(routes, demo_site, context).pages(), *ALSO[who]]
    found = faults_of(page, demo_site, addresses)
    context.close()
    assert len(addresses) >= fewest, addresses
    assert not found, "\n".join(found)


def test_pages_before_anybody_signs_in(chromium: Browser, demo_site: Site) -> None:
    context = new_context(chromium, viewport=PHONE)
    found = faults_of(context.new_page(), demo_site, ("/login", "/reset"))
    context.close()
    assert not found, "\n".join(found)


def test_in_persian(chromium: Browser, demo_site: Site) -> None:
    """Real right-to-left texts, on the pages that carry the most."""
    context = new_context(chromium)
    page = sign_in(context.new_page(), demo_site, "persian")
    page.goto(f"{demo_site.address}/desk?view=all")
    incident = page.locator("[data-row] a").first.get_attribute("href") or ""
    found = []
    for address in (
        "/desk?view=all",
        "/desk?view=all&layout=board",
        incident,
        "/incidents/new",
        "/cmdb",
        "/sla",
        "/team",
    ):
        page.goto(demo_site.address + address)
        found += [f"{address} {each}" for each in serious_findings(page)]
    context.close()
    assert not found, "\n".join(found)
