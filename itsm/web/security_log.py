"""What is noted of requests for security: refused access and lists that leave, never so many that they fill the log."""

from typing import Any

from flask import g, request
from werkzeug.exceptions import TooManyRequests

from itsm.kernel import audit
from itsm.web.access import current_actor
from itsm.web.cycle import afterwards
from itsm.web.rates import caller, rates

NOTED = "30 per hour"  # refusals of one person, and unknown names from one network
PATH_CHARACTERS = 200


def has_room(key: str) -> bool:
    """Whether one more refusal of this caller or network is noted."""
    try:
        rates().count(NOTED, "security log", key)
    except TooManyRequests:
        return False
    return True


def note_refusal() -> None:
    """Record that a signed-in person was refused something."""
    if "actor" in g and not current_actor().is_anonymous and has_room(caller()):
        _note("access.refused", {"address": [None, f"{request.method} {request.path}"[:PATH_CHARACTERS]]})


def note_export(name: str, *, rows: int, file_format: str) -> None:
    """Record that a list left as a file."""
    _note(f"{name}.exported", {"rows": [None, rows], "format": [None, file_format]})


def _note(action: str, changes: dict[str, Any]) -> None:
    actor = current_actor()
    afterwards(lambda: audit.record(actor, action, subject_kind="address", subject_id=None, changes=changes))
