"""300 people at once on the default server: desks and ticket pages that stay open and ask for news, over real sockets."""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask

from tests.bench.browser import Browser, Heard
from tests.bench.data import agent, form_token, newest_tickets, session_cookies
from tests.bench.measure import Figure, database_cpu_seconds
from tests.bench.polling import PEOPLE, ROWS, SHOWN, read_shown
from tests.servers.web import WebProcesses

SECONDS = 60
ROWS_EVERY = (10, 15)  # seconds between two questions of an open page
COUNTS_EVERY = 60
OPENED_IN = 25  # seconds in which everybody opens their page
DESKS = 200
TICKETS = 50  # on whose pages the others are
NEW_EVERY = 5  # seconds between two new incidents
VIEWS = ("/desk?view=all&sort=newest", "/desk?view=all", "/desk?view=unassigned", "/desk?view=assigned")
PROMISED = "0 errors, ≤ 1 core"


def run_crowd(app: Flask, url: str, folder: Path, size: int) -> list[Figure]:
    """A minute of 300 people while new incidents come in; what the server needed for them."""
    _client, token = agent(app, "Bench Machine")
    cookies = session_cookies(app, PEOPLE)
    tickets = [(ticket.id, ticket.number) for ticket in newest_tickets(app, TICKETS)]
    with WebProcesses(url, folder, worker=False) as server:
        return [replace(asyncio.run(_watch(app, server, token, cookies, tickets)), size=size)]


async def _watch(
    app: Flask, server: WebProcesses, token: str, cookies: list[str], tickets: list[tuple[int, str]]
) -> Figure:
    opening, heard = Heard(), Heard()
    begin = time.perf_counter() + OPENED_IN
    crowd = [
        asyncio.create_task(_person(Browser(server.port, cookie, opening), number, tickets, begin, heard))
        for number, cookie in enumerate(cookies)
    ]
    machine = asyncio.create_task(_machine(Browser(server.port, "", Heard()), token, begin))
    await asyncio.sleep(begin - time.perf_counter())
    before = server.cpu_seconds() + database_cpu_seconds(app), server.memory_mb()
    await asyncio.sleep(SECONDS)
    cpu, memory = server.cpu_seconds() + database_cpu_seconds(app) - before[0], server.memory_mb()
    threads = server.threads()
    await asyncio.gather(machine, *crowd)
    heard.errors += opening.errors
    figure = _figure(app, heard, cpu)
    figure.extra |= {"threads": threads, "MB before": round(before[1], 1), "MB after": round(memory, 1)}
    return figure


async def _person(browser: Browser, number: int, tickets: list[tuple[int, str]], begin: float, heard: Heard) -> None:
    """Opens a page within the opening time, then keeps it open for the minute."""
    opening = browser.heard
    dice = random.Random(number)
    try:
        await asyncio.sleep(dice.random() * OPENED_IN * 0.9)
        stay = _at_desk if number < DESKS else _at_ticket
        await stay(browser, tickets[number % len(tickets)], dice, begin, heard)
    except (OSError, EOFError, AssertionError) as error:
        (heard if time.perf_counter() > begin else opening).errors[type(error).__name__] += 1
    finally:
        if browser.writer is not None:
            browser.writer.close()


async def _at_desk(browser: Browser, ticket: tuple[int, str], dice: random.Random, begin: float, heard: Heard) -> None:
    address = VIEWS[ticket[0] % len(VIEWS)]
    await browser.ask("opening", address)
    browser.heard, tag = heard, ""
    counts_at = begin + dice.random() * COUNTS_EVERY
    async for now in _turns(dice, begin):
        answer = await browser.ask("desk", address, ROWS | {"If-None-Match": tag or "none"})
        tag = answer.headers.get("etag", tag)
        if now >= counts_at:
            counts_at += COUNTS_EVERY
            await browser.ask("counts", "/desk/counts")
            await browser.ask("notices", "/notices")


async def _at_ticket(
    browser: Browser, ticket: tuple[int, str], dice: random.Random, begin: float, heard: Heard
) -> None:
    page = await browser.ask("opening", f"/incidents/{ticket[1]}")
    browser.heard, browser.token, shown = heard, form_token(page.body), read_shown(page.body)
    async for _now in _turns(dice, begin):
        answer = await browser.ask("ticket", f"/tickets/{ticket[0]}/here", data=urlencode(shown))
        if SHOWN.search(answer.body):
            shown = read_shown(answer.body)


async def _turns(dice: random.Random, begin: float) -> AsyncIterator[float]:
    """The instants at which an open page asks, from the beginning of the minute to its end."""
    await asyncio.sleep(begin - time.perf_counter() + dice.random() * ROWS_EVERY[1])
    while time.perf_counter() < begin + SECONDS:
        yield time.perf_counter()
        await asyncio.sleep(dice.uniform(*ROWS_EVERY))


async def _machine(browser: Browser, token: str, begin: float) -> None:
    """Something happens meanwhile: an incident every few seconds."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    await asyncio.sleep(begin - time.perf_counter())
    for number in range(SECONDS // NEW_EVERY):
        await browser.ask(
            "new", "/api/v1/incidents", headers, json.dumps({"title": f"News {number}", "impact": 3, "urgency": 3})
        )
        await asyncio.sleep(NEW_EVERY)


def _figure(app: Flask, heard: Heard, cpu: float) -> Figure:
    walls = sorted(wall for each in heard.walls.values() for wall in each)
    kind = app.config["SQLALCHEMY_DATABASE_URI"].split(":")[0].split("+")[0]
    figure = Figure(
        f"{PEOPLE} people for {SECONDS} s",
        0,
        kind,
        round(cpu * 1000 / len(walls), 2),
        0,
        round(walls[len(walls) // 2], 2),
        round(walls[int(len(walls) * 0.95)], 2),
    )
    cores = round(cpu / SECONDS, 2)
    figure.budget, figure.met = PROMISED, not heard.errors and cores <= 1
    figure.extra |= {"cores": cores, "answered": len(walls), "errors": dict(heard.errors)}
    figure.extra |= {"asked again": heard.asked_again, "statuses": dict(heard.statuses)}
    for sort, each in heard.walls.items():
        figure.extra[f"{sort} p95"] = round(sorted(each)[int(len(each) * 0.95)], 1)
    return figure
