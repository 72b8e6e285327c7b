"""Rows that two people edit at once: the second is told, wherever a version is checked."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from itsm.fields import services as fields
from itsm.fields.models import FieldDefinition
from itsm.kernel.actor import Actor
from itsm.kernel.db import session, unit_of_work
from itsm.kernel.errors import Conflict, NotFound
from itsm.kernel.records import locked
from itsm.recurring import services as recurring
from itsm.recurring.models import Recurrence
from itsm.rules import macros
from itsm.rules import services as rules
from itsm.rules.models import Macro, Rule
from itsm.tickets.desk import services as desk
from itsm.tickets.desk.models import SavedView
from itsm.tickets.tasks import checklists
from itsm.tickets.tasks.models import TaskTemplate
from itsm.tickets.texts import services as texts
from itsm.tickets.texts.models import CannedReply
from tests.factories import Factory

NOTE = {"do": "note", "text": "seen"}
EVERY_DAY = {
    "name": "Backup",
    "title": "Backup",
    "rule": "FREQ=DAILY",
    "timezone": "UTC",
    "starts_on": date(2026, 11, 18),
    "minute": 0,
}
REPLY = {"name": "Hello", "body": "Hello"}


@dataclass(frozen=True)
class Edited:
    """A kind of record with a version: its table, how one is made, and how it is edited on the ground of a version."""

    table: Any
    make: Callable[[Actor], Any]
    edit: Callable[[Actor, Any, int], Any]


KINDS = {
    "rule": Edited(
        Rule,
        lambda actor: rules.create_rule(actor, {"name": "Rule", "trigger": "opened", "actions": [NOTE]}),
        lambda actor, row, version: rules.edit_rule(actor, row.id, version=version, values={"stop": True}),
    ),
    "macro": Edited(
        Macro,
        lambda actor: macros.create_macro(actor, {"name": "Macro", "actions": [NOTE]}),
        lambda actor, row, version: macros.edit_macro(actor, row.id, version=version, values={"name": "Other"}),
    ),
    "recurrence": Edited(
        Recurrence,
        lambda actor: recurring.create_recurrence(actor, **EVERY_DAY),
        lambda actor, row, version: recurring.edit_recurrence(
            actor, row.id, version=version, changes={**EVERY_DAY, "minute": 60}
        ),
    ),
    "view": Edited(
        SavedView,
        lambda actor: desk.create_view(actor, {"name": "View"}),
        lambda actor, row, version: desk.edit_view(actor, row.id, version=version, values={"name": "Other"}),
    ),
    "text": Edited(
        CannedReply,
        lambda actor: texts.save_reply(actor, None, REPLY),
        lambda actor, row, version: texts.save_reply(actor, row, REPLY | {"body": "Bye"}, version=version),
    ),
    "checklist": Edited(
        TaskTemplate,
        lambda actor: checklists.create_template(actor, {"name": "Move", "items": [{"title": "Pack"}]}),
        lambda actor, row, version: checklists.edit_template(actor, row.id, version=version, values={"name": "Other"}),
    ),
    "field": Edited(
        FieldDefinition,
        lambda actor: fields.create_definition(actor, kind="incident", key="room", type="text", titles={"en": "Room"}),
        lambda actor, row, version: fields.edit_definition(actor, row.id, version=version, changes={"required": True}),
    ),
}


@pytest.mark.parametrize("name", list(KINDS))
def test_an_edit_sees_the_row_as_it_is_now(app: Flask, make: Factory, name: str) -> None:
    """The row was read already when somebody else saves."""
    del app
    kind, actor = KINDS[name], make.actor("admin")
    row = kind.make(actor)
    version = row.version
    newer = update(kind.table).where(kind.table.id == row.id).values(version=version + 1)
    session.execute(newer, execution_options={"synchronize_session": False})
    with pytest.raises(Conflict):
        kind.edit(actor, row, version)


@pytest.mark.parametrize("name", list(KINDS))
def test_of_two_edits_at_once_one_is_refused(separate_app: Flask, name: str) -> None:
    with separate_app.app_context(), unit_of_work():
        kind, person = KINDS[name], Factory().person(roles=("admin",))
        actor = Factory().actor_of(person)
        row_id, version = (row := kind.make(actor)).id, row.version
    start, outcomes = threading.Barrier(2), list[str]()

    def edit() -> None:
        with separate_app.app_context():
            try:
                with unit_of_work():
                    row = session.get_one(kind.table, row_id)
                    if session.get_bind().dialect.name != "sqlite":  # where the second waits before it reads
                        start.wait()
                    kind.edit(actor, row, version)
                outcomes.append("saved")
            except Conflict:
                outcomes.append("refused")

    threads = [threading.Thread(target=edit) for _each in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused", "saved"]


def test_a_row_that_is_gone_is_not_there(app: Flask) -> None:
    del app
    for row_id in (None, 999_999):
        with pytest.raises(NotFound):
            locked(Rule, row_id)
