"""A running site with the demo organisation, and a real browser."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from itsm.app import create_app
from itsm.demo import load as demo
from itsm.identity import queries as identity
from itsm.identity import services
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import db, session, unit_of_work
from tests.conftest import ROOT, missing, prepare, settings_for
from tests.servers.web import WebProcesses

PASSWORD = "journey password of the demo"
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PEOPLE = {
    "agent": "anna.karlsson@nordhav.example",
    "second": "petros.tsakiris@nordhav.example",
    "persian": "maryam.rahimi@nordhav.example",
    "manager": "karin.holm@nordhav.example",
    "user": "elena.ruiz@nordhav.example",
    "admin": "chief@nordhav.example",
}


@dataclass
class Site:
    """A running site: its processes, its database's address and its folder."""

    processes: WebProcesses
    url: str
    folder: Path

    @property
    def address(self) -> str:
        """Where its pages are."""
        return self.processes.address


def build_site(folder: Path, **environment: str) -> Site:
    """Prepare a SQLite database with the demo organisation, everyone in `PEOPLE` able to sign in."""
    url = f"sqlite:///{folder / 'site.sqlite3'}"
    app = create_app(settings_for(url, folder))
    prepare(app)
    with app.app_context():
        demo.load(lambda _text: None)
        with unit_of_work():
            services.create_person(SYSTEM, name="Chief Admin", email=PEOPLE["admin"], roles=["admin"])
        with unit_of_work():
            for email in PEOPLE.values():
                person = identity.find_by_email(email)
                assert person is not None, email
                services.change_password(SYSTEM, person, PASSWORD)
                if email not in (PEOPLE["persian"],):
                    person.language = "en"
        session.remove()
        db.engine.dispose()
    return Site(WebProcesses(url, folder, **environment), url, folder)


@pytest.fixture(scope="session")
def demo_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The demo organisation, served."""
    site = build_site(tmp_path_factory.mktemp("site"))
    with site.processes:
        yield site


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's Chromium."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or os.environ.get("ITSM_TEST_CHROMIUM", "")
    if not path:
        missing("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


def new_context(browser: Browser, **options: Any) -> BrowserContext:
    """A fresh browser profile."""
    context = browser.new_context(**({"viewport": {"width": 1440, "height": 900}, "locale": "en-GB"} | options))
    context.set_default_timeout(15_000)
    return context


def sign_in(page: Page, site: Site, who: str) -> Page:
    """Sign in through the login page."""
    page.goto(f"{site.address}/login")
    page.fill("#email", PEOPLE[who])
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "/login" not in url)
    return page


@pytest.fixture
def page(chromium: Browser, demo_site: Site) -> Iterator[Page]:
    """A page whose console errors fail the test at its end."""
    del demo_site
    context = new_context(chromium)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert not [fault for fault in faults if "favicon" not in fault], faults


AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"


def serious_findings(page: Page, options: dict[str, Any] | None = None, *, load: bool = True) -> list[str]:
    """What axe finds serious or critical on the page, each as rule and place; `load` it unless it is there already."""
    if load:
        page.evaluate(AXE.read_text("utf-8"))
    asked = {"resultTypes": ["violations"], **(options or {})}
    result = page.evaluate("(options) => axe.run(document, options)", asked)
    return [
        f"{item['id']}: {node['target']} {node.get('failureSummary', '')[:160]}"
        for item in result["violations"]
        if item["impact"] in {"serious", "critical"}
        for node in item["nodes"][:3]
    ]
