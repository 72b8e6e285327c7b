"""The declaration of the query editor."""

from flask import Flask

from itsm.kernel.module import Module
from itsm.kernel.text import Message, _
from itsm.query_editor import reading
from itsm.query_editor.views import blueprint
from itsm.web.access import current_actor


def setup(app: Flask) -> None:
    """Let any page show where a query is at fault, and what it asks in words."""
    app.jinja_env.globals.update(query_fault=query_fault, query_sentence=query_sentence)


def query_fault(kind: str, text: str) -> reading.Fault | None:
    """Why the reader's query over a kind of record cannot be used, if so."""
    actor = current_actor()
    return reading.fault_of(actor, reading.fields_of(actor, kind), text)


def query_sentence(kind: str, text: str) -> Message:
    """What a query over a kind of record asks, in the reader's language."""
    return reading.sentence_of(reading.fields_of(current_actor(), kind), text)


MODULE = Module(name="query_editor", title=_("Query editor"), pages=(blueprint,), setup=setup)
