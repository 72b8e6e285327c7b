"""How much goes in: tickets by REST, mails, inventories."""

import itertools
import json
import threading
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path

from flask import Flask

from itsm.channels.mail import services as mail
from itsm.identity import services as identity
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session, unit_of_work
from tests.bench.measure import Figure, database_cpu_seconds, measure, own_cpu_seconds
from tests.factories import Factory
from tests.servers.web import WebProcesses

RUNS = 200
MAILS = 200
WORDS = itertools.count(1)


def run_throughput(app: Flask, url: str, folder: Path) -> list[Figure]:
    """REST create at one and eight at a time, with and without a hub CI; mails in; inventories in."""
    with app.app_context(), unit_of_work():
        person = identity.create_person(SYSTEM, name="Bench Caller", email="caller@bench.example", roles=["agent"])
        identity.create_group(SYSTEM, name="Bench desk")
        token = Factory().token(person)
        hub = Factory().ci(class_key="switch", name="bench-hub")
        for number in range(500):
            leaf = Factory().ci(class_key="pc", name=f"bench-leaf-{number}")
            Factory().relation(leaf, hub, "connects_to")
    figures = [_create(app, token, None), _create(app, token, "bench-hub")]
    figures.append(_create_many(app, url, folder, token))
    figures += [_mails(app), _inventories(app)]
    return figures


def _create(app: Flask, token: str, ci: str | None) -> Figure:
    client = app.test_client()

    def work() -> int:
        body = {"title": f"Bench {next(WORDS)}", "description": "Nothing works.", "requester": "caller@bench.example"}
        body |= {"impact": 3, "urgency": 2} | ({"ci": [ci]} if ci else {})
        response = client.post("/api/v1/incidents", json=body, headers={"Authorization": f"Bearer {token}"})
        assert response.status_code == 201, response.text
        return len(response.data)

    figure = measure(app, "REST create" + (" with a hub CI" if ci else ""), 1, work, runs=RUNS)
    figure.budget, figure.met = "≤ 15 ms, ≤ 20 sql", figure.cpu_ms <= 15 and figure.statements <= 20
    return figure


def _create_many(app: Flask, url: str, folder: Path, token: str) -> Figure:
    with WebProcesses(url, folder, worker=False) as server:
        walls: list[float] = []
        threads = [
            threading.Thread(target=_post_some, args=(server.port, token, RUNS // 8, walls)) for _each in range(8)
        ]
        before, started = server.cpu_seconds() + database_cpu_seconds(app), time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - started
        cpu = server.cpu_seconds() + database_cpu_seconds(app) - before
    walls.sort()
    kind = url.split(":", maxsplit=1)[0].split("+", maxsplit=1)[0]
    figure = Figure(
        "REST create, 8 at a time",
        8,
        kind,
        round(cpu * 1000 / len(walls), 2),
        0,
        round(walls[len(walls) // 2], 2),
        round(walls[int(len(walls) * 0.95)], 2),
    )
    figure.extra["a second"] = round(len(walls) / seconds, 1)
    return figure


def _post_some(port: int, token: str, number: int, walls: list[float]) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    for _each in range(number):
        body = json.dumps(
            {"title": f"Bench {next(WORDS)}", "requester": "caller@bench.example", "impact": 3, "urgency": 3}
        )
        start = time.perf_counter()
        connection.request("POST", "/api/v1/incidents", body, headers)
        response = connection.getresponse()
        response.read()
        assert response.status == 201, response.status
        walls.append((time.perf_counter() - start) * 1000)
    connection.close()


def _mails(app: Flask) -> Figure:
    def receive(number: int) -> None:
        raw = (
            f"From: Bench Caller <caller@bench.example>\r\nTo: desk@bench.example\r\nSubject: Bench mail {number}\r\n"
            f"Message-ID: <bench-{number}@bench.example>\r\n\r\nIt does not work any more, number {number}.\r\n"
        ).encode()
        with unit_of_work():
            mail.receive(raw)

    figure = _rate(app, "mails in, a second", MAILS, receive)
    figure.budget, figure.met = "≥ 40", figure.extra["a second"] >= 40
    return figure


def _inventories(app: Flask) -> Figure:
    from assets.inventory import services as inventory

    def take(number: int) -> None:
        body = {
            "action": "inventory",
            "deviceid": f"bench-{number}",
            "itemtype": "Computer",
            "content": {
                "versionclient": "Bench 1",
                "hardware": {
                    "name": f"bench-pc-{number}",
                    "uuid": f"4c4c4544-0000-1000-8000-{number:012d}",
                    "memory": 16384,
                },
                "bios": {"ssn": f"BENCH{number:06d}", "smanufacturer": "Bench", "smodel": "One"},
                "operatingsystem": {"name": "Debian", "version": "12", "full_name": "Debian 12"},
                "softwares": [{"name": f"package-{each}", "version": "1.0"} for each in range(300)],
            },
        }
        with unit_of_work():
            inventory.import_body(SYSTEM, json.dumps(body).encode())

    return _rate(app, "inventories in, new, a second", 100, take)


def _rate(app: Flask, name: str, number: int, work: Callable[[int], None]) -> Figure:
    with app.app_context():
        walls = []
        cpu, started = own_cpu_seconds() + database_cpu_seconds(app), time.perf_counter()
        for each in range(number):
            start = time.perf_counter()
            work(each)
            walls.append((time.perf_counter() - start) * 1000)
        seconds = time.perf_counter() - started
        cpu = own_cpu_seconds() + database_cpu_seconds(app) - cpu
        session.remove()
    walls.sort()
    kind = app.config["SQLALCHEMY_DATABASE_URI"].split(":")[0].split("+")[0]
    figure = Figure(
        name,
        number,
        kind,
        round(cpu * 1000 / number, 2),
        0,
        round(walls[number // 2], 2),
        round(walls[int(number * 0.95)], 2),
    )
    figure.extra["a second"] = round(number / seconds, 1)
    return figure
