"""What people open and ask for as the data grows: desk, incident, search, similar, bulk preview, palette, impact."""

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from cmdb.models import Ci, Relation
from itsm.identity.models import Group
from itsm.kernel.db import session, unit_of_work
from tests.bench.data import agent, form_token, grow_to, newest_tickets
from tests.bench.measure import Budget, Figure, measure
from tests.bench.polling import measure_polls

Work = Callable[[], int]

PREVIEWED = 1000
BUDGETS = {
    "desk page": Budget(cpu_ms=25, statements=8, p95_ms=50),
    "desk page, last of a walk": Budget(statements=8, p95_ms=50),
    "desk counts": Budget(p95_ms=50),
    "incident page": Budget(cpu_ms=20, statements=14, p95_ms=40),
    "search, a rare word": Budget(cpu_ms=20, statements=8, p95_ms=80),
    "search, a common word": Budget(statements=8, p95_ms=80),
    "search, three common words": Budget(statements=8, p95_ms=80),
    "search page, a rare word": Budget(cpu_ms=20, p95_ms=80),
    "search page, a common word": Budget(p95_ms=80),
    "similar while a title is typed": Budget(p95_ms=100),
    "bulk preview of 1000": Budget(p95_ms=200),
    "palette": Budget(p95_ms=100),
    "impact of a hub": Budget(cpu_ms=150, statements=60),
}
SLOW = frozenset(("bulk preview of 1000", "impact of a hub"))
TITLES = ("Printer does", "Printer does not start in the", "Laptop lost the connection in Madrid since")


def run_pages(app: Flask, sizes: list[int]) -> list[Figure]:
    """Grow the data step by step and measure at each size."""
    figures: list[Figure] = []
    client, token = agent(app, "Bench Agent")
    for size in sizes:
        grow_to(app, size)
        figures += [_figure(app, name, size, work) for name, work in _works(app, client, token).items()]
        figures += measure_polls(app, client, size)
    _judge_growth(figures)
    return figures


def _figure(app: Flask, name: str, size: int, work: Work) -> Figure:
    figure = measure(app, name, size, work, runs=10 if name in SLOW else 40, warm=2 if name in SLOW else 5)
    return BUDGETS[name].judge(figure)


def _works(app: Flask, client: FlaskClient, token: str) -> dict[str, Work]:
    headers = {"Authorization": f"Bearer {token}"}
    desk, hub = "/desk?view=all", f"/api/v1/cis/{_hub(app)}/impact?direction=down&depth=20"
    return {
        "desk page": lambda: _size_of(client, desk),
        "desk page, last of a walk": _walked(client, pages=10),
        "desk counts": lambda: _size_of(client, "/desk/counts"),
        "incident page": _incident(app, client),
        "search, a rare word": lambda: _size_of(client, "/desk?view=everything&q=zx0q"),
        "search, a common word": lambda: _size_of(client, "/desk?view=everything&q=printer"),
        "search, three common words": lambda: _size_of(client, "/desk?view=everything&q=printer+slow+madrid"),
        "search page, a rare word": lambda: _size_of(client, "/search?q=zx0q"),
        "search page, a common word": lambda: _size_of(client, "/search?q=printer"),
        "similar while a title is typed": _similar(client),
        "bulk preview of 1000": _preview(app, client),
        "palette": lambda: _size_of(client, "/palette?q=printer+madrid&at=/desk"),
        "impact of a hub": lambda: _size_of(client, hub, headers),
    }


def _size_of(client: FlaskClient, address: str, headers: Mapping[str, str] | None = None) -> int:
    response = client.get(address, headers=headers)
    assert response.status_code == 200, (address, response.status_code, response.text[:400])
    return len(response.data)


def _walked(client: FlaskClient, *, pages: int) -> Work:
    """The page at which somebody stands who turned the desk's pages some times."""
    address = "/desk?view=all"
    for _each in range(pages):
        address = _following(client, address) or address
    return lambda: _size_of(client, address)


def _following(client: FlaskClient, address: str) -> str:
    text = client.get(address).text
    links = [part.split('"')[0] for part in text.split('href="')[1:] if "cursor=" in part.split('"')[0]]
    return links[-1].replace("&amp;", "&") if links else ""


def _incident(app: Flask, client: FlaskClient) -> Work:
    number = newest_tickets(app, 1)[0].number
    return lambda: _size_of(client, f"/incidents/{number}")


def _similar(client: FlaskClient) -> Work:
    addresses = [f"/incidents/new/advice?{urlencode({'title': title})}" for title in TITLES]
    turns = iter(addresses * 100)
    return lambda: _size_of(client, next(turns))


def _preview(app: Flask, client: FlaskClient) -> Work:
    ids = [ticket.id for ticket in newest_tickets(app, PREVIEWED)]
    with app.app_context(), unit_of_work():
        group_id = session.scalar(select(func.max(Group.id)))
    data = {"chosen": ",".join(map(str, ids)), "back": "/desk", "group_id": group_id, "urgency": 2, "watch": "1"}
    data["csrf_token"] = form_token(client.get("/desk").text)

    def work() -> int:
        response = client.post("/desk/bulk/preview", data=data)
        assert response.status_code == 200, (response.status_code, response.text[:400])
        return len(response.data)

    return work


def _hub(app: Flask) -> int | None:
    with app.app_context(), unit_of_work():
        return session.scalar(
            select(Relation.target_id)
            .join(Ci, Ci.id == Relation.target_id)
            .where(Ci.class_key == "switch")
            .group_by(Relation.target_id)
            .order_by(func.count().desc())
            .limit(1)
        )


def _judge_growth(figures: list[Figure]) -> None:
    desks = {figure.size: figure for figure in figures if figure.name == "desk page"}
    for small, large in ((10_000, 100_000), (100_000, 1_000_000)):
        if {small, large} <= desks.keys():
            ratio = round(desks[large].cpu_ms / desks[small].cpu_ms, 2)
            desks[large].extra[f"cpu against {small}"] = f"{ratio} (≤ 1.3)"
