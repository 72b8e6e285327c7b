"""Life cycles are checked when they are built."""

import pytest

from itsm.kernel.errors import IllegalTransition
from itsm.kernel.lifecycle import Category, Lifecycle, LifecycleError, State, Transition

NEW = State("new", Category.OPEN, "New")
DONE = State("done", Category.CLOSED, "Done")
FINISH = Transition("finish", ("new",), "done", "Finish", "any")


def test_a_sound_life_cycle_answers_its_steps() -> None:
    cycle = Lifecycle("thing", (NEW, DONE), (FINISH,), initial="new")
    assert cycle.step("finish", state="new").target == "done"
    assert cycle.names_in([Category.CLOSED]) == ("done",)


def test_an_impossible_step_names_the_possible_ones() -> None:
    cycle = Lifecycle("thing", (NEW, DONE), (FINISH,), initial="new")
    with pytest.raises(IllegalTransition):
        cycle.step("finish", state="done")


@pytest.mark.parametrize(
    ("states", "steps", "initial"),
    [
        ((NEW, DONE), (FINISH,), "nowhere"),
        ((NEW, NEW), (FINISH,), "new"),
        ((NEW, DONE), (Transition("finish", ("new",), "gone", "Finish", "any"),), "new"),
        ((NEW, DONE), (), "new"),
        ((NEW, DONE), (FINISH, FINISH), "new"),
    ],
    ids=["unknown initial", "named twice", "unknown target", "unreachable", "two steps of a name"],
)
def test_a_wrong_life_cycle_does_not_start(
    states: tuple[State, ...], steps: tuple[Transition, ...], initial: str
) -> None:
    with pytest.raises(LifecycleError):
        Lifecycle("thing", states, steps, initial=initial)
