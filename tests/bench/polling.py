"""What an open page costs that asks for news: the CPU of one question, and of 300 people's questions a second."""

import itertools
import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from flask import Flask
from flask.testing import FlaskClient

from itsm.kernel import clock
from tests.bench.data import form_token, newest_tickets
from tests.bench.measure import Figure, measure

PEOPLE = 300
ROWS = {"HX-Request": "true", "HX-Target": "queue"}
SHOWN = re.compile(r"""hx-vals='(\{"since".*?\})'""")
Poll = Callable[[], int]


def measure_polls(app: Flask, client: FlaskClient, size: int) -> list[Figure]:
    """The desk's rows and counts, notices, and a ticket's page; each as it is answered when nothing is new."""
    return [
        *(
            _figure(app, name, size, _unchanged(client, address, headers))
            for name, address, headers in (
                ("poll of the desk, 304", "/desk?view=all", ROWS),
                ("poll of the desk's counts, 304", "/desk/counts", {}),
                ("poll of notices, 304", "/notices", {}),
            )
        ),
        _figure(app, "poll of a ticket, 204", size, _look(app, client, pause=0)),
        _figure(app, "poll of a ticket, 204, noted", size, _look(app, client, pause=15)),
    ]


def _figure(app: Flask, name: str, size: int, poll: Poll) -> Figure:
    figure = measure(app, name, size, poll, runs=100)
    for seconds in (60,) if "counts" in name or "notices" in name else (15, 10):
        cores = PEOPLE / seconds * figure.cpu_ms / 1000
        figure.extra[f"{PEOPLE} people every {seconds} s"] = f"{cores:.2f} cores"
    return figure


def _unchanged(client: FlaskClient, address: str, headers: dict[str, str]) -> Poll:
    known = {"If-None-Match": client.get(address, headers=headers).headers["ETag"]}

    def poll() -> int:
        response = client.get(address, headers=headers | known)
        assert response.status_code == 304, (address, response.status_code)
        return len(response.data)

    return poll


def read_shown(page: str) -> dict[str, str]:
    """What a ticket's page shows already, as it sends it along when it asks what is new."""
    found = SHOWN.search(page)
    assert found is not None, page[:400]
    return {name: str(value) for name, value in json.loads(found[1]).items()}


def _instants(pause: int) -> Iterator[datetime]:
    start = clock.now()
    return (start + timedelta(seconds=pause * number) for number in itertools.count(1))


def _look(app: Flask, client: FlaskClient, *, pause: int) -> Poll:
    """A look at a ticket's page, `pause` seconds after the last one (from 14 s on it is noted again who is here)."""
    ticket = newest_tickets(app, 1)[0]
    instants = _instants(pause)
    page = client.get(f"/incidents/{ticket.number}").text
    shown = read_shown(page) | {"csrf_token": form_token(page)}

    def poll() -> int:
        with clock.frozen(next(instants)):
            response = client.post(f"/tickets/{ticket.id}/here", data=shown)
        assert response.status_code == 204, (response.status_code, response.text[:400])
        return len(response.data)

    return poll
