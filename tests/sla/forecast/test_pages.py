"""Pages and commands of the forecast."""

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from itsm.kernel import jobs
from itsm.kernel.db import session
from itsm.kernel.jobs import BackgroundTask
from itsm.kernel.module import registry
from sla.commands import sla
from sla.forecast import backtest as forecast_backtest
from sla.forecast import jobs as forecast_jobs
from sla.forecast import listing as forecast_list
from sla.forecast.capacity import loads
from sla.forecast.estimate import LEAST
from sla.forecast.models import SlaBacktest
from tests.factories import Factory
from tests.sla.conftest import Agreements
from tests.sla.forecast.conftest import solved
from tests.statements import counted, statements_of


def test_the_page_has_empty_states_and_then_figures(
    app: Flask, supervisor: FlaskClient, make: Factory, agreements: Agreements
) -> None:
    page = supervisor.get("/sla/forecast").get_data(as_text=True)
    assert "Nothing runs" in page
    assert "Not tested yet" in page
    agreements.make()
    agent = make.actor()
    for number in range(LEAST + 2):
        solved(make, agent, 30, began=300 - number)
    incident = make.incident(agent, title="Late <soon>", impact=4, urgency=3)
    number = incident.number
    session.commit()
    assert "No forecast yet" in supervisor.get("/sla/forecast").get_data(as_text=True)
    forecast_jobs.learn()
    page = supervisor.get("/sla/forecast").get_data(as_text=True)
    assert number in page
    assert "Late &lt;soon&gt;" in page
    assert "22 of 22 similar tickets" in page
    assert "style=" not in page
    assert "cannot be missed while they wait" in page


def test_the_number_of_statements_does_not_follow_the_tickets(
    app: Flask, supervisor: FlaskClient, make: Factory, agreements: Agreements
) -> None:
    agreements.make()
    agent = make.actor()
    for number in range(LEAST):
        solved(make, agent, 30, began=300 - number)
    group = make.group()
    make.person(groups=(group,))
    make.incident(agent, impact=4, urgency=3, group_id=group.id)
    forecast_jobs.learn()
    few = statements_of(supervisor, "/sla/forecast")
    make.person(groups=(group, make.group()))
    for number in range(9):
        facts = {"impact": 1 + number % 4, "urgency": 3, "group_id": group.id}
        make.incident(agent, category_id=make.category().id, **facts)
    supervisor.get("/sla/forecast")  # what the shell keeps of people and groups is read anew once
    assert statements_of(supervisor, "/sla/forecast") == few
    session.commit()
    with counted() as seen:
        forecast_list.forecast(agent)
    assert len(seen) <= 4
    with counted() as seen:
        loads(agent)
    assert len(seen) <= 8


def test_a_test_is_asked_for_and_shown(app: Flask, supervisor: FlaskClient, make: Factory) -> None:
    agent = make.actor()
    for number in range(LEAST + 4):
        solved(make, agent, 10, began=24 * 9 + number)
    token = supervisor.get("/sla/forecast").get_data(as_text=True).split('name="csrf_token" value="')[1].split('"')[0]
    refused = supervisor.post("/sla/forecast/backtest", data={"csrf_token": token, "weeks": "99"})
    assert refused.status_code == 422
    assert 'value="99"' in refused.get_data(as_text=True)
    for _twice in range(2):
        answer = supervisor.post("/sla/forecast/backtest", data={"csrf_token": token, "weeks": "2"})
        assert answer.status_code == 302
    tasks = session.scalars(select(BackgroundTask).where(BackgroundTask.kind == forecast_backtest.TASK)).all()
    assert len(tasks) == 1
    assert "Waiting for its turn" in supervisor.get("/sla/forecast").get_data(as_text=True)
    jobs.run_tasks(registry().tasks)
    page = supervisor.get("/sla/forecast").get_data(as_text=True)
    assert "once a day: what the forecast would have said" in page
    supervisor.post("/sla/forecast/backtest", data={"csrf_token": token, "weeks": "1"})
    supervisor.post("/sla/forecast/backtest/cancel", data={"csrf_token": token})
    states = session.scalars(select(BackgroundTask.state).where(BackgroundTask.kind == forecast_backtest.TASK)).all()
    assert sorted(states) == ["cancelled", "done"]


def test_staff_read_it_but_do_not_start_tests(app: Flask, client: FlaskClient, make: Factory) -> None:
    make.sign_in(client, make.person(roles=("agent",)))
    page = client.get("/sla/forecast")
    assert page.status_code == 200
    assert "Test it on the past" not in page.get_data(as_text=True)
    make.sign_in(client, make.person())
    assert client.get("/sla/forecast").status_code == 403


def test_the_command_learns_and_tests(app: Flask, make: Factory, agreements: Agreements) -> None:
    agreements.make()
    agent = make.actor()
    for number in range(LEAST + 2):
        solved(make, agent, 10, began=24 * 3 + number)
    session.commit()
    learned = app.test_cli_runner().invoke(sla, ["forecast"])
    assert "sorts of tickets learned" in learned.output
    tested = app.test_cli_runner().invoke(sla, ["forecast", "--backtest", "--weeks", "1"])
    assert tested.exit_code == 0, tested.output
    assert "resolution:" in tested.output
    assert session.scalar(select(SlaBacktest.weeks)) == 1
