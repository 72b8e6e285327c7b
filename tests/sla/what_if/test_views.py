"""Pages of what-ifs: asking, waiting, what came out, what is refused."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from itsm.kernel import jobs
from itsm.kernel.module import registry
from itsm.tickets import services
from tests.factories import Factory
from tests.sla.conftest import Agreements, at
from tests.sla.what_if.test_replay import RESOLVE, agreement


def form_values(page: str) -> dict[str, str]:
    """What the form would send as it stands."""
    page = page.split('class="sla-form what-if-form"')[1].split("</form>", maxsplit=1)[0]
    values = dict(re.findall(r'<input[^>]* name="([^"]+)"[^>]*? value="([^"]*)"', page))
    for name, body in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', body)
        values[name] = chosen[1] if chosen else ""
    return values


@pytest.fixture
def supervisor(client: FlaskClient, make: Factory) -> FlaskClient:
    return make.sign_in(client, make.person("Sue", roles=("supervisor",)))


def test_the_page_asks_waits_and_shows_what_came_out(
    app: Flask, supervisor: FlaskClient, make: Factory, agreements: Agreements
) -> None:
    agreements.make("Night and day")
    agent = make.actor()
    with at(-24 * 60):  # in the last quarter
        incident = make.incident(agent, title="Printer <burns>", impact=4, urgency=3)
        number = incident.number
    with at(-24 * 60 + 30):
        services.take_step(agent, incident, "resolve", fields=RESOLVE)
    values = form_values(supervisor.get("/sla/what-if").get_data(as_text=True))
    assert (values["from"], values["to"], values["matrix_1_2"]) == ("2026-07-01", "2026-10-01", "1")
    unchanged = supervisor.post("/sla/what-if", data=values)
    assert unchanged.status_code == 422
    assert "Choose what to replace" in unchanged.get_data(as_text=True)
    values |= {"agreement": str(agreement("Night and day").id), "target_resolution_4": "48:00"}
    answer = supervisor.post("/sla/what-if", data=values)
    assert answer.status_code == 302, answer.get_data(as_text=True)
    waiting = supervisor.get(answer.location).get_data(as_text=True)
    assert "Waiting for its turn" in waiting
    assert "Night and day" in waiting
    jobs.run_tasks(registry().tasks)
    shown = supervisor.get(answer.location).get_data(as_text=True)
    file = supervisor.get(f"{answer.location}/changes.csv")
    assert "Printer &lt;burns&gt;" in shown
    assert number in shown
    assert "style=" not in shown
    assert file.mimetype == "text/csv"
    assert number in file.get_data(as_text=True)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"target_resolution_4": "soon", "agreement": "1"}, "hours and minutes"),
        ({"matrix_1_1": "9"}, "1 and 5"),
        ({"agreement": "999999"}, "There is no such agreement any more"),
        ({"to": "2020-01-01"}, "must lie after"),
        ({"matrix_1_1": "5"}, "never give a less urgent"),
    ],
)
def test_what_was_typed_is_kept_when_it_is_refused(
    app: Flask, supervisor: FlaskClient, change: dict[str, str], words: str
) -> None:
    values = form_values(supervisor.get("/sla/what-if").get_data(as_text=True)) | {"target_response_5": "7:07"}
    answer = supervisor.post("/sla/what-if", data=values | change)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert words in page
    assert 'value="7:07"' in page


def test_a_run_can_be_cancelled_and_belongs_to_who_asked(
    app: Flask, supervisor: FlaskClient, client: FlaskClient, make: Factory
) -> None:
    values = form_values(supervisor.get("/sla/what-if").get_data(as_text=True)) | {"matrix_4_4": "4"}
    location = supervisor.post("/sla/what-if", data=values).location
    supervisor.post(f"{location}/cancel", data={"csrf_token": values["csrf_token"]})
    assert "This was cancelled" in supervisor.get(location).get_data(as_text=True)
    assert supervisor.get(f"{location}/changes.csv").status_code == 404
    make.sign_in(client, make.person(roles=("supervisor",)))
    assert client.get(location).status_code == 404
    make.sign_in(client, make.person(roles=("agent",)))
    assert client.get("/sla/what-if").status_code == 403
