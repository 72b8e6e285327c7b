"""What tests of the forecast share."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from incident.models import Incident
from itsm.kernel.actor import Actor
from itsm.tickets import services
from tests.factories import Factory
from tests.sla.conftest import at

RESOLVE = {"resolution_code": "fixed", "resolution": "x"}


def solved(make: Factory, agent: Actor, hours: float, *, began: float, **facts: Any) -> Incident:
    """An incident that took so many hours, recorded so many hours before the tests' beginning."""
    with at(-began):
        incident = make.incident(agent, **{"impact": 4, "urgency": 3} | facts)
    with at(-began + hours):
        services.take_step(agent, incident, "resolve", fields=RESOLVE)
    return incident


@pytest.fixture
def supervisor(client: FlaskClient, make: Factory) -> FlaskClient:
    return make.sign_in(client, make.person("Sue", roles=("supervisor",)))
