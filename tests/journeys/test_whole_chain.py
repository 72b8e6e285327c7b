"""The whole chain with real parts, in English and in Persian.

A mail over SMTP and IMAP becomes an incident, is worked through two levels in the browser with a PC that a real agent
reported and a switch that a real SNMP sweep found, is confirmed in the portal and counts in the PDF.
"""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from tempfile import TemporaryDirectory

import pdfplumber
import pytest
from playwright.sync_api import Browser, Page, expect

from itsm.app import create_app
from itsm.channels.mail import mailboxes
from itsm.identity import services as identity
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import db, session, unit_of_work
from tests.conftest import missing, prepare, settings_for
from tests.journeys.conftest import PASSWORD, new_context
from tests.servers.mail import PASSWORD as BOX_PASSWORD
from tests.servers.mail import MailServers, lacking
from tests.servers.snmp import SnmpServer
from tests.servers.web import WebProcesses

pytestmark = pytest.mark.journey

DESK = "help@desk.test"
USER, FIRST, SECOND, CHIEF = (f"{name}@people.test" for name in ("elena", "anna", "petros", "karin"))
SWITCH_OBJECT_ID = "1.3.6.1.4.1.11.2.3.7.11.160"  # a ProCurve switch
WORKER_SECONDS = 60
TITLES = {"en": "Cannot print labels in warehouse 2", "fa": "چاپ برچسب در انبار ۲ ممکن نیست"}
ANSWERS = {"en": "We look at the printer queue now.", "fa": "هم‌اکنون صف چاپگر را بررسی می‌کنیم."}
SOLUTIONS = {"en": "Restarted the spooler.", "fa": "صف چاپ دوباره راه‌اندازی شد."}


@dataclass
class Desk:
    """A running desk with its mail servers and what was discovered."""

    processes: WebProcesses
    servers: MailServers
    language: str
    folder: Path


@pytest.fixture(params=["en", "fa"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """A small desk whose people read one language, with real mail servers behind it."""
    if lacking():
        missing(lacking())
    url = f"sqlite:///{tmp_path / 'desk.sqlite3'}"
    with TemporaryDirectory(prefix="itsm-mail-") as mail_folder, MailServers(Path(mail_folder)) as servers:
        fill(url, tmp_path, servers, request.param)
        processes = WebProcesses(
            url,
            tmp_path,
            ITSM_SMTP_URL=servers.smtp_url,
            ITSM_MAIL_FROM=DESK,
            ITSM_LANGUAGE=request.param,
            ITSM_TIMEZONE="Asia/Tehran",
        )
        with processes:
            yield Desk(processes, servers, request.param, tmp_path)


def fill(url: str, folder: Path, servers: MailServers, language: str) -> None:
    """Four people, two levels, one mailbox."""
    app = create_app(settings_for(url, folder))
    prepare(app)
    with app.app_context(), unit_of_work():
        facts = {"language": language, "timezone": "Asia/Tehran", "password": PASSWORD}
        identity.create_person(SYSTEM, name="Elena Ruiz", email=USER, **facts)
        anna = identity.create_person(
            SYSTEM, name="Anna Karlsson", email=FIRST, roles=("agent", "cmdb_editor"), **facts
        )
        petros = identity.create_person(SYSTEM, name="Petros Tsakiris", email=SECOND, roles=("agent",), **facts)
        identity.create_person(SYSTEM, name="Karin Holm", email=CHIEF, roles=("manager",), **facts)
        second = identity.create_group(SYSTEM, name="Second line", level=2, member_ids=[petros.id])
        identity.create_group(SYSTEM, name="First line", member_ids=[anna.id], escalates_to_id=second.id)
        mailboxes.create_mailbox(
            SYSTEM,
            name="Desk",
            address=DESK,
            password=BOX_PASSWORD,
            host="127.0.0.1",
            port=servers.imap_port,
            security="none",
        )
    with app.app_context():
        session.remove()
        db.engine.dispose()


def command(desk: Desk, *arguments: str) -> str:
    """Run the `itsm` command beside the running desk."""
    done = subprocess.run(
        [sys.executable, "-m", "itsm.cli", *arguments],
        env=desk.processes.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def discover_switch(desk: Desk) -> str:
    """Sweep a real snmpd that says it is a switch; answers the CI's name."""
    (desk.folder / "snmp").mkdir()
    with SnmpServer(
        desk.folder / "snmp", communities=("secret",), name="sw-ath-w2", object_id=SWITCH_OBJECT_ID
    ) as agent:
        answer = json.loads(command(desk, "discover", "127.0.0.1", "--community", "secret", "--port", str(agent.port)))
    assert (answer["answered"], answer["errors"]) == (1, []), answer
    device = answer["devices"][0]
    assert (device["action"], device["name"], device["kind"]) == ("created", "sw-ath-w2", "switch")
    return str(device["name"])


def audit_pc(desk: Desk) -> None:
    """Let a real agent report this machine."""
    if shutil.which("fusioninventory-agent") is None:
        missing("fusioninventory-agent")
    subprocess.run(
        [
            "fusioninventory-agent",
            "--server",
            f"{desk.processes.address}/inventory",
            "--no-httpd",
            "--tasks=inventory",
            "--logger=stderr",
            "--force",
        ],
        capture_output=True,
        timeout=180,
        check=True,
    )


def write_mail(desk: Desk) -> None:
    """The customer's mail, through a real SMTP server into a real mailbox."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"Elena Ruiz <{USER}>", DESK, TITLES[desk.language]
    mail["Message-ID"] = "<chain-1@people.test>"
    mail.set_content("All three label printers stopped at ten to two. Lorries are waiting.")
    desk.servers.send(mail, sender=USER, to=DESK)


def sign_in(browser: Browser, desk: Desk, email: str) -> Page:
    """A browser of one's own, signed in."""
    page = new_context(browser, locale="fa-IR" if desk.language == "fa" else "en-GB").new_page()
    page.goto(f"{desk.processes.address}/login")
    page.fill("#email", email)
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda address: "/login" not in address)
    expect(page.locator("html")).to_have_attribute("dir", "rtl" if desk.language == "fa" else "ltr")
    return page


def test_from_the_first_mail_to_the_monthly_report(chromium: Browser, desk: Desk) -> None:
    switch = discover_switch(desk)
    audit_pc(desk)
    write_mail(desk)
    confirmation = desk.servers.wait_for(USER, 1, seconds=WORKER_SECONDS)[0]
    number = confirmation["Subject"].split("]")[0].strip("[")
    assert number == "INC0000001"
    first_level(chromium, desk, number, switch)
    second_level(chromium, desk, number)
    requester_confirms(chromium, desk, number)
    report_counts(chromium, desk, number)


def first_level(browser: Browser, desk: Desk, number: str, switch: str) -> None:
    """The first level finds the ticket with its clock running, ties it to PC and switch, and passes it on."""
    page = sign_in(browser, desk, FIRST)
    page.goto(f"{desk.processes.address}/desk?view=all")
    row = page.locator("[data-row]", has_text=TITLES[desk.language])
    expect(row.locator("[data-due]")).to_be_visible()
    row.locator("a.row-title").click()
    page.wait_for_url(f"**/incidents/{number}")
    expect(page.locator(".record-clocks")).to_be_visible()
    page.keyboard.press("s")
    expect(page.locator(".state-active").first).to_be_visible()
    pc = page.request.get(f"{desk.processes.address}/api/v1/cis?limit=50").json()["items"]
    computer = next(item["name"] for item in pc if item["class"] in {"pc", "server", "virtual_machine"})
    for name in (computer, switch):
        page.fill("#attach-ci", name)
        page.press("#attach-ci", "Enter")
        expect(page.locator(".facts", has_text=name)).to_be_visible()
    page.locator("details.step:has(#escalate-note) > summary").click()
    page.fill("#escalate-note", "Port 14 went down at 13:48")
    page.click("button[name=to][value=level]")
    expect(page.locator(".timeline")).to_contain_text("Port 14 went down at 13:48")
    page.context.close()


def second_level(browser: Browser, desk: Desk, number: str) -> None:
    """The second level sees the work so far, answers and resolves; the customer gets both by mail."""
    page = sign_in(browser, desk, SECOND)
    page.goto(f"{desk.processes.address}/incidents/{number}")
    expect(page.locator(".timeline")).to_contain_text("Port 14 went down at 13:48")
    page.fill("#reply-body", ANSWERS[desk.language])
    page.press("#reply-body", "Control+Enter")
    expect(page.locator(".timeline .entry-public").first).to_contain_text(ANSWERS[desk.language])
    page.keyboard.press("e")
    page.fill("#resolve-text", SOLUTIONS[desk.language])
    page.press("#resolve-text", "Control+Enter")
    expect(page.locator(".state-resolved").first).to_be_visible()
    mails = desk.servers.wait_for(USER, 3, seconds=WORKER_SECONDS)
    assert any(ANSWERS[desk.language] in mail.get_content() for mail in mails)
    assert "Port 14" not in "".join(mail.get_content() for mail in mails)
    page.context.close()


def requester_confirms(browser: Browser, desk: Desk, number: str) -> None:
    """The customer says in the portal that it works."""
    page = sign_in(browser, desk, USER)
    page.goto(f"{desk.processes.address}/portal/tickets/{number}")
    expect(page.locator("main")).to_contain_text(SOLUTIONS[desk.language])
    expect(page.locator("main")).not_to_contain_text("Port 14")
    page.click("form[action$='/close'] button, form[action*='close'] button")
    expect(page.locator("form[action*='close']")).to_have_count(0)
    page.context.close()


def report_counts(browser: Browser, desk: Desk, number: str) -> None:
    """The manager's PDF over these days counts the incident, with its right times, in the manager's language."""
    page = sign_in(browser, desk, CHIEF)
    today = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86_400))
    after = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 2 * 86_400))
    page.goto(f"{desk.processes.address}/reports/sla?from={today}&to={after}")
    page.click("button[name=format][value=pdf]")
    link = page.locator("a[download]")
    expect(link).to_be_visible(timeout=60_000)
    with page.expect_download() as waiting:
        link.click()
    path = desk.folder / "report.pdf"
    waiting.value.save_as(path)
    with pdfplumber.open(path) as document:
        text = "\n".join(page.extract_text() or "" for page in document.pages)
        fonts = {character["fontname"].split("+")[-1] for page in document.pages for character in page.chars}
    assert any("Vazirmatn" in font for font in fonts) == (desk.language == "fa")
    figures = page.request.get(f"{desk.processes.address}/api/v1/reports/sla?from={today}&to={after}").json()
    assert json.dumps(figures), text
    assert_counts(figures, desk, number)
    page.context.close()


def assert_counts(figures: dict[str, object], desk: Desk, number: str) -> None:
    """One response and one resolution were counted; their lengths are those of the journal."""
    text = json.dumps(figures, ensure_ascii=False)
    assert '"met": 1' in text, text
    journal = json.loads(command(desk, "sla", "rebuild", "--dry-run", "--json") or "[]")
    assert not journal or journal.get("differences", []) == [], (number, journal)
