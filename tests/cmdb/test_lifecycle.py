"""Every pair of CI states."""

import itertools

import pytest
from flask import Flask

from cmdb import services
from cmdb.lifecycle import LIFECYCLE
from itsm.kernel.errors import IllegalTransition, Invalid
from tests.factories import Factory

POSSIBLE = {
    "planned": "ordered in_stock being_built in_operation retired",
    "ordered": "in_stock being_built in_operation retired",
    "in_stock": "being_built in_operation in_repair retired",
    "being_built": "in_stock tested in_operation retired",
    "tested": "in_stock being_built in_operation retired",
    "in_operation": "in_stock under_maintenance in_repair out_of_service retired",
    "under_maintenance": "in_operation in_repair out_of_service retired",
    "in_repair": "in_stock in_operation out_of_service retired",
    "out_of_service": "in_stock in_operation under_maintenance in_repair retired",
    "retired": "in_stock",
}


@pytest.mark.parametrize("before", list(LIFECYCLE.states))
def test_every_pair_of_states(app: Flask, make: Factory, before: str) -> None:
    editor = make.actor("cmdb_editor")
    for after in LIFECYCLE.states:
        ci = make.ci(state=before)
        if after == before or after in POSSIBLE[before].split():
            services.change_state(editor, ci, after)
            assert ci.state == after
        else:
            with pytest.raises(IllegalTransition):
                services.change_state(editor, ci, after)
            assert ci.state == before


def test_the_table_names_every_state() -> None:
    named = set(itertools.chain.from_iterable(targets.split() for targets in POSSIBLE.values()))
    assert set(POSSIBLE) == set(LIFECYCLE.states) == named | {"planned"}


def test_an_unknown_state_is_refused(app: Flask, make: Factory) -> None:
    with pytest.raises(Invalid) as refusal:
        services.change_state(make.actor("cmdb_editor"), make.ci(), "asleep")
    assert set(refusal.value.errors) == {"state"}
