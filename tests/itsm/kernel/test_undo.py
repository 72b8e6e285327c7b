"""Taking back: once, by the one who did it, within a day."""

from datetime import timedelta

import pytest

from itsm.kernel import clock, undo
from itsm.kernel.actor import SYSTEM
from itsm.kernel.errors import Conflict, NotFound


@pytest.fixture
def restored():
    return []


@pytest.fixture
def handlers(restored):
    return {"toy.step": lambda actor, payload: restored.append((actor.person_id, dict(payload)))}


def test_a_step_is_restored_once_with_what_it_held(app, make, restored, handlers):
    actor = make.actor("agent")
    step = undo.remember(actor, "toy.step", title="Moved the toy", payload={"was": [1, 2]}, back="/desk")
    assert [row.id for row in undo.list_recent(actor)] == [step.id]
    assert undo.take_back(actor, step.id, handlers).back == "/desk"
    assert restored == [(actor.person_id, {"was": [1, 2]})]
    assert undo.list_recent(actor) == []
    with pytest.raises(Conflict):
        undo.take_back(actor, step.id, handlers)
    assert len(restored) == 1


def test_nobody_takes_back_what_another_did(app, make, restored, handlers):
    step = undo.remember(make.actor("agent"), "toy.step", title="Mine", payload={})
    with pytest.raises(NotFound):
        undo.take_back(make.actor("agent"), step.id, handlers)
    assert restored == []


def test_after_a_day_it_is_too_late(app, make, restored, handlers):
    actor = make.actor("agent")
    step = undo.remember(actor, "toy.step", title="Old", payload={})
    later = clock.now() + undo.KEPT_FOR + timedelta(seconds=1)
    with clock.frozen(later):
        assert undo.list_recent(actor) == []
        with pytest.raises(Conflict):
            undo.take_back(actor, step.id, handlers)
    assert restored == []


def test_the_system_takes_nothing_back(app):
    assert undo.remember(SYSTEM, "toy.step", title="By itself", payload={}) is None


def test_the_page_lists_own_steps_only(client, make):
    mine, other = make.person(roles=("agent",)), make.actor("agent")
    undo.remember(make.actor_of(mine), "toy.step", title="Moved my toy", payload={})
    undo.remember(other, "toy.step", title="Somebody else’s", payload={})
    page = make.sign_in(client, mine).get("/undo").text
    assert "Moved my toy" in page
    assert "Somebody else’s" not in page
