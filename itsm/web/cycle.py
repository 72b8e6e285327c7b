"""The request cycle: one request is one transaction. A view that returns commits, one that raises rolls back."""

import time
from collections.abc import Callable, Iterable
from typing import Any

import structlog
from flask import Flask, g, request
from flask.wrappers import Response
from sqlalchemy.exc import OperationalError

from itsm.kernel import preferences, text
from itsm.kernel.db import session, set_reading

log = structlog.get_logger()
READING = frozenset({"GET", "HEAD", "OPTIONS"})


def afterwards(work: Callable[[], None]) -> None:
    """Do `work` once the answer is made, also when it refuses, in a transaction of its own; for what is noted of a request."""
    g.setdefault("afterwards", []).append(work)


class ItsmFlask(Flask):
    """Flask with the transaction rule: answers below 400 commit, others and exceptions roll back.

    `before_commit` sees each answer while the work's transaction is still open.
    """

    before_commit: Callable[[Response], None] = staticmethod(lambda _response: None)

    def full_dispatch_request(self) -> Response:
        set_reading(only=request.method in READING)
        text.choose(None)
        g.started = time.perf_counter()
        return super().full_dispatch_request()

    def dispatch_request(self) -> Any:
        try:
            response = self.make_response(super().dispatch_request())
            if response.status_code < 400:
                self.before_commit(response)
                session.commit()
            else:
                session.rollback()
        except BaseException:
            session.rollback()
            preferences.forget()
            raise
        return response

    def process_response(self, response: Response) -> Response:
        answered: Response = super().process_response(response)
        waiting = g.pop("afterwards", ())
        if waiting:
            _note(waiting)
        return answered


def _note(waiting: Iterable[Callable[[], None]]) -> None:
    """Write what is noted of a request; where the database is too busy for it, the answer goes out without."""
    session.rollback()  # what the page itself read
    set_reading(only=False)
    try:
        for work in waiting:
            work()
        session.commit()
    except OperationalError as error:
        session.rollback()
        log.warning("a request could not be noted", path=request.path, error=repr(error))
    finally:
        set_reading(only=request.method in READING)  # what an answer reads while it is sent keeps no writer waiting
