"""Two transactions at the same moment, the second in a thread of its own."""

import threading
from collections.abc import Callable, Sequence

from flask import Flask

from itsm.kernel.db import session, unit_of_work
from itsm.tickets import services as tickets

HEAD_START_SECONDS = (
    0.5  # in which the second transaction gets to where it waits; if it does not, nothing is shown wrong
)


def beside(
    app: Flask, work: Callable[[], object], *, first: Callable[[], object], then: Callable[[], object]
) -> object:
    """Begin a transaction with `first`, let `work` begin beside it, end the transaction with `then` and a commit.

    Answers what `work` returned or raised. `work` has no application context: it asks a client, or is a `unit`.
    """
    outcome: list[object] = []

    def run() -> None:
        try:
            outcome.append(work())
        except BaseException as error:  # noqa: BLE001 (told by the test's own thread)
            outcome.append(error)

    thread = threading.Thread(target=run)
    with app.app_context():
        first()
        thread.start()
        thread.join(HEAD_START_SECONDS)
        then()
        session.commit()
        session.remove()
    thread.join()
    return outcome[-1]


def unit(app: Flask, work: Callable[[], object]) -> Callable[[], object]:
    """`work` in a transaction of its own."""

    def run() -> object:
        with app.app_context(), unit_of_work():
            return work()

    return run


def in_order(app: Flask, ticket_ids: Sequence[int], work: Callable[[], object]) -> object:
    """Let `work` meet a transaction that locks two tickets in the order of their ids; answers what it returned or raised.

    A `work` that locks the later ticket first, and then waits for the earlier one, is stopped by the database, or stops
    the other transaction.
    """
    earlier, later = sorted(ticket_ids)
    return beside(
        app, work, first=lambda: tickets.locked_if_exists(earlier), then=lambda: tickets.locked_if_exists(later)
    )
