"""Whatever is asked of CIs and assets: nothing that the asker may not read changes an answer, a sentence or an offer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets import filters as asset_filters
from assets import queries as assets
from cmdb import filters as ci_filters
from cmdb import queries as cmdb
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.query.completion import complete
from itsm.query.filters import context_of
from itsm.query.parser import parse
from itsm.query.tree import And, Node, Not, Or
from itsm.query.written import write
from itsm.query_editor import reading
from tests.factories import Factory
from tests.properties import examples

COMPARISONS = [
    "secret",
    "name ~ secret",
    "serial = S-HIDDEN",
    "serial is not empty",
    "state = retired",
    "state != in_stock",
    "criticality >= 1",
    "class = server",
    'class in subtree("Device")',
    "owner = robin@example.org",
    "owner is empty",
    "owner = me()",
    'site = "Vault"',
    "tag ~ hidden",
    "kind = laptop",
    "model is empty",
    "warranty < now() + 90d",
    "updated >= startof(month)",
    "seen is empty",
]
TREES = st.recursive(
    st.sampled_from([parse(text) for text in COMPARISONS]),
    lambda parts: st.one_of(
        parts.map(Not),
        *(
            st.lists(parts, min_size=2, max_size=3).map(lambda found, joint=joint: joint(tuple(found)))
            for joint in (And, Or)
        ),
    ),
    max_leaves=4,
)


@dataclass
class Shelf:
    """A kind of record: who asks, how a page of it is read, the hidden record and what becomes of it."""

    actor: Actor
    kind: str
    read: Callable[[str], Any]
    hidden: Any
    changes: dict[str, Any]


@pytest.fixture(params=["ci", "asset"])
def shelf(request: pytest.FixtureRequest, make: Factory) -> Shelf:
    user, robin = make.person("Uma User"), make.person("Robin Other", email="robin@example.org")
    actor = make.actor_of(user)
    if request.param == "ci":
        make.ci("pc-own", class_key="pc", serial="S-OWN", owner_id=user.id)
        hidden: Any = make.ci("vault", class_key="pc", serial="S-1", owner_id=robin.id)
        changes: dict[str, Any] = {"name": "secret", "name_key": "secret", "serial": "S-HIDDEN", "criticality": 1}
        return Shelf(actor, "ci", lambda text: _cis(actor, text), hidden, {**changes, "state": "retired"})
    make.asset(tag="OWN", state="in_use", owner_id=user.id)
    hidden = make.asset(tag="T1", state="in_use", owner_id=robin.id)
    changes = {"name": "secret", "name_key": "secret", "tag": "HIDDEN", "serial": "S-HIDDEN", "model": "secret"}
    return Shelf(actor, "asset", lambda text: _assets(actor, text), hidden, changes)


def _cis(actor: Actor, text: str) -> Any:
    page = cmdb.list_cis(actor, conditions=ci_filters.conditions(actor, text), with_retired=True)
    return [row.id for row in page.items], cmdb.count_cis(actor, conditions=ci_filters.conditions(actor, text))


def _assets(actor: Actor, text: str) -> Any:
    where = asset_filters.conditions(actor, text)
    orders = [[row.id for row in assets.list_rows(actor, where=where, order=order).items] for order in assets.ORDERS]
    return (
        orders,
        assets.count_up_to_limit(actor, where=where),
        [row.id for row in assets.list_all_rows(actor, where=where)],
    )


def told(shelf: Shelf, text: str) -> Any:
    """All that its reader learns by a filter: rows, counts, the sentence, the fault, and what is offered next."""
    fields = reading.fields_of(shelf.actor, shelf.kind)
    try:
        rows = shelf.read(text)
    except Invalid as error:
        rows = str(error.errors)
    offered = [(each.text, str(each.title)) for each in complete(text, len(text), fields, context_of(shelf.actor))]
    fault = reading.fault_of(shelf.actor, fields, text)
    return rows, str(reading.sentence_of(fields, text)), str(fault and fault.message), offered


@given(tree=TREES)
@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_hidden_changes_nothing(shelf: Shelf, tree: Node) -> None:
    text, row = write(tree), shelf.hidden
    before = told(shelf, text)
    kept = {name: getattr(row, name) for name in shelf.changes}
    for values in (shelf.changes, kept):
        for name, value in values.items():
            setattr(row, name, value)
        session.flush()
        assert told(shelf, text) == before


@pytest.mark.parametrize("name", ["owner", "site", "organisation", "group"])
def test_the_requesters_side_looks_up_nobody_and_no_place(shelf: Shelf, make: Factory, name: str) -> None:
    fields = reading.fields_of(shelf.actor, shelf.kind)
    assert fields.find(name) is None
    assert not complete(f"{name} = r", len(name) + 4, fields, context_of(shelf.actor))


def test_a_reader_of_cis_is_offered_the_people_that_the_reader_may_know(make: Factory) -> None:
    make.person("Robin Other", email="robin@example.org")
    reader = Actor(person_id=make.person().id, name="Reader", permissions=frozenset({"cmdb.read", "assets.read"}))
    for kind in ("ci", "asset"):
        fields = reading.fields_of(reader, kind)
        offered = complete("owner = robin", 13, fields, context_of(reader))
        assert "robin@example.org" not in [each.text for each in offered]
